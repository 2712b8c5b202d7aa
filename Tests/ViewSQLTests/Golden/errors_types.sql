SELECT status + 1 FROM orders
----
view.sql:1:15: operator does not exist: text + integer
LINE 1: SELECT status + 1 FROM orders
                      ^
HINT:  add explicit type casts to the operands
SQLSTATE: 42883
====
SELECT id FROM orders WHERE qty
----
view.sql:1:29: argument of WHERE must be type boolean, not type integer
LINE 1: SELECT id FROM orders WHERE qty
                                    ^
SQLSTATE: 42804
====
SELECT id FROM orders WHERE created_at > 'yesterday-ish'
----
view.sql:1:40: invalid input syntax for type timestamp with time zone: "yesterday-ish"
LINE 1: SELECT id FROM orders WHERE created_at > 'yesterday-ish'
                                               ^
HINT:  write it in ISO form, such as 2024-05-31 or 2024-05-31 23:59:59+00
SQLSTATE: 22007
====
SELECT qty + 'x' FROM orders
----
view.sql:1:12: invalid input syntax for type integer: "x"
LINE 1: SELECT qty + 'x' FROM orders
                   ^
SQLSTATE: 22P02
====
SELECT CASE WHEN qty > 1 THEN 1 ELSE status END FROM orders
----
view.sql:1:8: CASE types text and integer cannot be matched
LINE 1: SELECT CASE WHEN qty > 1 THEN 1 ELSE status END FROM orders
               ^
SQLSTATE: 42804
====
SELECT max(l) FROM types
----
view.sql:1:8: function max(text) needs the order of collation "en_US.UTF-8", which Leftfold does not have
LINE 1: SELECT max(l) FROM types
               ^
DETAIL:  Only byte order (collations C, POSIX and C.UTF-8) gives the same answer on every machine.
HINT:  add COLLATE "C" to an operand
SQLSTATE: 0A000
====
SELECT id FROM types WHERE l > 'x'
----
view.sql:1:30: operator text > text needs the order of collation "en_US.UTF-8", which Leftfold does not have
LINE 1: SELECT id FROM types WHERE l > 'x'
                                     ^
DETAIL:  Only byte order (collations C, POSIX and C.UTF-8) gives the same answer on every machine.
HINT:  add COLLATE "C" to an operand
SQLSTATE: 0A000
====
SELECT j FROM types GROUP BY j
----
view.sql:1:30: equality of jsonb is not supported
LINE 1: SELECT j FROM types GROUP BY j
                                     ^
DETAIL:  1 and 1.0 are equal as jsonb and differ in print.
HINT:  cast to text to compare the print
SQLSTATE: 0A000
====
SELECT DISTINCT id, iv FROM types
----
view.sql:1:21: equality of interval is not supported
LINE 1: SELECT DISTINCT id, iv FROM types
                            ^
DETAIL:  Equal values of this type may print differently.
HINT:  cast to text to compare the print
SQLSTATE: 0A000
====
SELECT sum(t) FROM types
----
view.sql:1:8: function sum(text) does not exist
LINE 1: SELECT sum(t) FROM types
               ^
HINT:  add an explicit type cast to the argument
SQLSTATE: 42883
====
SELECT i4::numeric(2000) FROM types
----
view.sql:1:12: NUMERIC precision 2000 must be between 1 and 1000
LINE 1: SELECT i4::numeric(2000) FROM types
                   ^
SQLSTATE: 22023
====
SELECT t COLLATE "de_DE" FROM types
----
view.sql:1:10: collation "de_DE" is not supported
LINE 1: SELECT t COLLATE "de_DE" FROM types
                 ^
DETAIL:  Its order depends on a library's version.
HINT:  use COLLATE "C"
SQLSTATE: 0A000
====
SELECT id FROM orders WHERE created_at > now()
----
view.sql:1:42: function now() is not supported in a view
LINE 1: SELECT id FROM orders WHERE created_at > now()
                                                 ^
DETAIL:  Its value changes without a change in the source.
HINT:  filter by time where the view is read
SQLSTATE: 0A000
====
SELECT random() FROM orders
----
view.sql:1:8: function random() is not supported in a view
LINE 1: SELECT random() FROM orders
               ^
DETAIL:  It is volatile: two evaluations over the same rows differ.
SQLSTATE: 0A000
====
SELECT id FROM types ORDER BY l
----
view.sql:1:31: ORDER BY of a view can only name its columns
LINE 1: SELECT id FROM types ORDER BY l
                                      ^
DETAIL:  A view keeps rows without an order; ORDER BY says how to serve them.
HINT:  add the expression to the SELECT list and name it here, or leave ORDER BY out
SQLSTATE: 0A000
