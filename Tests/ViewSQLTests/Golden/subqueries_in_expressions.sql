SELECT c.id, c.name, coalesce((SELECT json_agg(json_build_object('id', o.id, 'product', (SELECT max(p.name COLLATE "C") FROM products p WHERE p.id = o.product_id)) ORDER BY o.id) FROM orders o WHERE o.customer_id = c.id AND o.qty > 1), '[]') AS orders, (SELECT count(*) FROM orders WHERE customer_id = c.id) FROM customers c WHERE c.region = 'north'
----
view view
  key: (id) inferred
  id bigint not null
  name text not null
  orders json not null
  count bigint not null

project customers.id, customers.name, COALESCE(json_agg(json_build_object('id', orders#1.id, 'product', max(products.name COLLATE "C")) ORDER BY orders#1.id), '[]'), COALESCE(count(*), 0)
  left join on customers.id = orders#2.customer_id
    | state: left rows by (customers.id), right rows by (orders#2.customer_id)
    | per change: a left row meets at most 1 right row, a right row meets at most 1 left row
    left join on customers.id = orders#1.customer_id
      | state: left rows by (customers.id), right rows by (orders#1.customer_id)
      | per change: a left row meets at most 1 right row, a right row meets at most 1 left row
      project customers.id, customers.name
        filter customers.region = 'north'
          scan public.customers (id, name, region)
      aggregate json_agg(json_build_object('id', orders#1.id, 'product', max(products.name COLLATE "C")) ORDER BY orders#1.id) by orders#1.customer_id
        | state: a row for every group with its count and sums; the values of json_agg in order
        | per change: updates its group; finds its place in the ordered values, and the lists of the groups touched are written anew
        project orders#1.customer_id, orders#1.id, json_build_object('id', orders#1.id, 'product', max(products.name COLLATE "C"))
          left join on orders#1.product_id = products.id
            | state: left rows by (orders#1.product_id), right rows by (products.id)
            | per change: a left row meets at most 1 right row, a right row meets its left rows
            project orders#1.id, orders#1.customer_id, orders#1.product_id
              filter orders#1.qty > 1
                scan public.orders (id, customer_id, product_id, qty) as orders#1
            aggregate max(products.name COLLATE "C") by products.id
              | state: a row for every group with its count and sums; the values of max(products.name COLLATE "C") in order
              | per change: updates its group; a deleted extreme is looked up in the ordered values
              project products.id, products.name COLLATE "C"
                scan public.products (id, name)
    aggregate count(*) by orders#2.customer_id
      | state: a row for every group with its count and sums
      | per change: updates its group
      scan public.orders (customer_id) as orders#2
====
SELECT s.id, s.n FROM (SELECT c.id, (SELECT sum(qty) FROM orders o WHERE o.customer_id = c.id) AS n FROM customers c) s WHERE s.n > 3
----
view view
  key: (id) inferred
  id bigint not null
  n bigint

inner join on customers.id = orders.customer_id
  | state: left rows by (customers.id), right rows by (orders.customer_id)
  | per change: a left row meets at most 1 right row, a right row meets at most 1 left row
  scan public.customers (id)
  filter sum(orders.qty) > 3
    aggregate sum(orders.qty) by orders.customer_id
      | state: a row for every group with its count and sums
      | per change: updates its group
      scan public.orders (customer_id, qty)
====
SELECT region, sum((SELECT count(*) FROM orders o WHERE o.customer_id = c.id)) AS orders FROM customers c GROUP BY region
----
view view
  key: (region) inferred
  region text
  orders numeric

aggregate sum(COALESCE(count(*), 0)) by customers.region
  | state: a row for every group with its count and sums
  | per change: updates its group
  project customers.region, COALESCE(count(*), 0)
    left join on customers.id = orders.customer_id
      | state: left rows by (customers.id), right rows by (orders.customer_id)
      | per change: a left row meets at most 1 right row, a right row meets at most 1 left row
      scan public.customers (id, region)
      aggregate count(*) by orders.customer_id
        | state: a row for every group with its count and sums
        | per change: updates its group
        scan public.orders (customer_id)
====
SELECT region, (SELECT count(*) FROM orders o WHERE o.status = c.region) FROM customers c GROUP BY region
----
view.sql:1:16: a subquery of this kind in an expression is not supported yet
LINE 1: SELECT region, (SELECT count(*) FROM orders o WHERE o.status = c.region) FROM customers c GROUP BY r...
                       ^
HINT:  join with the subquery in FROM instead
SQLSTATE: 0A000
====
SELECT (SELECT o.qty FROM orders o WHERE o.customer_id = c.id) FROM customers c
----
view.sql:1:8: a subquery of this kind in an expression is not supported yet
LINE 1: SELECT (SELECT o.qty FROM orders o WHERE o.customer_id = c.id) FROM customers c
               ^
HINT:  join with the subquery in FROM instead
SQLSTATE: 0A000
====
SELECT (SELECT count(*) FROM orders o) FROM customers c
----
view.sql:1:8: a subquery of this kind in an expression is not supported yet
LINE 1: SELECT (SELECT count(*) FROM orders o) FROM customers c
               ^
HINT:  join with the subquery in FROM instead
SQLSTATE: 0A000
====
SELECT (SELECT count(*) FROM orders o WHERE o.customer_id > c.id) FROM customers c
----
view.sql:1:59: a subquery in an expression can be tied to the outer query by equalities only
LINE 1: SELECT (SELECT count(*) FROM orders o WHERE o.customer_id > c.id) FROM customers c
                                                                  ^
HINT:  join with the subquery in FROM instead
SQLSTATE: 0A000
====
SELECT (SELECT json_agg(c.name) FROM orders o WHERE o.customer_id = c.id) FROM customers c
----
view.sql:1:25: the SELECT list of a subquery in an expression can read its own tables only
LINE 1: SELECT (SELECT json_agg(c.name) FROM orders o WHERE o.customer_id = c.id) FROM customers c
                                ^
HINT:  join the tables in FROM instead, and group by the outer table's key
SQLSTATE: 0A000
====
SELECT (SELECT count(o.id) + o.qty FROM orders o WHERE o.customer_id = c.id) FROM customers c
----
view.sql:1:30: column "o.qty" must appear in the GROUP BY clause or be used in an aggregate function
LINE 1: SELECT (SELECT count(o.id) + o.qty FROM orders o WHERE o.customer_id = c.id) FROM customers c
                                     ^
SQLSTATE: 42803
====
SELECT (SELECT count(*) FROM orders o WHERE o.customer_id = c.idd) FROM customers c
----
view.sql:1:61: column c.idd does not exist
LINE 1: SELECT (SELECT count(*) FROM orders o WHERE o.customer_id = c.idd) FROM customers c
                                                                    ^
HINT:  perhaps you meant the column "c.id"
SQLSTATE: 42703
====
SELECT (SELECT count(*), 1 FROM orders o WHERE o.customer_id = c.id) FROM customers c
----
view.sql:1:8: a subquery of this kind in an expression is not supported yet
LINE 1: SELECT (SELECT count(*), 1 FROM orders o WHERE o.customer_id = c.id) FROM customers c
               ^
HINT:  join with the subquery in FROM instead
SQLSTATE: 0A000
====
SELECT c.id FROM customers c WHERE (SELECT count(*) FROM orders o WHERE o.customer_id = c.id) > 1
----
view.sql:1:36: a subquery of this kind in an expression is not supported yet
LINE 1: SELECT c.id FROM customers c WHERE (SELECT count(*) FROM orders o WHERE o.customer_id = c.id) > 1
                                           ^
HINT:  join with the subquery in FROM instead
SQLSTATE: 0A000
====
SELECT (SELECT count(*) FROM orders o WHERE o.customer_id = c.id GROUP BY o.qty) FROM customers c
----
view.sql:1:8: a subquery of this kind in an expression is not supported yet
LINE 1: SELECT (SELECT count(*) FROM orders o WHERE o.customer_id = c.id GROUP BY o.qty) FROM customers c
               ^
HINT:  join with the subquery in FROM instead
SQLSTATE: 0A000
====
SELECT (SELECT count(*) FROM missing o WHERE o.customer_id = c.id) FROM customers c
----
view.sql:1:30: relation "missing" does not exist
LINE 1: SELECT (SELECT count(*) FROM missing o WHERE o.customer_id = c.id) FROM customers c
                                     ^
DETAIL:  A view can read the tables that the source publishes, and other views.
SQLSTATE: 42P01
