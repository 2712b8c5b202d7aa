SELECT id, statsu FROM orders
----
view.sql:1:12: column "statsu" does not exist
LINE 1: SELECT id, statsu FROM orders
                   ^
HINT:  perhaps you meant the column "orders.status"
SQLSTATE: 42703
====
SELECT o.regoin
FROM orders o
JOIN customers c ON c.id = o.customer_id
----
view.sql:1:8: column o.regoin does not exist
LINE 1: SELECT o.regoin
               ^
SQLSTATE: 42703
====
SELECT customers.regoin FROM customers
----
view.sql:1:8: column customers.regoin does not exist
LINE 1: SELECT customers.regoin FROM customers
               ^
HINT:  perhaps you meant the column "customers.region"
SQLSTATE: 42703
====
SELECT id FROM orders o JOIN customers c ON c.id = o.customer_id
----
view.sql:1:8: column reference "id" is ambiguous
LINE 1: SELECT id FROM orders o JOIN customers c ON c.id = o.customer_id
               ^
HINT:  write o.id or c.id
SQLSTATE: 42702
====
SELECT orders.id FROM orders o
----
view.sql:1:8: invalid reference to FROM-clause entry for table "orders"
LINE 1: SELECT orders.id FROM orders o
               ^
HINT:  perhaps you meant the table alias "o"
SQLSTATE: 42P01
====
SELECT x.id FROM orders o
----
view.sql:1:8: missing FROM-clause entry for table "x"
LINE 1: SELECT x.id FROM orders o
               ^
HINT:  perhaps you meant the table "o"
SQLSTATE: 42P01
====
SELECT id FROM ordrs
----
view.sql:1:16: relation "ordrs" does not exist
LINE 1: SELECT id FROM ordrs
                       ^
DETAIL:  A view can read the tables that the source publishes, and other views.
HINT:  perhaps you meant "orders"
SQLSTATE: 42P01
====
SELECT id FROM orders_2020
----
view.sql:1:16: relation "orders_2020" does not exist
LINE 1: SELECT id FROM orders_2020
                       ^
DETAIL:  A view can read the tables that the source publishes, and other views.
HINT:  perhaps you meant archive.orders_2020
SQLSTATE: 42P01
====
SELECT id FROM archive.nothing
----
view.sql:1:16: relation "archive.nothing" does not exist
LINE 1: SELECT id FROM archive.nothing
                       ^
DETAIL:  A view can read the tables that the source publishes, and other views.
SQLSTATE: 42P01
====
SELECT id FROM orders JOIN orders ON true
----
view.sql:1:28: table name "orders" specified more than once
LINE 1: SELECT id FROM orders JOIN orders ON true
                                   ^
HINT:  give one of them an alias
SQLSTATE: 42712
====
SELECT o FROM orders o
----
view.sql:1:8: a whole row as a value is not supported
LINE 1: SELECT o FROM orders o
               ^
HINT:  name the columns, or write table.*
SQLSTATE: 0A000
====
SELECT 'é', naïve FROM orders
----
view.sql:1:13: column "naïve" does not exist
LINE 1: SELECT 'é', naïve FROM orders
                    ^
SQLSTATE: 42703
====
SELECT * FROM orders o JOIN customers c USING (region)
----
view.sql:1:29: column "region" specified in USING clause does not exist in left table
LINE 1: SELECT * FROM orders o JOIN customers c USING (region)
                                    ^
SQLSTATE: 42703
====
SELECT * FROM orders o JOIN customers c ON c.id = o.customer_id
----
view.sql:1:8: column "id" specified more than once
LINE 1: SELECT * FROM orders o JOIN customers c ON c.id = o.customer_id
               ^
HINT:  give one of them another name with AS
SQLSTATE: 42701
====
SELECT id, qty + 1, qty + 2 FROM orders
----
view.sql:1:21: column "?column?" specified more than once
LINE 1: SELECT id, qty + 1, qty + 2 FROM orders
                            ^
HINT:  give one of them another name with AS
SQLSTATE: 42701
====
SELECT x.* FROM orders o
----
view.sql:1:8: missing FROM-clause entry for table "x"
LINE 1: SELECT x.* FROM orders o
               ^
HINT:  perhaps you meant the table "o"
SQLSTATE: 42P01
====
SELECT s.x FROM (SELECT id FROM orders) AS s (a, b)
----
view.sql:1:25: table "s" has 1 columns available but 2 columns specified
LINE 1: SELECT s.x FROM (SELECT id FROM orders) AS s (a, b)
                                ^
SQLSTATE: 42P10
====
SELECT nosuch(id) FROM orders
----
view.sql:1:8: function nosuch(bigint) is not known
LINE 1: SELECT nosuch(id) FROM orders
               ^
DETAIL:  Leftfold knows the functions listed in docs/sql.md.
SQLSTATE: 42883
====
SELECT id::nosuchtype FROM orders
----
view.sql:1:12: type "nosuchtype" does not exist
LINE 1: SELECT id::nosuchtype FROM orders
                   ^
DETAIL:  Leftfold knows Postgres's own types and those of the columns that the source publishes.
SQLSTATE: 42704
====
SELECT id FROM revenue_by_regoin
----
view.sql:1:16: relation "revenue_by_regoin" does not exist
LINE 1: SELECT id FROM revenue_by_regoin
                       ^
DETAIL:  A view can read the tables that the source publishes, and other views.
HINT:  perhaps you meant "revenue_by_region"
SQLSTATE: 42P01
