SELECT FORM orders
----
view.sql:1:8: a SELECT without FROM is not supported
LINE 1: SELECT FORM orders
               ^
HINT:  read a table: a view follows the changes of its tables
SQLSTATE: 0A000
====
SELECT id FROM orders; SELECT id FROM customers
----
view.sql:1:24: a view file holds exactly one statement
LINE 1: SELECT id FROM orders; SELECT id FROM customers
                               ^
DETAIL:  This one holds 2.
HINT:  put each view into a file of its own
SQLSTATE: 42601
====
CREATE TABLE x AS SELECT id FROM orders
----
view.sql:1:14: CREATE TABLE AS makes no maintained view
LINE 1: CREATE TABLE x AS SELECT id FROM orders
                     ^
HINT:  write CREATE MATERIALIZED VIEW
SQLSTATE: 42601
====
CREATE VIEW x AS SELECT id FROM orders
----
view.sql:1:13: CREATE VIEW makes no maintained view
LINE 1: CREATE VIEW x AS SELECT id FROM orders
                    ^
HINT:  write CREATE MATERIALIZED VIEW
SQLSTATE: 42601
====
DROP TABLE orders
----
view.sql:1:1: a view file holds a CREATE MATERIALIZED VIEW or a SELECT
LINE 1: DROP TABLE orders
        ^
HINT:  write CREATE MATERIALIZED VIEW name AS SELECT …
SQLSTATE: 42601
====
-- nothing here
----
view.sql: the file holds no statement
HINT:  write CREATE MATERIALIZED VIEW name AS SELECT …
SQLSTATE: 42601
====
CREATE MATERIALIZED VIEW v WITH (stroe = 'main') AS SELECT id FROM orders
----
view.sql:1:34: unrecognized parameter "stroe"
LINE 1: CREATE MATERIALIZED VIEW v WITH (stroe = 'main') AS SELECT id FROM orders
                                         ^
DETAIL:  Known parameters: store, key, index, columns, language, ttl, format, on_change.
HINT:  perhaps you meant "store"
SQLSTATE: 22023
====
CREATE MATERIALIZED VIEW v WITH (key = 'idd') AS SELECT id FROM orders
----
view.sql:1:34: column "idd" named in key does not exist
LINE 1: CREATE MATERIALIZED VIEW v WITH (key = 'idd') AS SELECT id FROM orders
                                         ^
DETAIL:  The view's columns: id.
HINT:  perhaps you meant "id"
SQLSTATE: 42703
====
CREATE MATERIALIZED VIEW v WITH (ttl = '1h') AS SELECT id FROM orders
----
view.sql:1:34: parameter "ttl" is for cache views alone
LINE 1: CREATE MATERIALIZED VIEW v WITH (ttl = '1h') AS SELECT id FROM orders
                                         ^
HINT:  write CREATE MATERIALIZED VIEW name USING cache, or leave it out
SQLSTATE: 22023
====
CREATE MATERIALIZED VIEW v WITH (on_change = 'sometimes') AS SELECT id FROM orders
----
view.sql:1:34: invalid value for parameter "on_change": "sometimes"
LINE 1: CREATE MATERIALIZED VIEW v WITH (on_change = 'sometimes') AS SELECT id FROM orders
                                         ^
HINT:  write on_change = 'rebuild' or on_change = 'diff'
SQLSTATE: 22023
====
CREATE MATERIALIZED VIEW v WITH (key) AS SELECT id FROM orders
----
view.sql:1:34: parameter "key" needs a value
LINE 1: CREATE MATERIALIZED VIEW v WITH (key) AS SELECT id FROM orders
                                         ^
HINT:  write key = 'value'
SQLSTATE: 22023
====
CREATE MATERIALIZED VIEW v USING heap AS SELECT id FROM orders
----
view.sql:1:28: access method "heap" does not exist
LINE 1: CREATE MATERIALIZED VIEW v USING heap AS SELECT id FROM orders
                                   ^
HINT:  write USING cache or USING search; without USING the view is kept as a table
SQLSTATE: 42704
====
CREATE MATERIALIZED VIEW orders AS SELECT id FROM customers
----
view.sql:1:26: relation "orders" already exists
LINE 1: CREATE MATERIALIZED VIEW orders AS SELECT id FROM customers
                                 ^
DETAIL:  It is a table of the source.
HINT:  choose another name
SQLSTATE: 42P07
====
CREATE MATERIALIZED VIEW reports.v AS SELECT id FROM customers
----
view.sql:1:26: schema "reports" has no meaning for a view
LINE 1: CREATE MATERIALIZED VIEW reports.v AS SELECT id FROM customers
                                 ^
DETAIL:  The store decides where a view's rows lie.
HINT:  write the name alone
SQLSTATE: 0A000
====
CREATE MATERIALIZED VIEW _leftfold_x AS SELECT id FROM customers
----
view.sql:1:26: the view's name "_leftfold_x" is reserved
LINE 1: CREATE MATERIALIZED VIEW _leftfold_x AS SELECT id FROM customers
                                 ^
DETAIL:  Names of Leftfold's own begin with _leftfold.
HINT:  choose another name
SQLSTATE: 42P17
====
CREATE MATERIALIZED VIEW v (a, b) AS SELECT id FROM customers
----
view.sql:1:26: too many column names were specified
LINE 1: CREATE MATERIALIZED VIEW v (a, b) AS SELECT id FROM customers
                                 ^
DETAIL:  The query has 1 columns, 2 names stand beside the view's.
SQLSTATE: 42601
====
SELECT id FROM orders ORDER BY qty + 1
----
view.sql:1:36: ORDER BY of a view can only name its columns
LINE 1: SELECT id FROM orders ORDER BY qty + 1
                                           ^
DETAIL:  A view keeps rows without an order; ORDER BY says how to serve them.
HINT:  add the expression to the SELECT list and name it here, or leave ORDER BY out
SQLSTATE: 0A000
====
SELECT id FROM orders ORDER BY 3
----
view.sql:1:32: ORDER BY position 3 is not in select list
LINE 1: SELECT id FROM orders ORDER BY 3
                                       ^
SQLSTATE: 42P10
====
SELECT o.id FROM orders o, customers c
----
view.sql:1:28: a join without an equality is not supported yet
LINE 1: SELECT o.id FROM orders o, customers c
                                   ^
HINT:  join it with ON a.x = b.y, or with an equality in WHERE
SQLSTATE: 0A000
====
SELECT o.id FROM orders o JOIN customers c ON c.id > o.customer_id
----
view.sql:1:32: a join without an equality is not supported yet
LINE 1: SELECT o.id FROM orders o JOIN customers c ON c.id > o.customer_id
                                       ^
HINT:  join it with ON a.x = b.y, or with an equality in WHERE
SQLSTATE: 0A000
====
SELECT o.id FROM orders o LEFT JOIN customers c ON c.id > o.customer_id
----
view.sql:1:37: an outer join needs an equality between its two sides
LINE 1: SELECT o.id FROM orders o LEFT JOIN customers c ON c.id > o.customer_id
                                            ^
HINT:  add ON a.x = b.y; further conditions may stand beside it
SQLSTATE: 0A000
====
SELECT id, 'unterminated FROM orders
----
view.sql:1:12: unterminated quoted string at or near "'unterminated FROM orders"
LINE 1: SELECT id, 'unterminated FROM orders
                   ^
SQLSTATE: 42601
====
SELECT count(*) FROM orders WHERE id IN (SELECT id FROM customers)
----
view.sql:1:38: a subquery of this kind in an expression is not supported yet
LINE 1: SELECT count(*) FROM orders WHERE id IN (SELECT id FROM customers)
                                             ^
HINT:  join with the subquery in FROM instead
SQLSTATE: 0A000
====
CREATE MATERIALIZED VIEW v USING search AS SELECT name FROM customers
----
view.sql:1:26: a search view needs a key
LINE 1: CREATE MATERIALIZED VIEW v USING search AS SELECT name FROM customers
                                 ^
DETAIL:  No columns of the query are known to identify a row.
HINT:  select the key of the table, or name the columns that identify a row: WITH (key = 'id')
SQLSTATE: 42P17
====
CREATE MATERIALIZED VIEW v USING search AS SELECT id FROM orders
----
view.sql:1:26: a search view needs a column of text
LINE 1: CREATE MATERIALIZED VIEW v USING search AS SELECT id FROM orders
                                 ^
HINT:  select one, or cast one: price::text
SQLSTATE: 42P17
====
CREATE MATERIALIZED VIEW v USING search WITH (columns = 'nmae') AS SELECT id, name FROM customers
----
view.sql:1:47: column "nmae" named in columns does not exist
LINE 1: CREATE MATERIALIZED VIEW v USING search WITH (columns = 'nmae') AS SELECT id, name FROM customers
                                                      ^
DETAIL:  The view's columns: id, name.
HINT:  perhaps you meant "name"
SQLSTATE: 42703
====
CREATE MATERIALIZED VIEW v USING search WITH (columns = 'id 2') AS SELECT id, name FROM customers
----
view.sql:1:47: column "id" named in columns is of type bigint, not text
LINE 1: CREATE MATERIALIZED VIEW v USING search WITH (columns = 'id 2') AS SELECT id, name FROM customers
                                                      ^
HINT:  cast it in the view's SQL: id::text AS id
SQLSTATE: 42804
====
CREATE MATERIALIZED VIEW v USING search WITH (columns = 'name heavy') AS SELECT id, name FROM customers
----
view.sql:1:47: parameter "columns": "heavy" is no weight of column "name"
LINE 1: CREATE MATERIALIZED VIEW v USING search WITH (columns = 'name heavy') AS SELECT id, name FROM custom...
                                                      ^
DETAIL:  A weight is a number above 0, at most 1000000.
HINT:  write columns = 'name 10, description'
SQLSTATE: 22023
====
CREATE MATERIALIZED VIEW v
WITH (columns = 'name') AS SELECT id, name FROM customers
----
view.sql:2:7: parameter "columns" belongs to a search view
LINE 2: WITH (columns = 'name') AS SELECT id, name FROM customers
              ^
HINT:  write USING search before WITH, or leave it out
SQLSTATE: 22023
====
CREATE MATERIALIZED VIEW v WITH (language = 'english') AS SELECT id, name FROM customers
----
view.sql:1:34: parameter "language" belongs to a search view
LINE 1: CREATE MATERIALIZED VIEW v WITH (language = 'english') AS SELECT id, name FROM customers
                                         ^
HINT:  write USING search before WITH, or leave it out
SQLSTATE: 22023
====
CREATE MATERIALIZED VIEW v USING cache WITH (ttl = '0s') AS SELECT id FROM orders
----
view.sql:1:46: ttl "0s" is not a time
LINE 1: CREATE MATERIALIZED VIEW v USING cache WITH (ttl = '0s') AS SELECT id FROM orders
                                                     ^
HINT:  write a number with s, m, h or d: ttl = '90s', '15m', '1h', '7d'
SQLSTATE: 22023
====
CREATE MATERIALIZED VIEW v USING cache WITH (format = 'xml') AS SELECT id FROM orders
----
view.sql:1:46: format "xml" does not exist
LINE 1: CREATE MATERIALIZED VIEW v USING cache WITH (format = 'xml') AS SELECT id FROM orders
                                                     ^
HINT:  write format = 'json', the default, or format = 'hash'
SQLSTATE: 22023
====
CREATE MATERIALIZED VIEW v USING cache WITH (index = 'id') AS SELECT id FROM orders
----
view.sql:1:46: a cache view has no indexes
LINE 1: CREATE MATERIALIZED VIEW v USING cache WITH (index = 'id') AS SELECT id FROM orders
                                                     ^
DETAIL:  Its rows are found by their key.
HINT:  leave it out, or leave out USING cache: the view is kept as a table
SQLSTATE: 22023
====
CREATE MATERIALIZED VIEW v USING cache AS SELECT name FROM customers
----
view.sql:1:26: a cache view needs a key
LINE 1: CREATE MATERIALIZED VIEW v USING cache AS SELECT name FROM customers
                                 ^
DETAIL:  A document is found by the key of its row, and none follows from the query.
HINT:  name the columns that identify a row: WITH (key = '…')
SQLSTATE: 42P17
====
CREATE MATERIALIZED VIEW v USING cache AS SELECT region, count(*) AS n FROM customers GROUP BY region
----
view.sql:1:26: key column "region" of a cache view may be NULL
LINE 1: CREATE MATERIALIZED VIEW v USING cache AS SELECT region, count(*) AS n FROM customers GROUP BY regio...
                                 ^
DETAIL:  A document of no key cannot be asked for.
HINT:  write coalesce(region, …) AS region, or name other columns: WITH (key = '…')
SQLSTATE: 42P17
====
CREATE MATERIALIZED VIEW v WITH (format = 'hash') AS SELECT id FROM orders
----
view.sql:1:34: parameter "format" is for cache views alone
LINE 1: CREATE MATERIALIZED VIEW v WITH (format = 'hash') AS SELECT id FROM orders
                                         ^
HINT:  write CREATE MATERIALIZED VIEW name USING cache, or leave it out
SQLSTATE: 22023
