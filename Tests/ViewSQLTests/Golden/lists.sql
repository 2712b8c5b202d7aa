SELECT c.id, c.name, coalesce(json_agg(json_build_object('id', o.id, 'qty', o.qty) ORDER BY o.price DESC, o.id) FILTER (WHERE o.id IS NOT NULL), '[]') AS orders FROM customers c LEFT JOIN orders o ON o.customer_id = c.id GROUP BY c.id
----
view view
  key: (id) inferred
  id bigint not null
  name text not null
  orders json not null

project customers.id, customers.name, COALESCE(json_agg(json_build_object('id', orders.id, 'qty', orders.qty) ORDER BY orders.price DESC, orders.id) FILTER (WHERE orders.id IS NOT NULL), '[]')
  aggregate json_agg(json_build_object('id', orders.id, 'qty', orders.qty) ORDER BY orders.price DESC, orders.id) FILTER (WHERE orders.id IS NOT NULL) by customers.id, customers.name
    | state: a row for every group with its count and sums; the values of json_agg in order
    | per change: updates its group; finds its place in the ordered values, and the lists of the groups touched are written anew
    project customers.id, customers.name, orders.id, orders.price, json_build_object('id', orders.id, 'qty', orders.qty), orders.id IS NOT NULL
      left join on customers.id = orders.customer_id
        | state: left rows by (customers.id), right rows by (orders.customer_id)
        | per change: a left row meets its right rows, a right row meets at most 1 left row
        scan public.customers (id, name)
        scan public.orders (id, customer_id, qty, price)
====
SELECT customer_id, string_agg(DISTINCT status, ', ' ORDER BY status DESC) AS statuses, array_agg(id) AS ids, jsonb_object_agg(id, price) AS prices FROM orders GROUP BY customer_id
----
view view
  key: (customer_id) inferred
  customer_id bigint not null
  statuses text
  ids bigint[]
  prices jsonb

aggregate string_agg(DISTINCT orders.status, ', ' ORDER BY orders.status DESC), array_agg(orders.id), jsonb_object_agg(orders.id, orders.price) by orders.customer_id
  | state: a row for every group with its count and sums; the values of string_agg, array_agg, jsonb_object_agg in order
  | per change: updates its group; finds its place in the ordered values, and the lists of the groups touched are written anew
  project orders.customer_id, orders.id, orders.status, orders.price, ', '
    scan public.orders (id, customer_id, status, price)
====
SELECT json_object_agg(id, jsonb_build_array(qty, price, created_at)) FROM orders
----
view view
  key: (); at most one row
  json_object_agg json

aggregate json_object_agg(orders.id, jsonb_build_array(orders.qty, orders.price, orders.created_at))
  | state: one row with its count and sums; the values of json_object_agg in order
  | per change: updates its group; finds its place in the ordered values, and the lists of the groups touched are written anew
  project orders.id, jsonb_build_array(orders.qty, orders.price, orders.created_at)
    scan public.orders (id, qty, price, created_at)
====
SELECT jsonb_agg(qty ORDER BY qty NULLS FIRST), json_agg(qty ORDER BY qty DESC NULLS LAST), to_json(count(*)) FROM orders
----
view view
  key: (); at most one row
  jsonb_agg jsonb
  json_agg json
  to_json json not null

project jsonb_agg(orders.qty ORDER BY orders.qty NULLS FIRST), json_agg(orders.qty ORDER BY orders.qty DESC NULLS LAST), to_json(count(*))
  aggregate count(*), json_agg(orders.qty ORDER BY orders.qty DESC NULLS LAST), jsonb_agg(orders.qty ORDER BY orders.qty NULLS FIRST)
    | state: one row with its count and sums; the values of json_agg, jsonb_agg in order
    | per change: updates its group; finds its place in the ordered values, and the lists of the groups touched are written anew
    scan public.orders (qty)
====
SELECT sum(qty ORDER BY id), max(DISTINCT qty), sum(1 / qty) AS s, sum(1 / qty) FILTER (WHERE qty <> 0) AS f FROM orders
----
view view
  key: (); at most one row
  sum bigint
  max integer
  s bigint
  f bigint

project sum(orders.qty), max(orders.qty), sum(1 / orders.qty), sum(CASE WHEN orders.qty <> 0 THEN 1 / orders.qty ELSE NULL END) FILTER (WHERE orders.qty <> 0)
  aggregate sum(orders.qty), sum(CASE WHEN orders.qty <> 0 THEN 1 / orders.qty ELSE NULL END) FILTER (WHERE orders.qty <> 0), sum(1 / orders.qty), max(orders.qty)
    | state: one row with its count and sums; the values of max(orders.qty) in order
    | per change: updates its group; a deleted extreme is looked up in the ordered values
    project orders.qty, CASE WHEN orders.qty <> 0 THEN 1 / orders.qty ELSE NULL END, 1 / orders.qty, orders.qty <> 0
      scan public.orders (qty)
====
SELECT json_agg(l ORDER BY l) FROM types
----
view.sql:1:28: ORDER BY in json_agg needs the order of collation "en_US.UTF-8", which Leftfold does not have
LINE 1: SELECT json_agg(l ORDER BY l) FROM types
                                   ^
DETAIL:  Only byte order (collations C, POSIX and C.UTF-8) gives the same answer on every machine.
HINT:  add COLLATE "C" to an operand
SQLSTATE: 0A000
====
SELECT json_agg(l ORDER BY l COLLATE "C", id), string_agg(l, '-') FROM types
----
view view
  key: (); at most one row
  json_agg json
  string_agg text collate "en_US.UTF-8"

project json_agg(types.l ORDER BY types.l COLLATE "C", types.id), string_agg(types.l, '-')
  aggregate string_agg(types.l, '-'), json_agg(types.l ORDER BY types.l COLLATE "C", types.id)
    | state: one row with its count and sums; the values of string_agg, json_agg in order
    | per change: updates its group; finds its place in the ordered values, and the lists of the groups touched are written anew
    project types.id, types.l, types.l COLLATE "C", '-'
      scan public.types (id, l)
====
SELECT json_agg(mood) FROM types
----
view.sql:1:8: a value of type mood in a JSON document is not supported
LINE 1: SELECT json_agg(mood) FROM types
               ^
DETAIL:  How Postgres writes it depends on what kind of type it is.
HINT:  cast it to text
SQLSTATE: 0A000
====
SELECT json_agg(mood::text ORDER BY id), json_agg(iv ORDER BY id) AS ivs FROM types
----
view view
  key: (); at most one row
  json_agg json
  ivs json

project json_agg(types.mood::text ORDER BY types.id), json_agg(types.iv ORDER BY types.id)
  aggregate json_agg(types.iv ORDER BY types.id), json_agg(types.mood::text ORDER BY types.id)
    | state: one row with its count and sums; the values of json_agg, json_agg in order
    | per change: updates its group; finds its place in the ordered values, and the lists of the groups touched are written anew
    project types.id, types.iv, types.mood::text
      scan public.types (id, iv, mood)
====
SELECT json_agg(id ORDER BY mood) FROM types
----
view.sql:1:29: ORDER BY of type mood in json_agg is not supported
LINE 1: SELECT json_agg(id ORDER BY mood) FROM types
                                    ^
DETAIL:  Leftfold does not have the type's order.
HINT:  order by another expression, such as the value's text under COLLATE "C"
SQLSTATE: 0A000
====
SELECT json_agg(DISTINCT j) FROM types
----
view.sql:1:8: equality of jsonb is not supported
LINE 1: SELECT json_agg(DISTINCT j) FROM types
               ^
DETAIL:  1 and 1.0 are equal as jsonb and differ in print.
HINT:  cast to text to compare the print
SQLSTATE: 0A000
====
SELECT json_agg(DISTINCT id ORDER BY i4) FROM types
----
view.sql:1:8: in an aggregate with DISTINCT, ORDER BY expressions must appear in argument list
LINE 1: SELECT json_agg(DISTINCT id ORDER BY i4) FROM types
               ^
SQLSTATE: 42P10
====
SELECT count(DISTINCT id) FROM types
----
view.sql:1:8: DISTINCT in count, sum and avg is not supported yet
LINE 1: SELECT count(DISTINCT id) FROM types
               ^
HINT:  aggregate over a subquery with SELECT DISTINCT
SQLSTATE: 0A000
====
SELECT json_agg(*) FROM types
----
view.sql:1:8: function json_agg() does not exist
LINE 1: SELECT json_agg(*) FROM types
               ^
HINT:  name what it collects, such as json_agg(json_build_object('id', t.id))
SQLSTATE: 42883
====
SELECT json_agg(id, i4) FROM types
----
view.sql:1:8: function json_agg(integer, integer) does not exist
LINE 1: SELECT json_agg(id, i4) FROM types
               ^
SQLSTATE: 42883
====
SELECT string_agg(id, ',') FROM types
----
view.sql:1:8: function string_agg(integer, unknown) does not exist
LINE 1: SELECT string_agg(id, ',') FROM types
               ^
HINT:  add an explicit type cast to text
SQLSTATE: 42883
====
SELECT json_build_object('a') FROM types
----
view.sql:1:8: argument list must have even number of elements
LINE 1: SELECT json_build_object('a') FROM types
               ^
HINT:  the arguments of json_build_object() are keys and values by turns
SQLSTATE: 22023
====
SELECT json_build_object(j, 1) FROM types
----
view.sql:1:8: key value must be scalar, not array, composite, or json
LINE 1: SELECT json_build_object(j, 1) FROM types
               ^
HINT:  cast it to text
SQLSTATE: 22023
====
SELECT json_object_agg(j, 1) FROM types
----
view.sql:1:8: key value must be scalar, not array, composite, or json
LINE 1: SELECT json_object_agg(j, 1) FROM types
               ^
HINT:  cast it to text
SQLSTATE: 22023
====
SELECT to_json('x') FROM types
----
view.sql:1:8: could not determine polymorphic type because input has type unknown
LINE 1: SELECT to_json('x') FROM types
               ^
HINT:  add an explicit type cast
SQLSTATE: 42804
====
SELECT coalesce(jsonb_agg(id), '{"b": 1, "a":[ ]}'), coalesce(json_agg(id), '[ ]') AS j FROM types
----
view view
  key: (); at most one row
  coalesce jsonb not null
  j json not null

project COALESCE(jsonb_agg(types.id), '{"a": [], "b": 1}'), COALESCE(json_agg(types.id), '[ ]')
  aggregate json_agg(types.id), jsonb_agg(types.id)
    | state: one row with its count and sums; the values of json_agg, jsonb_agg in order
    | per change: updates its group; finds its place in the ordered values, and the lists of the groups touched are written anew
    scan public.types (id)
====
SELECT coalesce(json_agg(id), '[') FROM types
----
view.sql:1:8: invalid input syntax for type json: "["
LINE 1: SELECT coalesce(json_agg(id), '[') FROM types
               ^
SQLSTATE: 22P02
====
SELECT array_agg(mood) FROM types
----
view.sql:1:8: array_agg(mood) is not supported
LINE 1: SELECT array_agg(mood) FROM types
               ^
HINT:  cast the argument to text, or use json_agg
SQLSTATE: 0A000
====
SELECT upper(b ORDER BY a) FROM t
----
view.sql:1:8: ORDER BY specified, but upper is not an aggregate function
LINE 1: SELECT upper(b ORDER BY a) FROM t
               ^
SQLSTATE: 42809
