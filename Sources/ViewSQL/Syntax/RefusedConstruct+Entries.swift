extension RefusedConstruct {
    var entry: Entry {
        switch self {
        case .arrays:
            Entry(
                title: "Arrays: `ARRAY[…]`, subscripts",
                message: "arrays are not supported yet",
                hint: "select the array column as it is, or keep its elements in a table of their own",
                example: "SELECT ARRAY[a, 1] FROM t"
            )
        case .bitLiterals:
            Entry(
                title: "Bit string literals `B'…'`, `X'…'`",
                message: "bit string literals are not supported",
                hint: "write bytes as '\\x…'::bytea",
                example: "SELECT a, B'101' FROM t"
            )
        case .compositeTypes:
            Entry(
                title: "Fields of composite values `(x).f`",
                message: "composite types are not supported",
                hint: "write table.column",
                example: "SELECT (b).x FROM t"
            )
        case .constantQuery:
            Entry(
                title: "`SELECT` without `FROM`",
                message: "a SELECT without FROM is not supported",
                hint: "read a table: a view follows the changes of its tables",
                example: "SELECT 1 AS one"
            )
        case .correlatedLateral:
            Entry(
                title: "`LATERAL`",
                message: "LATERAL is not supported yet",
                hint: "join with a subquery that does not read the tables beside it",
                example: "SELECT t.a FROM t, LATERAL (SELECT 1 FROM u) s"
            )
        case .createIfNotExists:
            Entry(
                title: "`CREATE MATERIALIZED VIEW IF NOT EXISTS`",
                message: "IF NOT EXISTS has no meaning here",
                hint: "leave it out: the file says what the view is, and the view follows the file",
                example: "CREATE MATERIALIZED VIEW IF NOT EXISTS v AS SELECT a FROM t"
            )
        case .crossJoin:
            Entry(
                title: "`CROSS JOIN` and comma lists without an equality",
                message: "a join without an equality is not supported yet",
                hint: "join it with ON a.x = b.y, or with an equality in WHERE",
                example: "SELECT t.a FROM t CROSS JOIN u"
            )
        case .currentTime:
            Entry(
                title: "`CURRENT_DATE`, `CURRENT_TIMESTAMP`, `LOCALTIME` and their kin, `CURRENT_USER`",
                message: "a value that changes without a change of the tables is not supported in a view",
                hint: "filter by time where the view is read",
                example: "SELECT a FROM u WHERE d = CURRENT_DATE"
            )
        case .distinctAggregate:
            Entry(
                title: "`DISTINCT` in `count`, `sum`, `avg`",
                message: "DISTINCT in count, sum and avg is not supported yet",
                hint: "aggregate over a subquery with SELECT DISTINCT",
                example: "SELECT count(DISTINCT b) FROM t"
            )
        case .distinctOn:
            Entry(
                title: "`SELECT DISTINCT ON`",
                message: "DISTINCT ON is not supported yet",
                hint: "use GROUP BY with min or max",
                example: "SELECT DISTINCT ON (b) a FROM t"
            )
        case .fieldSelection:
            Entry(
                title: "Names of more than three parts",
                message: "a reference to another database is not possible",
                hint: "write schema.table.column",
                example: "SELECT x.y.t.a FROM t"
            )
        case .fullJoin:
            Entry(
                title: "`FULL JOIN`",
                message: "FULL JOIN is not supported yet",
                hint: "use LEFT JOIN from the side that is complete",
                example: "SELECT t.a FROM t FULL JOIN u ON u.a = t.a"
            )
        case .functionInFrom:
            Entry(
                title: "Functions in `FROM`",
                message: "a function in FROM is not supported yet",
                hint: "read a table instead",
                example: "SELECT g FROM generate_series(1, 3) g"
            )
        case .groupingSets:
            Entry(
                title: "`GROUPING SETS`, `ROLLUP`, `CUBE`",
                message: "GROUPING SETS, ROLLUP and CUBE are not supported yet",
                hint: "write one view for each grouping",
                example: "SELECT a, count(*) FROM t GROUP BY ROLLUP (a)"
            )
        case .ilike:
            Entry(
                title: "`ILIKE`",
                message: "ILIKE is not supported yet",
                hint: "use lower(x) LIKE 'pattern in lower case'",
                example: "SELECT a FROM t WHERE b ILIKE 'x%'"
            )
        case .keyless:
            Entry(
                title: "A SELECT list without columns",
                message: "a view needs at least one column",
                hint: "name the columns",
                example: "SELECT FROM t"
            )
        default: laterEntry
        }
    }

    private var laterEntry: Entry {
        switch self {
        case .limit:
            Entry(
                title: "`LIMIT`, `OFFSET`, `FETCH FIRST`",
                message: "LIMIT and OFFSET are not supported yet",
                hint: "keep all rows in the view and take the first ones where it is read",
                example: "SELECT a FROM t LIMIT 10"
            )
        case .locking:
            Entry(
                title: "`FOR UPDATE`, `FOR SHARE`",
                message: "a view cannot lock rows",
                hint: "leave out the FOR clause",
                example: "SELECT a FROM t FOR UPDATE"
            )
        case .namedArguments:
            Entry(
                title: "Named arguments `f(x => 1)`",
                message: "named arguments are not supported",
                hint: "pass arguments by position",
                example: "SELECT round(x => c) FROM t"
            )
        case .namedOperator:
            Entry(
                title: "`OPERATOR(schema.op)` outside `pg_catalog`",
                message: "operators of other schemas are not supported",
                hint: "use an operator of Postgres itself",
                example: "SELECT a OPERATOR(public.+) 1 FROM t"
            )
        case .noData:
            Entry(
                title: "`WITH NO DATA`",
                message: "WITH NO DATA is not supported",
                hint: "leave it out: a view is always filled",
                example: "CREATE MATERIALIZED VIEW v AS SELECT a FROM t WITH NO DATA"
            )
        case .nonEquiJoin:
            Entry(
                title: "Outer joins without an equality of both sides",
                message: "an outer join needs an equality between its two sides",
                hint: "add ON a.x = b.y; further conditions may stand beside it",
                example: "SELECT t.a FROM t LEFT JOIN u ON u.a > t.a"
            )
        case .only:
            Entry(
                title: "`FROM ONLY`",
                message: "ONLY is not supported",
                hint: "leave it out: partitions are read through their root",
                example: "SELECT a FROM ONLY t"
            )
        case .parameters:
            Entry(
                title: "Parameters `$1`",
                message: "a view cannot have parameters",
                hint: "write the value, or filter where the view is read",
                example: "SELECT a FROM t WHERE a = $1"
            )
        case .quantifiedComparison:
            Entry(
                title: "`= ANY (array)`, `= ALL (array)`",
                message: "ANY and ALL over arrays are not supported yet",
                hint: "use IN (…) with a list",
                example: "SELECT a FROM t WHERE a = ANY ('{1,2}')"
            )
        case .recursion:
            Entry(
                title: "`WITH RECURSIVE`",
                message: "recursive queries are not supported yet",
                hint: "leave out RECURSIVE when no query reads itself",
                example: "WITH RECURSIVE r AS (SELECT a FROM t) SELECT a FROM r"
            )
        case .regularExpressions:
            Entry(
                title: "Regular expressions `~`, `~*`, `!~`, `!~*`",
                message: "regular expressions are not supported yet",
                hint: "use LIKE where it is enough",
                example: "SELECT a FROM t WHERE b ~ 'x'"
            )
        case .rowValues:
            Entry(
                title: "Row values `ROW(…)`, `(a, b) = (c, d)`",
                message: "row values are not supported yet",
                hint: "compare column by column, joined with AND",
                example: "SELECT a FROM t WHERE (a, b) = (1, 'x')"
            )
        case .selectInto:
            Entry(
                title: "`SELECT INTO`",
                message: "SELECT INTO is not supported",
                hint: "write CREATE MATERIALIZED VIEW name AS SELECT …",
                example: "SELECT a INTO x FROM t"
            )
        case .setOperations:
            Entry(
                title: "`UNION`, `INTERSECT`, `EXCEPT`",
                message: "UNION, INTERSECT and EXCEPT are not supported yet",
                hint: "write one view for each part",
                example: "SELECT a FROM t UNION SELECT a FROM u"
            )
        default: lastEntry
        }
    }

    private var lastEntry: Entry {
        switch self {
        case .setReturningFunctions:
            Entry(
                title: "Set-returning functions",
                message: "set-returning functions are not supported yet",
                hint: "keep the elements in a table of their own",
                example: "SELECT generate_series(1, a) FROM t"
            )
        case .similarTo:
            Entry(
                title: "`SIMILAR TO`",
                message: "SIMILAR TO is not supported yet",
                hint: "use LIKE where it is enough",
                example: "SELECT a FROM t WHERE b SIMILAR TO 'x%'"
            )
        case .subqueryExpressions:
            Entry(
                title:
                    "Other subqueries in expressions: `EXISTS`, `IN (SELECT …)`, `ARRAY(SELECT …)`, without an aggregate",
                message: "a subquery of this kind in an expression is not supported yet",
                hint: "join with the subquery in FROM instead",
                example: "SELECT a FROM t WHERE a IN (SELECT a FROM u)"
            )
        case .tableSample:
            Entry(
                title: "`TABLESAMPLE`",
                message: "TABLESAMPLE is not supported in a view",
                hint: "filter by a column's value",
                example: "SELECT a FROM t TABLESAMPLE SYSTEM (10)"
            )
        case .usingAlias:
            Entry(
                title: "`JOIN … USING (…) AS alias`",
                message: "an alias for USING columns is not supported",
                hint: "leave the alias out",
                example: "SELECT t.a FROM t JOIN u USING (a) AS j"
            )
        case .values:
            Entry(
                title: "`VALUES`",
                message: "VALUES is not supported yet",
                hint: "keep constant rows in a table, or use CASE",
                example: "SELECT x.column1 FROM (VALUES (1), (2)) x"
            )
        case .variadic:
            Entry(
                title: "`VARIADIC` arguments",
                message: "VARIADIC is not supported",
                hint: "pass the arguments one by one",
                example: "SELECT concat(VARIADIC b) FROM t"
            )
        case .windowFunctions:
            Entry(
                title: "Window functions, `OVER`, `WINDOW`",
                message: "window functions are not supported yet",
                hint: "use GROUP BY where one row a group is enough",
                example: "SELECT a, sum(a) OVER (PARTITION BY b) FROM t"
            )
        case .withinGroup:
            Entry(
                title: "`WITHIN GROUP`, `GROUPING()`",
                message: "ordered-set aggregates are not supported yet",
                hint: "use min, max or avg",
                example: "SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY a) FROM t"
            )
        case .wholeRow:
            Entry(
                title: "A whole row as a value",
                message: "a whole row as a value is not supported",
                hint: "name the columns, or write table.*",
                example: "SELECT t FROM t"
            )
        case .xml:
            Entry(
                title: "XML and SQL/JSON constructors",
                message: "XML and JSON constructors are not supported",
                hint: "select the values as columns",
                example: "SELECT xmlelement(name x) FROM t"
            )
        case .dataModifyingWith:
            Entry(
                title: "Data-modifying `WITH`",
                message: "a view cannot change data",
                hint: "write SELECT in WITH",
                example: "WITH x AS (DELETE FROM t RETURNING a) SELECT a FROM x"
            )
        default: Entry(title: rawValue, message: "\(rawValue) is not supported", hint: nil, example: "")
        }
    }
}
