WITH big AS (SELECT id, customer_id, qty FROM orders WHERE qty > 10), named (k, n) AS (SELECT id, name FROM customers) SELECT n, qty FROM big JOIN named ON k = customer_id
----
view view
  key: none; equal rows are kept apart
  n text not null
  qty integer not null

project customers.name, orders.qty
  inner join on orders.customer_id = customers.id
    | state: left rows by (orders.customer_id), right rows by (customers.id)
    | per change: a left row meets at most 1 right row, a right row meets its left rows
    filter orders.qty > 10
      scan public.orders (customer_id, qty)
    scan public.customers (id, name)
====
WITH a AS (SELECT customer_id, sum(qty) AS n FROM orders GROUP BY customer_id) SELECT x.n, y.n AS m FROM a x JOIN a y ON x.customer_id = y.customer_id
----
view view
  key: none; equal rows are kept apart
  n bigint
  m bigint

inner join on orders#1.customer_id = orders#2.customer_id
  | state: left rows by (orders#1.customer_id) (shared #1), right rows by (orders#2.customer_id) (shared #1)
  | per change: a left row meets at most 1 right row, a right row meets at most 1 left row
  aggregate sum(orders#1.qty) by orders#1.customer_id
    | state: a row for every group with its count and sums
    | per change: updates its group
    scan public.orders (customer_id, qty) as orders#1
  aggregate sum(orders#2.qty) by orders#2.customer_id
    | state: a row for every group with its count and sums
    | per change: updates its group
    scan public.orders (customer_id, qty) as orders#2
====
SELECT s.y FROM (SELECT id + 1 AS y, status FROM orders) s WHERE s.y > 2
----
view view
  key: none; equal rows are kept apart
  y bigint not null

project orders.id + 1
  filter orders.id + 1 > 2
    scan public.orders (id)
====
WITH unused AS (SELECT nosuch FROM orders) SELECT id FROM orders
----
view.sql:1:24: column "nosuch" does not exist
LINE 1: WITH unused AS (SELECT nosuch FROM orders) SELECT id FROM orders
                               ^
SQLSTATE: 42703
====
SELECT s.b FROM (SELECT DISTINCT status AS b FROM orders) s GROUP BY s.b
----
view view
  key: (b) inferred
  b text not null

distinct orders.status
  | state: a row for every group with its count
  | per change: updates its group
  scan public.orders (status)
====
SELECT id FROM (SELECT id FROM orders ORDER BY qty) s
----
view.sql:1:48: ORDER BY in a subquery is not supported
LINE 1: SELECT id FROM (SELECT id FROM orders ORDER BY qty) s
                                                       ^
DETAIL:  The rows of a subquery have no order.
HINT:  leave it out
SQLSTATE: 0A000
