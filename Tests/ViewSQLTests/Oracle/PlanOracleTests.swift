import LocalPostgres
import Testing
import ViewPlan
import ViewSQL

/// Postgres runs the view's SQL, and the plan written back as SQL, over the same rows.
@Suite struct PlanOracleTests {
    @Test(arguments: UInt64(1)...4)
    func `a plan gives the rows of its query, and its key and NOT NULL claims hold`(seed: UInt64) throws {
        var generator = RandomQuery(seed: seed)
        var cases: [(sql: String, view: ViewDefinition)] = []
        var refusals = 0
        for _ in 0..<150 {
            let sql = generator.query().sql
            do {
                cases.append((sql, try Fixture.compiler.compile(sql, file: "v.sql")))
            } catch {
                // Whatever is refused must be refused for what it is, not for an error of its own.
                #expect(error.code == .notSupported, "seed \(seed): \(sql)\n\(error)")
                refusals += 1
            }
        }
        #expect(refusals < 15, "seed \(seed): most random queries compile")
        let server = try ThrowawayPostgres()
        defer { server.close() }
        let calls = cases.map { "SELECT pg_temp.compare(\($0.view.comparison(with: $0.sql)));" }
        let answers = try server.execute(
            ([Self.schema, Self.rows, Self.function] + calls).joined(separator: "\n")
        ).split(separator: "\n").suffix(cases.count)
        try #require(answers.count == cases.count)
        var equal = 0
        for (answer, (sql, view)) in zip(answers, cases) {
            if answer == "error 57014" || answer == "error 22003" { continue }
            #expect(answer == "equal", "seed \(seed): \(sql)\n\(Explain.text(view))")
            equal += 1
        }
        #expect(equal > cases.count * 9 / 10)
    }

    private static let schema = """
        SET client_min_messages = error; SET statement_timeout = '5s'; SELECT setseed(0.5);
        CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint NOT NULL, product_id bigint, qty int NOT NULL);
        CREATE TABLE customers (id bigint PRIMARY KEY); CREATE TABLE products (id bigint PRIMARY KEY);
        CREATE TABLE t (a int PRIMARY KEY); CREATE TABLE u (a int PRIMARY KEY);
        CREATE TABLE types (id int PRIMARY KEY, i2 int2, i4 int4, i8 int8);
        CREATE TABLE pgbench_history (tid int, bid int, aid int, delta int);
        CREATE TABLE pgbench_branches (bid int PRIMARY KEY, bbalance int);
        CREATE TABLE pgbench_accounts (aid int PRIMARY KEY, bid int, abalance int);
        CREATE FUNCTION pg_temp.small(top int) RETURNS int LANGUAGE sql AS 'SELECT nullif((random() * top)::int, top)';
        """

    private static let rows = """
        INSERT INTO orders SELECT g, (random() * 5)::int, pg_temp.small(5), (random() * 4)::int FROM generate_series(0, 12) g;
        INSERT INTO customers SELECT generate_series(0, 4); INSERT INTO products SELECT generate_series(1, 6);
        INSERT INTO t SELECT generate_series(0, 5); INSERT INTO u SELECT generate_series(0, 8, 2);
        INSERT INTO types SELECT g, pg_temp.small(4), pg_temp.small(4), pg_temp.small(5) FROM generate_series(0, 7) g;
        INSERT INTO pgbench_history SELECT pg_temp.small(5), pg_temp.small(5), pg_temp.small(5), pg_temp.small(5)
          FROM generate_series(0, 10);
        INSERT INTO pgbench_branches SELECT g, pg_temp.small(4) FROM generate_series(0, 4) g;
        INSERT INTO pgbench_accounts SELECT g, pg_temp.small(5), pg_temp.small(4) FROM generate_series(0, 8) g;
        """

    private static let function = """
        CREATE FUNCTION pg_temp.compare(query text, plan text, duplicates text, nulls text) RETURNS text LANGUAGE plpgsql AS $body$
        DECLARE missing int; extra int; twice int; absent int;
        BEGIN
          EXECUTE format('WITH w AS MATERIALIZED (%1$s), v AS MATERIALIZED (SELECT * FROM (%2$s) p)
            SELECT (SELECT count(*) FROM (SELECT w::text FROM w EXCEPT ALL SELECT v::text FROM v) x),
                   (SELECT count(*) FROM (SELECT v::text FROM v EXCEPT ALL SELECT w::text FROM w) x),
                   (SELECT count(*) FROM (SELECT 1 FROM w %3$s HAVING count(*) > 1) x),
                   (SELECT count(*) FROM w WHERE %4$s)', query, plan, duplicates, nulls)
            INTO missing, extra, twice, absent;
          IF missing + extra > 0 THEN RETURN format('rows differ: %s missing, %s too many', missing, extra); END IF;
          IF twice > 0 THEN RETURN 'the key is not unique'; END IF;
          IF absent > 0 THEN RETURN 'a column said to be not null is'; END IF;
          RETURN 'equal';
        EXCEPTION WHEN OTHERS THEN RETURN 'error ' || SQLSTATE;
        END $body$;
        """
}

extension ViewDefinition {
    /// The arguments of `compare`: without a key every row is a group of its own.
    fileprivate func comparison(with sql: String) -> String {
        let duplicates: String
        if let key {
            let columns = key.map { "o\($0)" }.joined(separator: ", ")
            duplicates = key.isEmpty ? "" : "GROUP BY \(columns)"
        } else {
            duplicates = "WHERE false"
        }
        let nulls = columns.indices.filter { columns[$0].isNotNull }.map { "o\($0) IS NULL" }
        let texts = [sql, PlanSQL.text(root), duplicates, nulls.isEmpty ? "false" : nulls.joined(separator: " OR ")]
        return texts.map { "$q$\($0)$q$" }.joined(separator: ", ")
    }
}
