SELECT region, revenue FROM revenue_by_region WHERE revenue > 100
----
view view
  reads views: revenue_by_region
  key: (region) inferred
  region text
  revenue numeric

project customers.region, sum(orders.qty::numeric * orders.price)
  filter sum(orders.qty::numeric * orders.price) > 100::numeric
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
SELECT c.name, r.revenue FROM customers c JOIN revenue_by_region r ON r.region = c.region
----
view view
  reads views: revenue_by_region
  key: none; equal rows are kept apart
  name text not null
  revenue numeric

inner join on customers#1.region = customers#2.region
  | state: left rows by (customers#1.region), right rows by (customers#2.region)
  | per change: a left row meets at most 1 right row, a right row meets its left rows
  scan public.customers (name, region) as customers#1
  project customers#2.region, sum(orders.qty::numeric * orders.price)
    aggregate count(*), sum(orders.qty::numeric * orders.price) by customers#2.region
      | state: a row for every group with its count and sums
      | per change: updates its group
      project customers#2.region, orders.qty::numeric * orders.price
        inner join on orders.customer_id = customers#2.id
          | state: left rows by (orders.customer_id), right rows by (customers#2.id)
          | per change: a left row meets at most 1 right row, a right row meets its left rows
          scan public.orders (customer_id, qty, price)
          scan public.customers (id, region) as customers#2
====
SELECT max(revenue), count(*) FROM revenue_by_region
----
view view
  reads views: revenue_by_region
  key: (); at most one row
  max numeric
  count bigint not null

project max(sum(orders.qty::numeric * orders.price)), count(*)
  aggregate count(*), max(sum(orders.qty::numeric * orders.price))
    | state: one row with its count and sums; the values of max(sum(orders.qty::numeric * orders.price)) in order
    | per change: updates its group; a deleted extreme is looked up in the ordered values
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
SELECT total FROM account_total
----
view view
  reads views: account_total
  key: (); at most one row
  total bigint

aggregate sum(pgbench_accounts.abalance)
  | state: one row with its count and sums
  | per change: updates its group
  scan public.pgbench_accounts (abalance)
====
SELECT * FROM open_orders
----
view view
  reads views: open_orders
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
CREATE MATERIALIZED VIEW product_search USING search AS SELECT id, name, category FROM products
----
view product_search
  key: (id) inferred
  words of: "name" 1.0, "category" 1.0; language simple
  id bigint not null
  name text not null
  category text not null

scan public.products (id, name, category)
====
CREATE MATERIALIZED VIEW people USING search WITH (store = 'main', columns = 'NAME 10, "region" 0.5', language = 'english') AS SELECT id, name, region FROM customers
----
view people
  store: main
  key: (id) inferred
  words of: "name" 10.0, "region" 0.5; language english
  id bigint not null
  name text not null
  region text

scan public.customers (id, name, region)
====
CREATE MATERIALIZED VIEW names USING search WITH (key = 'name') AS SELECT name FROM customers
----
view names
  key: (name) declared; the plan does not prove it, a second row for a key is an error of the view
  words of: "name" 1.0; language simple
  name text not null

scan public.customers (name)
