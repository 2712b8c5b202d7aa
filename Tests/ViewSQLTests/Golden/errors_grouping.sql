SELECT region, name, count(*) FROM customers GROUP BY region
----
view.sql:1:16: column "customers.name" must appear in the GROUP BY clause or be used in an aggregate function
LINE 1: SELECT region, name, count(*) FROM customers GROUP BY region
                       ^
SQLSTATE: 42803
====
SELECT o.qty, sum(o.price) FROM orders o
----
view.sql:1:8: column "o.qty" must appear in the GROUP BY clause or be used in an aggregate function
LINE 1: SELECT o.qty, sum(o.price) FROM orders o
               ^
SQLSTATE: 42803
====
SELECT region FROM customers GROUP BY region HAVING name = 'x'
----
view.sql:1:53: column "customers.name" must appear in the GROUP BY clause or be used in an aggregate function
LINE 1: SELECT region FROM customers GROUP BY region HAVING name = 'x'
                                                            ^
SQLSTATE: 42803
====
SELECT * FROM customers GROUP BY region
----
view.sql:1:8: column "customers.id" must appear in the GROUP BY clause or be used in an aggregate function
LINE 1: SELECT * FROM customers GROUP BY region
               ^
SQLSTATE: 42803
====
SELECT id FROM orders WHERE sum(qty) > 1
----
view.sql:1:29: aggregate functions are not allowed in WHERE
LINE 1: SELECT id FROM orders WHERE sum(qty) > 1
                                    ^
HINT:  use HAVING
SQLSTATE: 42803
====
SELECT sum(count(*)) FROM orders GROUP BY status
----
view.sql:1:12: aggregate function calls cannot be nested
LINE 1: SELECT sum(count(*)) FROM orders GROUP BY status
                   ^
SQLSTATE: 42803
====
SELECT count(*) FROM orders GROUP BY 2
----
view.sql:1:38: GROUP BY position 2 is not in select list
LINE 1: SELECT count(*) FROM orders GROUP BY 2
                                             ^
SQLSTATE: 42P10
====
SELECT count(*) AS n FROM orders GROUP BY n
----
view.sql:1:8: aggregate functions are not allowed in GROUP BY
LINE 1: SELECT count(*) AS n FROM orders GROUP BY n
               ^
SQLSTATE: 42803
====
SELECT region FROM customers GROUP BY 'x'
----
view.sql:1:39: non-integer constant in GROUP BY
LINE 1: SELECT region FROM customers GROUP BY 'x'
                                              ^
HINT:  leave it out: it does not change the groups
SQLSTATE: 42601
====
SELECT lower(name) FILTER (WHERE id > 1) FROM customers
----
view.sql:1:8: FILTER specified, but lower is not an aggregate function
LINE 1: SELECT lower(name) FILTER (WHERE id > 1) FROM customers
               ^
SQLSTATE: 42809
====
SELECT count() FROM orders
----
view.sql:1:8: count(*) must be used to call a parameterless aggregate function
LINE 1: SELECT count() FROM orders
               ^
HINT:  write count(*)
SQLSTATE: 42809
====
SELECT stddev(id) FROM customers
----
view.sql:1:8: aggregate function stddev is not supported yet
LINE 1: SELECT stddev(id) FROM customers
               ^
HINT:  docs/sql.md lists those that are
SQLSTATE: 0A000
====
SELECT c.name, count(*) FROM customers c JOIN orders o ON o.customer_id = c.id GROUP BY o.customer_id
----
view.sql:1:8: column "c.name" must appear in the GROUP BY clause or be used in an aggregate function
LINE 1: SELECT c.name, count(*) FROM customers c JOIN orders o ON o.customer_id = c.id GROUP BY o.customer_i...
               ^
SQLSTATE: 42803
