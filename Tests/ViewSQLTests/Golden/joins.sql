SELECT o.id, c.name FROM orders o JOIN customers c ON c.id = o.customer_id
----
view view
  key: (id) inferred
  id bigint not null
  name text not null

inner join on orders.customer_id = customers.id
  | state: left rows by (orders.customer_id), right rows by (customers.id)
  | per change: a left row meets at most 1 right row, a right row meets its left rows
  scan public.orders (id, customer_id)
  scan public.customers (id, name)
====
SELECT o.id, c.name FROM orders o, customers c WHERE o.customer_id = c.id AND c.region = 'EU' AND o.qty > 3
----
view view
  key: (id) inferred
  id bigint not null
  name text not null

inner join on orders.customer_id = customers.id
  | state: left rows by (orders.customer_id), right rows by (customers.id)
  | per change: a left row meets at most 1 right row, a right row meets its left rows
  project orders.id, orders.customer_id
    filter orders.qty > 3
      scan public.orders (id, customer_id, qty)
  project customers.id, customers.name
    filter customers.region = 'EU'
      scan public.customers (id, name, region)
====
SELECT o.id, c.name, p.name AS product FROM products p, customers c, orders o WHERE o.customer_id = c.id AND p.id = o.product_id
----
view view
  key: (id) inferred
  id bigint not null
  name text not null
  product text not null

project orders.id, customers.name, products.name
  inner join on orders.customer_id = customers.id
    | state: left rows by (orders.customer_id), right rows by (customers.id)
    | per change: a left row meets at most 1 right row, a right row meets its left rows
    inner join on products.id = orders.product_id
      | state: left rows by (products.id), right rows by (orders.product_id)
      | per change: a left row meets its right rows, a right row meets at most 1 left row
      scan public.products (id, name)
      scan public.orders (id, customer_id, product_id)
    scan public.customers (id, name)
====
SELECT o.id, p.name FROM orders o LEFT JOIN products p ON p.id = o.product_id AND p.category = 'toys' AND o.qty > 1
----
view view
  key: (id) inferred
  id bigint not null
  name text

left join on orders.product_id = products.id
  | and orders.qty > 1
  | state: left rows by (orders.product_id), right rows by (products.id)
  | per change: a left row meets at most 1 right row, a right row meets its left rows
  scan public.orders (id, product_id, qty)
  project products.id, products.name
    filter products.category = 'toys'
      scan public.products (id, name, category)
====
SELECT o.id, p.name FROM orders o LEFT JOIN products p ON p.id = o.product_id WHERE p.category = 'toys'
----
view view
  key: (id) inferred
  id bigint not null
  name text not null

inner join on orders.product_id = products.id
  | state: left rows by (orders.product_id), right rows by (products.id)
  | per change: a left row meets at most 1 right row, a right row meets its left rows
  scan public.orders (id, product_id)
  project products.id, products.name
    filter products.category = 'toys'
      scan public.products (id, name, category)
====
SELECT o.id, p.name FROM orders o LEFT JOIN products p ON p.id = o.product_id WHERE p.category = 'toys' OR p.id IS NULL
----
view view
  key: (id) inferred
  id bigint not null
  name text

project orders.id, products.name
  filter products.category = 'toys' OR products.id IS NULL
    left join on orders.product_id = products.id
      | state: left rows by (orders.product_id), right rows by (products.id)
      | per change: a left row meets at most 1 right row, a right row meets its left rows
      scan public.orders (id, product_id)
      scan public.products (id, name, category)
====
SELECT o.id, p.name FROM products p RIGHT JOIN orders o ON p.id = o.product_id WHERE o.status = 'open'
----
view view
  key: (id) inferred
  id bigint not null
  name text

left join on orders.product_id = products.id
  | state: left rows by (orders.product_id), right rows by (products.id)
  | per change: a left row meets at most 1 right row, a right row meets its left rows
  project orders.id, orders.product_id
    filter orders.status = 'open'
      scan public.orders (id, product_id, status)
  scan public.products (id, name)
====
SELECT * FROM t JOIN u USING (a)
----
view view
  key: (a) inferred
  a integer not null
  b text
  c numeric
  d date

inner join on t.a = u.a
  | state: left rows by (t.a), right rows by (u.a)
  | per change: a left row meets at most 1 right row, a right row meets at most 1 left row
  scan public.t (a, b, c)
  scan public.u (a, d)
====
SELECT * FROM t NATURAL LEFT JOIN u
----
view view
  key: (a) inferred
  a integer not null
  b text
  c numeric
  d date

left join on t.a = u.a
  | state: left rows by (t.a), right rows by (u.a)
  | per change: a left row meets at most 1 right row, a right row meets at most 1 left row
  scan public.t (a, b, c)
  scan public.u (a, d)
====
SELECT a.id, b.id AS other FROM customers a JOIN customers b ON a.region = b.region AND a.id < b.id
----
view view
  key: (id, other) inferred
  id bigint not null
  other bigint not null

inner join on customers#1.region = customers#2.region
  | and customers#1.id < customers#2.id
  | state: left rows by (customers#1.region) (shared #1), right rows by (customers#2.region) (shared #1)
  | per change: a left row meets its right rows, a right row meets its left rows
  scan public.customers (id, region) as customers#1
  scan public.customers (id, region) as customers#2
====
SELECT x.i4 FROM types x JOIN orders o ON x.i4 = o.id
----
view view
  key: none; equal rows are kept apart
  i4 integer

inner join on types.i4::bigint = orders.id
  | state: left rows by (types.i4::bigint), right rows by (orders.id)
  | per change: a left row meets at most 1 right row, a right row meets its left rows
  project types.i4, types.i4::bigint
    scan public.types (i4)
  scan public.orders (id)
====
SELECT x.i4 FROM types x JOIN t ON x.t::integer = t.a
----
view view
  key: none; equal rows are kept apart
  i4 integer

inner join on types.t::integer = t.a
  | state: left rows by (types.t::integer), right rows by (t.a)
  | per change: a left row meets at most 1 right row, a right row meets its left rows
  project types.i4, types.t::integer
    scan public.types (i4, t)
  scan public.t (a)
====
SELECT x.i4, o.id FROM types x JOIN orders o ON o.id = x.i8 AND x.t::integer = o.qty AND o.qty * 2 > x.i4
----
view view
  key: none; equal rows are kept apart
  i4 integer
  id bigint not null

project types.i4, orders.id
  filter types.t::integer = orders.qty AND orders.qty * 2 > types.i4
    inner join on types.i8 = orders.id
      | state: left rows by (types.i8), right rows by (orders.id)
      | per change: a left row meets at most 1 right row, a right row meets its left rows
      scan public.types (i4, i8, t)
      scan public.orders (id, qty)
====
SELECT o.id, x.k FROM orders o LEFT JOIN (SELECT id, coalesce(category, 'none') AS k FROM products) x ON x.id = o.product_id
----
view view
  key: (id) inferred
  id bigint not null
  k text

left join on orders.product_id = products.id
  | state: left rows by (orders.product_id), right rows by (products.id)
  | per change: a left row meets at most 1 right row, a right row meets its left rows
  scan public.orders (id, product_id)
  project products.id, COALESCE(products.category, 'none')
    scan public.products (id, category)
====
SELECT c.name, s.total FROM customers c JOIN (SELECT customer_id, sum(qty) AS total FROM orders GROUP BY customer_id) s ON s.customer_id = c.id WHERE s.customer_id > 10 AND s.total > 5
----
view view
  key: none; equal rows are kept apart
  name text not null
  total bigint

inner join on customers.id = orders.customer_id
  | state: left rows by (customers.id), right rows by (orders.customer_id)
  | per change: a left row meets at most 1 right row, a right row meets at most 1 left row
  scan public.customers (id, name)
  filter sum(orders.qty) > 5
    aggregate sum(orders.qty) by orders.customer_id
      | state: a row for every group with its count and sums
      | per change: updates its group
      filter orders.customer_id > 10
        scan public.orders (customer_id, qty)
====
SELECT count(*) FROM orders o JOIN customers c ON c.id = o.customer_id
----
view view
  key: (); at most one row
  count bigint not null

aggregate count(*)
  | state: one row with its count and sums
  | per change: updates its group
  inner join on orders.customer_id = customers.id
    | state: left rows by (orders.customer_id), right rows by (customers.id)
    | per change: a left row meets at most 1 right row, a right row meets its left rows
    scan public.orders (customer_id)
    scan public.customers (id)
====
SELECT o.id, c.name, p.name AS product FROM orders o LEFT JOIN customers c ON c.id = o.customer_id LEFT JOIN products p ON p.id = o.product_id WHERE p.name = 'x' AND c.region = 'EU'
----
view view
  key: (id) inferred
  id bigint not null
  name text not null
  product text not null

inner join on orders.product_id = products.id
  | state: left rows by (orders.product_id), right rows by (products.id)
  | per change: a left row meets at most 1 right row, a right row meets its left rows
  inner join on orders.customer_id = customers.id
    | state: left rows by (orders.customer_id), right rows by (customers.id)
    | per change: a left row meets at most 1 right row, a right row meets its left rows
    scan public.orders (id, customer_id, product_id)
    project customers.id, customers.name
      filter customers.region = 'EU'
        scan public.customers (id, name, region)
  filter products.name = 'x'
    scan public.products (id, name)
====
SELECT j.k, j.name FROM (orders o JOIN customers c ON c.id = o.customer_id) AS j (k) WHERE j.k > 1
----
view view
  key: (k) inferred
  k bigint not null
  name text not null

inner join on orders.customer_id = customers.id
  | state: left rows by (orders.customer_id), right rows by (customers.id)
  | per change: a left row meets at most 1 right row, a right row meets its left rows
  filter orders.id > 1
    scan public.orders (id, customer_id)
  scan public.customers (id, name)
====
SELECT o.id FROM orders o JOIN archive.orders_2020 a ON a.code = o.status
----
view view
  key: (id) inferred
  id bigint not null

inner join on orders.status = orders_2020.code
  | state: left rows by (orders.status), right rows by (orders_2020.code)
  | per change: a left row meets at most 1 right row, a right row meets its left rows
  scan public.orders (id, status)
  scan archive.orders_2020 (code)
====
SELECT t.a FROM t JOIN u ON t.a = u.a WHERE t.b = 'x' AND NULL
----
view view
  key: (a) inferred
  a integer not null

inner join on t.a = u.a
  | state: left rows by (t.a), right rows by (u.a)
  | per change: a left row meets at most 1 right row, a right row meets at most 1 left row
  project t.a
    filter FALSE
      scan public.t (a, b)
  scan public.u (a)
====
SELECT t.a, u.d FROM t LEFT JOIN u ON t.a = u.a AND 1 = 2 AND false
----
view view
  key: (a) inferred
  a integer not null
  d date

left join on t.a = u.a
  | state: left rows by (t.a), right rows by (u.a)
  | per change: a left row meets at most 1 right row, a right row meets at most 1 left row
  scan public.t (a)
  filter FALSE
    scan public.u (a, d)
====
SELECT t.a FROM t JOIN u ON false AND t.a = u.a
----
view view
  key: (a) inferred
  a integer not null

inner join on t.a = u.a
  | state: left rows by (t.a), right rows by (u.a)
  | per change: a left row meets at most 1 right row, a right row meets at most 1 left row
  filter FALSE
    scan public.t (a)
  scan public.u (a)
