CREATE MATERIALIZED VIEW revenue_by_region
WITH (store = 'main', key = 'region')
AS SELECT c.region, count(*) AS orders, sum(o.qty * o.price) AS revenue
   FROM orders o JOIN customers c ON c.id = o.customer_id
   GROUP BY c.region;
----
view revenue_by_region
  store: main
  key: (region) declared, proven
  region text
  orders bigint not null
  revenue numeric

aggregate count(*), sum(orders.qty::numeric * orders.price) by customers.region
  | state: a row for every group with its count and sums
  | per change: updates its group
  project customers.region, orders.qty::numeric * orders.price
    inner join on orders.customer_id = customers.id
      | state: left rows by (orders.customer_id), right rows by (customers.id)
      | per change: a left row meets at most 1 right row, a right row meets its left rows
      scan public.orders (customer_id, qty, price)
      scan public.customers (id, region)
====
SELECT p.id, p.name, p.category, sum(o.qty) AS sold, max(o.created_at) AS last_sold
FROM products p JOIN orders o ON o.product_id = p.id
WHERE o.status <> 'cancelled'
GROUP BY p.id
----
view view
  key: (id) inferred
  id bigint not null
  name text not null
  category text not null
  sold bigint
  last_sold timestamp with time zone

aggregate sum(orders.qty), max(orders.created_at) by products.id, products.name, products.category
  | state: a row for every group with its count and sums; the values of max(orders.created_at) in order
  | per change: updates its group; a deleted extreme is looked up in the ordered values
  inner join on products.id = orders.product_id
    | state: left rows by (products.id), right rows by (orders.product_id)
    | per change: a left row meets its right rows, a right row meets at most 1 left row
    scan public.products (id, name, category)
    project orders.product_id, orders.qty, orders.created_at
      filter orders.status <> 'cancelled'
        scan public.orders (product_id, status, qty, created_at)
====
CREATE MATERIALIZED VIEW open_orders AS
SELECT o.id, c.name AS customer, p.name AS product, o.qty * o.price AS amount
FROM orders o
JOIN customers c ON c.id = o.customer_id
LEFT JOIN products p ON p.id = o.product_id
WHERE o.status = 'open'
----
view open_orders
  key: (id) inferred
  id bigint not null
  customer text not null
  product text
  amount numeric not null

project orders.id, customers.name, products.name, orders.qty::numeric * orders.price
  left join on orders.product_id = products.id
    | state: left rows by (orders.product_id), right rows by (products.id)
    | per change: a left row meets at most 1 right row, a right row meets its left rows
    inner join on orders.customer_id = customers.id
      | state: left rows by (orders.customer_id), right rows by (customers.id)
      | per change: a left row meets at most 1 right row, a right row meets its left rows
      project orders.id, orders.customer_id, orders.product_id, orders.qty, orders.price
        filter orders.status = 'open'
          scan public.orders (id, customer_id, product_id, status, qty, price)
      scan public.customers (id, name)
    scan public.products (id, name)
====
SELECT b.bid, b.bbalance, sum(h.delta) AS turnover, count(*) AS changes
FROM pgbench_branches b JOIN pgbench_history h ON h.bid = b.bid
GROUP BY b.bid
----
view view
  key: (bid) inferred
  bid integer not null
  bbalance integer
  turnover bigint
  changes bigint not null

project pgbench_branches.bid, pgbench_branches.bbalance, sum(pgbench_history.delta), count(*)
  aggregate count(*), sum(pgbench_history.delta) by pgbench_branches.bid, pgbench_branches.bbalance
    | state: a row for every group with its count and sums
    | per change: updates its group
    inner join on pgbench_branches.bid = pgbench_history.bid
      | state: left rows by (pgbench_branches.bid), right rows by (pgbench_history.bid)
      | per change: a left row meets its right rows, a right row meets at most 1 left row
      scan public.pgbench_branches (bid, bbalance)
      scan public.pgbench_history (bid, delta)
====
SELECT tid, sum(delta) AS turnover FROM pgbench_history GROUP BY tid
----
view view
  key: (tid) inferred
  tid integer
  turnover bigint

aggregate sum(pgbench_history.delta) by pgbench_history.tid
  | state: a row for every group with its count and sums
  | per change: updates its group
  scan public.pgbench_history (tid, delta)
====
SELECT sum(abalance) AS total FROM pgbench_accounts
----
view view
  key: (); at most one row
  total bigint

aggregate sum(pgbench_accounts.abalance)
  | state: one row with its count and sums
  | per change: updates its group
  scan public.pgbench_accounts (abalance)
====
SELECT sum(tbalance) AS total FROM pgbench_tellers
----
view view
  key: (); at most one row
  total bigint

aggregate sum(pgbench_tellers.tbalance)
  | state: one row with its count and sums
  | per change: updates its group
  scan public.pgbench_tellers (tbalance)
====
SELECT sum(bbalance) AS total FROM pgbench_branches
----
view view
  key: (); at most one row
  total bigint

aggregate sum(pgbench_branches.bbalance)
  | state: one row with its count and sums
  | per change: updates its group
  scan public.pgbench_branches (bbalance)
