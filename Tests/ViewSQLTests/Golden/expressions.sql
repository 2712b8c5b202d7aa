SELECT id, i4 + i8 AS a, i4 / 2 AS b, -i4 AS c, i4 % 3 AS d, n * 1.5 AS e, f8 + 1 AS f, i4 + 0 AS g, i4 - (-1) AS h, i4 * - 2 AS i FROM types
----
view view
  key: (id) inferred
  id integer not null
  a bigint
  b integer
  c integer
  d integer
  e numeric
  f double precision
  g integer
  h integer
  i integer

project types.id, types.i4 + types.i8, types.i4 / 2, -types.i4, types.i4 % 3, types.n * 1.5, types.f8 + 1.0::double precision, types.i4 + 0, types.i4 - -1, types.i4 * -2
  scan public.types (id, i4, i8, f8, n)
====
SELECT id FROM types WHERE i4 BETWEEN 1 AND 3 AND i8 NOT IN (1, 2) AND t IN ('a', 'b') AND t LIKE 'a%' AND v NOT LIKE '_b' AND b IS NOT TRUE AND b IS UNKNOWN AND t IS DISTINCT FROM v AND i4 BETWEEN SYMMETRIC 5 AND 1
----
view view
  key: (id) inferred
  id integer not null

project types.id
  filter types.i4 >= 1 AND types.i4 <= 3 AND types.b IS NULL AND NOT COALESCE(types.b, FALSE) AND types.t IS DISTINCT FROM types.v::text AND NOT (types.i8 = 1 OR types.i8 = 2) AND (types.i4 >= 5 AND types.i4 <= 1 OR types.i4 >= 1 AND types.i4 <= 5) AND (types.t = 'a' OR types.t = 'b') AND types.t LIKE 'a%' AND types.v::text NOT LIKE '_b'
    scan public.types (id, b, i4, i8, t, v)
====
SELECT CASE i4 WHEN 1 THEN 'one' WHEN 2 THEN 'two' END, CASE WHEN b THEN 1 ELSE 2.5 END AS c2, coalesce(i4, 0), nullif(i4, 3), greatest(i4, i8), least(1, i2) FROM types
----
view view
  key: none; equal rows are kept apart
  case text
  c2 numeric not null
  coalesce integer not null
  nullif integer
  greatest bigint
  least integer not null

project CASE WHEN types.i4 = 1 THEN 'one' WHEN types.i4 = 2 THEN 'two' ELSE NULL END, CASE WHEN types.b THEN 1::numeric ELSE 2.5 END, COALESCE(types.i4, 0), nullif(types.i4, 3), greatest(types.i4::bigint, types.i8), least(1, types.i2::integer)
  scan public.types (b, i2, i4, i8)
====
SELECT t::varchar(3), i4::numeric(5, 1) AS n, CAST(n AS integer) AS i, date '2024-02-29' AS d, '2024-01-01 10:00:00.5+02'::timestamptz AS z, 'a' || t || i4 AS s, true AS yes, NULL AS nothing, 'x' AS word, 0 AS zero, -2147483648 AS low, 9223372036854775808 AS big, uuid '00112233-4455-6677-8899-aabbccddeeff' AS u FROM types
----
view view
  key: none; equal rows are kept apart
  t character varying(3)
  n numeric(5,1)
  i integer
  d date not null
  z timestamp with time zone not null
  s text
  yes boolean not null
  nothing text
  word text not null
  zero integer not null
  low integer not null
  big numeric not null
  u uuid not null

project types.t::character varying::character varying(3), types.i4::numeric::numeric(5,1), types.n::integer, '2024-02-29'::date, '2024-01-01 08:00:00.5+00'::timestamp with time zone, 'a' || types.t || types.i4::text, TRUE, NULL, 'x', 0, -2147483648, 9223372036854775808::numeric, '00112233-4455-6677-8899-aabbccddeeff'::uuid
  scan public.types (i4, n, t)
====
SELECT extract(year FROM d), extract(epoch FROM tz) AS e, date_trunc('month', ts), substring(t FROM 2 FOR 3), trim(both 'x' FROM t), trim(leading FROM t), position('a' IN t), upper(t), length(t), left(t, 2), round(n, 1) FROM types
----
view view
  key: none; equal rows are kept apart
  extract numeric
  e numeric
  date_trunc timestamp without time zone
  substring text
  btrim text
  ltrim text
  position integer
  upper text
  length integer
  left text
  round numeric

project extract('year', types.d), extract('epoch', types.tz), date_trunc('month', types.ts), substring(types.t, 2, 3), btrim(types.t, 'x'), ltrim(types.t), strpos(types.t, 'a'), upper(types.t), length(types.t), left(types.t, 2), round(types.n, 1)
  scan public.types (n, t, d, ts, tz)
====
SELECT id FROM types WHERE n > 1 AND 1 = i4 AND i4 = 1
----
view view
  key: (id) inferred
  id integer not null

project types.id
  filter types.i4 = 1 AND types.n > 1::numeric
    scan public.types (id, i4, n)
====
SELECT id FROM types WHERE true AND NOT false
----
view view
  key: (id) inferred
  id integer not null

scan public.types (id)
====
SELECT id FROM types WHERE i4 > 1 AND false
----
view view
  key: (id) inferred
  id integer not null

project types.id
  filter FALSE
    scan public.types (id, i4)
====
SELECT id FROM types WHERE mood = 'happy' AND u = '00112233-4455-6677-8899-aabbccddeeff' AND d < '2024-06-01' AND y = '\x0aff'
----
view view
  key: (id) inferred
  id integer not null

project types.id
  filter types.y = '\x0aff'::bytea AND types.u = '00112233-4455-6677-8899-aabbccddeeff'::uuid AND types.mood = 'happy' AND types.d < '2024-06-01'::date
    scan public.types (id, y, u, d, mood)
====
SELECT l COLLATE "C" AS l, max(l COLLATE "C") FROM types GROUP BY 1
----
view view
  key: (l) inferred
  l text
  max text

aggregate max(types.l COLLATE "C") by types.l COLLATE "C"
  | state: a row for every group with its count and sums; the values of max(types.l COLLATE "C") in order
  | per change: updates its group; a deleted extreme is looked up in the ordered values
  project types.l COLLATE "C"
    scan public.types (l)
====
SELECT j, iv, mood, id FROM types
----
view view
  key: (id) inferred
  j jsonb
  iv interval
  mood mood
  id integer not null

project types.j, types.iv, types.mood, types.id
  scan public.types (id, j, iv, mood)
