/// A construct that views can have, with an example over the tables of `RefusedConstruct.Entry.example`.
struct SupportedConstruct {
    var title: String
    var example: String
    /// How far it goes; nil for all the way.
    var limit: String?

    init(_ title: String, _ example: String, limit: String? = nil) {
        self.title = title
        self.example = example
        self.limit = limit
    }

    static let statement: [SupportedConstruct] = [
        SupportedConstruct(
            "`CREATE MATERIALIZED VIEW name [(columns)] [WITH (…)] AS SELECT …`",
            "CREATE MATERIALIZED VIEW v (x) WITH (store = 'main') AS SELECT a FROM t;",
            limit: "one statement a file, at most 64 KB, at most 200 levels of nesting"
        ),
        SupportedConstruct(
            "`CREATE MATERIALIZED VIEW name USING search [WITH (…)] AS SELECT …`",
            "CREATE MATERIALIZED VIEW v USING search WITH (columns = 'b') AS SELECT a, b FROM t",
            limit: "the query has a key and a column of text"
        ),
        SupportedConstruct(
            "`CREATE MATERIALIZED VIEW name USING cache [WITH (…)] AS SELECT …`",
            "CREATE MATERIALIZED VIEW v USING cache WITH (store = 'cache') AS SELECT a, b FROM t",
            limit: "the query has a key that is never NULL"
        ),
        SupportedConstruct("A bare `SELECT`, named after its file", "SELECT a FROM t"),
        SupportedConstruct("Comments `--` and `/* */`", "/* all */ SELECT a -- the key\nFROM t"),
    ]

    static let select: [SupportedConstruct] = [
        SupportedConstruct("Columns, expressions, `AS name`, `*`, `t.*`", "SELECT t.*, a + 1 AS next FROM t"),
        SupportedConstruct("`WHERE`", "SELECT a FROM t WHERE b = 'x'"),
        SupportedConstruct("`DISTINCT`", "SELECT DISTINCT b FROM t"),
        SupportedConstruct(
            "`GROUP BY` expressions, positions, output names",
            "SELECT upper(b) AS name, count(*) FROM t GROUP BY name"
        ),
        SupportedConstruct(
            "Columns that a grouped primary key decides",
            "SELECT a, b, count(*) FROM t GROUP BY a"
        ),
        SupportedConstruct("`HAVING`", "SELECT b FROM t GROUP BY b HAVING count(*) > 1"),
        SupportedConstruct("`FILTER (WHERE …)` on aggregates", "SELECT count(*) FILTER (WHERE a > 1) FROM t"),
        SupportedConstruct(
            "`ORDER BY` in `json_agg`, `jsonb_agg`, `json_object_agg`, `jsonb_object_agg`, `string_agg`, `array_agg`",
            "SELECT json_agg(json_build_object('a', a, 'b', b) ORDER BY c DESC NULLS LAST, a) FROM t",
            limit:
                "rows that are equal in it follow the bytes of what they show; `plan` says where the order is not total"
        ),
        SupportedConstruct(
            "`DISTINCT` in those aggregates, `min`, `max`",
            "SELECT string_agg(DISTINCT b, ', ' ORDER BY b) FROM t"
        ),
        SupportedConstruct(
            "`ORDER BY` of the whole view",
            "SELECT a, b FROM t ORDER BY b DESC NULLS LAST, a",
            limit: "output columns only; it says how rows are served"
        ),
        SupportedConstruct(
            "`WITH` (common tables)",
            "WITH x (k) AS (SELECT a FROM t) SELECT k FROM x",
            limit: "not recursive; `MATERIALIZED` changes nothing"
        ),
    ]

    static let from: [SupportedConstruct] = [
        SupportedConstruct("Tables, `schema.table`, aliases, column aliases", "SELECT x.k FROM public.t AS x (k)"),
        SupportedConstruct("Other views", "SELECT a FROM t"),
        SupportedConstruct("Subqueries", "SELECT s.n FROM (SELECT count(*) AS n FROM t) s"),
        SupportedConstruct(
            "Comma lists, `CROSS JOIN`",
            "SELECT t.a FROM t, u WHERE t.a = u.a",
            limit: "with an equality in `WHERE`"
        ),
        SupportedConstruct(
            "`[INNER] JOIN`",
            "SELECT t.a FROM t JOIN u ON t.a = u.a AND t.c > 1",
            limit: "with at least one equality; further conditions are free"
        ),
        SupportedConstruct(
            "`LEFT JOIN`, `RIGHT JOIN`",
            "SELECT t.a, u.d FROM t LEFT JOIN u ON t.a = u.a",
            limit: "with at least one equality of both sides; further conditions are free"
        ),
        SupportedConstruct("`USING (…)`, `NATURAL`", "SELECT a, d FROM t JOIN u USING (a)"),
        SupportedConstruct("`(a JOIN b …) AS name (columns)`", "SELECT j.k FROM (t JOIN u USING (a)) AS j (k)"),
        SupportedConstruct("A table joined with itself", "SELECT x.a FROM t x JOIN t y ON x.b = y.b"),
    ]

    static let expressions: [SupportedConstruct] = [
        SupportedConstruct(
            "Literals of numbers, strings, `TRUE`, `FALSE`, `NULL`, `type 'text'`",
            "SELECT 1.5 AS n, date '2024-02-29' AS d, NULL AS x FROM t"
        ),
        SupportedConstruct("`AND`, `OR`, `NOT`", "SELECT a FROM t WHERE NOT (a = 1 OR b = 'x') AND c > 0"),
        SupportedConstruct("`IS [NOT] NULL`", "SELECT a FROM t WHERE b IS NOT NULL"),
        SupportedConstruct("`IS [NOT] TRUE`, `FALSE`, `UNKNOWN`", "SELECT a FROM t WHERE (b = 'x') IS NOT TRUE"),
        SupportedConstruct("`IS [NOT] DISTINCT FROM`", "SELECT a FROM t WHERE b IS DISTINCT FROM 'x'"),
        SupportedConstruct("`[NOT] BETWEEN [SYMMETRIC]`", "SELECT a FROM t WHERE a BETWEEN SYMMETRIC 9 AND 1"),
        SupportedConstruct("`[NOT] IN (list)`", "SELECT a FROM t WHERE a NOT IN (1, 2)"),
        SupportedConstruct("`[NOT] LIKE … [ESCAPE …]`", "SELECT a FROM t WHERE b LIKE '10!%' ESCAPE '!'"),
        SupportedConstruct(
            "`CASE`, both forms",
            "SELECT CASE a WHEN 1 THEN 'x' ELSE b END AS x, CASE WHEN c > 1 THEN 1 END AS y FROM t"
        ),
        SupportedConstruct("`COALESCE`, `NULLIF`", "SELECT coalesce(b, 'none') AS x, nullif(a, 1) AS y FROM t"),
        SupportedConstruct("`GREATEST`, `LEAST`", "SELECT greatest(a, 1) AS x, least(c, 2) AS y FROM t"),
        SupportedConstruct(
            "`CAST (x AS type)`, `x::type`",
            "SELECT a::text AS x, CAST(c AS numeric(12, 2)) AS y FROM t"
        ),
        SupportedConstruct(
            "`COLLATE`",
            "SELECT a FROM t WHERE b COLLATE \"C\" < 'x'",
            limit: "byte order: \"C\", \"POSIX\", \"C.UTF-8\", \"ucs_basic\""
        ),
        SupportedConstruct(
            "`EXTRACT (field FROM x)`",
            "SELECT extract(year FROM d) AS y FROM u",
            limit: "in time zone UTC"
        ),
        SupportedConstruct(
            "`SUBSTRING (x FROM a FOR b)`, `POSITION (x IN y)`",
            "SELECT substring(b FROM 1 FOR 2) AS x, position('x' IN b) AS y FROM t"
        ),
        SupportedConstruct(
            "`(SELECT aggregate … FROM u WHERE u.a = t.a)` in the SELECT list, nested too",
            "SELECT a, (SELECT json_agg(d ORDER BY d) FROM u WHERE u.a = t.a) AS days FROM t",
            limit:
                "tied to the outer tables by equalities in its WHERE, which alone may name them; without GROUP BY; in a grouped query "
                + "inside an aggregate; one of its rows that no outer row meets can put the view in error too"
        ),
        SupportedConstruct("`TRIM ([BOTH | LEADING | TRAILING] x FROM y)`", "SELECT trim(both 'x' FROM b) AS x FROM t"),
    ]

    static var all: [SupportedConstruct] { statement + select + from + expressions }
}
