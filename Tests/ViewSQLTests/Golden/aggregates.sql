SELECT region, count(*) FROM customers GROUP BY region
----
view view
  key: (region) inferred
  region text
  count bigint not null

aggregate count(*) by customers.region
  | state: a row for every group with its count and sums
  | per change: updates its group
  scan public.customers (region)
====
SELECT count(*), sum(qty), avg(qty), min(price), max(price) FROM orders
----
view view
  key: (); at most one row
  count bigint not null
  sum bigint
  avg numeric
  min numeric
  max numeric

aggregate count(*), sum(orders.qty), avg(orders.qty), min(orders.price), max(orders.price)
  | state: one row with its count and sums; the values of min and max in order
  | per change: updates its group; a deleted extreme is looked up in the ordered values
  scan public.orders (qty, price)
====
SELECT status, count(*) FILTER (WHERE qty > 1) AS many, sum(qty * price) FILTER (WHERE true) FROM orders GROUP BY status HAVING count(*) > 2 AND status <> 'x'
----
view view
  key: (status) inferred
  status text not null
  many bigint not null
  sum numeric

project orders.status, count(*) FILTER (WHERE orders.qty > 1), sum(orders.qty::numeric * orders.price)
  filter count(*) > 2
    aggregate count(*), count(*) FILTER (WHERE orders.qty > 1), sum(orders.qty::numeric * orders.price) by orders.status
      | state: a row for every group with its count and sums
      | per change: updates its group
      project orders.status, orders.qty > 1, orders.qty::numeric * orders.price
        filter orders.status <> 'x'
          scan public.orders (status, qty, price)
====
SELECT date_trunc('day', created_at) AS day, sum(qty) + 1 AS n, sum(qty) * 2 AS m FROM orders GROUP BY day
----
view view
  key: (day) inferred
  day timestamp with time zone not null
  n bigint
  m bigint

project date_trunc('day', orders.created_at), sum(orders.qty) + 1, sum(orders.qty) * 2
  aggregate sum(orders.qty) by date_trunc('day', orders.created_at)
    | state: a row for every group with its count and sums
    | per change: updates its group
    project date_trunc('day', orders.created_at), orders.qty
      scan public.orders (qty, created_at)
====
SELECT upper(status) || '!', count(*) FROM orders GROUP BY 1
----
view view
  key: (?column?) inferred
  ?column? text not null
  count bigint not null

aggregate count(*) by upper(orders.status) || '!'
  | state: a row for every group with its count and sums
  | per change: updates its group
  project upper(orders.status) || '!'
    scan public.orders (status)
====
SELECT DISTINCT status FROM orders
----
view view
  key: (status) inferred
  status text not null

distinct orders.status
  | state: a row for every group with its count
  | per change: updates its group
  scan public.orders (status)
====
SELECT DISTINCT status, qty + 1 AS q FROM orders
----
view view
  key: (status, q) inferred
  status text not null
  q integer not null

distinct orders.status, orders.qty + 1
  | state: a row for every group with its count
  | per change: updates its group
  project orders.status, orders.qty + 1
    scan public.orders (status, qty)
====
SELECT c.id, c.name, c.region, count(*) FROM customers c JOIN orders o ON o.customer_id = c.id GROUP BY c.id
----
view view
  key: (id) inferred
  id bigint not null
  name text not null
  region text
  count bigint not null

aggregate count(*) by customers.id, customers.name, customers.region
  | state: a row for every group with its count and sums
  | per change: updates its group
  inner join on customers.id = orders.customer_id
    | state: left rows by (customers.id), right rows by (orders.customer_id)
    | per change: a left row meets its right rows, a right row meets at most 1 left row
    scan public.customers (id, name, region)
    scan public.orders (customer_id)
====
SELECT customer_id FROM orders GROUP BY customer_id, product_id
----
view view
  key: none; equal rows are kept apart
  customer_id bigint not null

project orders.customer_id
  distinct orders.customer_id, orders.product_id
    | state: a row for every group with its count
    | per change: updates its group
    scan public.orders (customer_id, product_id)
====
SELECT x.region, max(x.n) AS most FROM (SELECT c.region, c.id, count(*) AS n FROM customers c JOIN orders o ON o.customer_id = c.id GROUP BY c.region, c.id) x GROUP BY x.region
----
view view
  key: (region) inferred
  region text
  most bigint

aggregate max(count(*)) by customers.region
  | state: a row for every group with its count and sums; the values of max(count(*)) in order
  | per change: updates its group; a deleted extreme is looked up in the ordered values
  aggregate count(*) by customers.id, customers.region
    | state: a row for every group with its count and sums
    | per change: updates its group
    inner join on customers.id = orders.customer_id
      | state: left rows by (customers.id), right rows by (orders.customer_id)
      | per change: a left row meets its right rows, a right row meets at most 1 left row
      scan public.customers (id, region)
      scan public.orders (customer_id)
====
SELECT sum(delta) FROM pgbench_history WHERE false
----
view view
  key: (); at most one row
  sum bigint

aggregate sum(pgbench_history.delta)
  | state: one row with its count and sums
  | per change: updates its group
  filter FALSE
    scan public.pgbench_history (delta)
====
SELECT 1 AS one FROM orders HAVING true
----
view view
  key: (); at most one row
  one integer not null

project 1
  aggregate count(*)
    | state: one row with its count and sums
    | per change: updates its group
    scan public.orders (id)
====
SELECT CASE WHEN sum(qty) > 10 THEN 'many' ELSE 'few' END, status FROM orders GROUP BY status
----
view view
  key: (status) inferred
  case text not null
  status text not null

project CASE WHEN sum(orders.qty) > 10 THEN 'many' ELSE 'few' END, orders.status
  aggregate sum(orders.qty) by orders.status
    | state: a row for every group with its count and sums
    | per change: updates its group
    scan public.orders (status, qty)
====
SELECT n, n::text AS image FROM types GROUP BY n, n::text
----
view view
  key: (n, image) inferred
  n numeric
  image text

distinct types.n, types.n::text
  | state: a row for every group with its count
  | per change: updates its group
  project types.n, types.n::text
    scan public.types (n)
