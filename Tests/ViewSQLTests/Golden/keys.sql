SELECT id, status FROM orders
----
view view
  key: (id) inferred
  id bigint not null
  status text not null

scan public.orders (id, status)
====
SELECT status, qty FROM orders
----
view view
  key: none; equal rows are kept apart
  status text not null
  qty integer not null

scan public.orders (status, qty)
====
SELECT id FROM orders WHERE id = 5
----
view view
  key: (); at most one row
  id bigint not null

filter orders.id = 5
  scan public.orders (id)
====
SELECT status, id AS a, id AS b FROM orders
----
view view
  key: (a) inferred
  status text not null
  a bigint not null
  b bigint not null

project orders.status, orders.id, orders.id
  scan public.orders (id, status)
====
SELECT c.id, c.name FROM orders o JOIN customers c ON c.id = o.customer_id
----
view view
  key: none; equal rows are kept apart
  id bigint not null
  name text not null

inner join on orders.customer_id = customers.id
  | state: left rows by (orders.customer_id), right rows by (customers.id)
  | per change: a left row meets at most 1 right row, a right row meets its left rows
  scan public.orders (customer_id)
  scan public.customers (id, name)
====
SELECT o.customer_id, c.region FROM orders o JOIN customers c ON c.id = o.customer_id
----
view view
  key: none; equal rows are kept apart
  customer_id bigint not null
  region text

inner join on orders.customer_id = customers.id
  | state: left rows by (orders.customer_id), right rows by (customers.id)
  | per change: a left row meets at most 1 right row, a right row meets its left rows
  scan public.orders (customer_id)
  scan public.customers (id, region)
====
SELECT c.id, o.id AS order_id FROM customers c LEFT JOIN orders o ON o.customer_id = c.id
----
view view
  key: (id, order_id) inferred
  id bigint not null
  order_id bigint

left join on customers.id = orders.customer_id
  | state: left rows by (customers.id), right rows by (orders.customer_id)
  | per change: a left row meets its right rows, a right row meets at most 1 left row
  scan public.customers (id)
  scan public.orders (id, customer_id)
====
CREATE MATERIALIZED VIEW v WITH (key = 'status, qty') AS SELECT status, qty FROM orders
----
view v
  key: (status, qty) declared; the plan does not prove it, a second row for a key is an error of the view
  status text not null
  qty integer not null

scan public.orders (status, qty)
====
CREATE MATERIALIZED VIEW v WITH (key = 'region, id') AS SELECT id, region FROM customers
----
view v
  key: (region, id) declared, proven
  id bigint not null
  region text

scan public.customers (id, region)
====
CREATE MATERIALIZED VIEW v (k, "Val") WITH (key = ' K ') AS SELECT id, region FROM customers ORDER BY region DESC, 1 NULLS FIRST
----
view v
  key: (k) declared, proven
  served in order: Val desc, k nulls first
  k bigint not null
  Val text

scan public.customers (id, region)
====
SELECT code FROM archive.orders_2020
----
view view
  key: (code) inferred
  code text not null

scan archive.orders_2020 (code)
====
SELECT body FROM notes
----
view view
  key: none; equal rows are kept apart
  body text

scan public.notes (body)
====
SELECT sum(qty) AS n, c.id FROM orders o RIGHT JOIN customers c ON o.customer_id = c.id GROUP BY c.id, c.region
----
view view
  key: (id) inferred
  n bigint
  id bigint not null

project sum(orders.qty), customers.id
  aggregate sum(orders.qty) by customers.id, customers.region
    | state: a row for every group with its count and sums
    | per change: updates its group
    left join on customers.id = orders.customer_id
      | state: left rows by (customers.id), right rows by (orders.customer_id)
      | per change: a left row meets its right rows, a right row meets at most 1 left row
      scan public.customers (id, region)
      scan public.orders (customer_id, qty)
====
SELECT id, name FROM customers c ORDER BY c.name, id DESC NULLS LAST
----
view.sql:1:43: ORDER BY of a view can only name its columns
LINE 1: SELECT id, name FROM customers c ORDER BY c.name, id DESC NULLS LAST
                                                  ^
DETAIL:  A view keeps rows without an order; ORDER BY says how to serve them.
HINT:  add the expression to the SELECT list and name it here, or leave ORDER BY out
SQLSTATE: 0A000
====
SELECT DISTINCT id, name FROM customers
----
view view
  key: (id) inferred
  id bigint not null
  name text not null

scan public.customers (id, name)
