import PostgresClient
import PostgresSource
import Relational
import TestSupport
import Testing

@Suite struct SchemaChangeTests {
    @Test func `columns added, dropped and renamed are followed without reading the table again`() throws {
        let following = try Following(
            "CREATE TABLE t (id int PRIMARY KEY, a text, b int); INSERT INTO t VALUES (1, 'one', 10), (2, 'two', 20)"
        )
        try following.start()
        try following.catchUp()
        try following.sql.query("ALTER TABLE t ADD COLUMN plain text")
        try following.sql.query("INSERT INTO t VALUES (3, 'three', 30, 'p')")
        try following.catchUp()
        try following.expectEqual("t")
        try following.sql.query("ALTER TABLE t ADD COLUMN fixed numeric(6,2) NOT NULL DEFAULT 1.50")
        try following.sql.query("UPDATE t SET b = 11 WHERE id = 1")
        try following.catchUp()
        #expect(following.output.schema("t")?.columns.last?.missingValue == "1.50")
        try following.expectEqual("t")
        try following.sql.query("ALTER TABLE t ADD COLUMN odd text DEFAULT 'a,\"b{}\\ c'")
        try following.sql.query("ALTER TABLE t RENAME COLUMN a TO renamed; ALTER TABLE t DROP COLUMN b")
        try following.sql.query("INSERT INTO t (id, renamed) VALUES (4, 'four')")
        try following.catchUp()
        let schema = try #require(following.output.schema("t"))
        #expect(schema.columns.map(\.name) == ["id", "renamed", "plain", "fixed", "odd"])
        #expect(schema.columns.map(\.attributeNumber) == [1, 2, 4, 5, 6])
        #expect(schema.rewrite == nil)
        #expect(schema.primaryKey == [0])
        try following.expectEqual("t")
        try following.sql.query("ALTER TABLE t RENAME TO t2")
        try following.sql.query("DELETE FROM t2 WHERE id = 1")
        try following.catchUp()
        #expect(following.output.schema("t2") != nil)
        try following.expectEqual("t2")
    }

    @Test(arguments: [
        ("ALTER TABLE t ALTER COLUMN b TYPE bigint", "column b changed from integer to bigint"),
        (
            "ALTER TABLE t ADD COLUMN r float8 DEFAULT random()",
            "column r was added with a default that only the server can compute"
        ),
        ("ALTER TABLE t DROP COLUMN b; ALTER TABLE t ADD COLUMN b int", "column b was dropped and added again"),
    ])
    func `an ALTER that rewrites rows says so in the schema`(sql: String, reason: String) throws {
        let following = try Following("CREATE TABLE t (id int PRIMARY KEY, b int); INSERT INTO t VALUES (1, 1)")
        try following.start()
        try following.catchUp()
        try following.sql.query(sql)
        try following.sql.query("INSERT INTO t VALUES (2, 2)")
        try following.catchUp()
        #expect(following.output.schema("t")?.rewrite == reason)
    }

    @Test func `changes made and undone while nobody followed decode each with its own layout`() throws {
        let following = try Following("CREATE TABLE t (id int PRIMARY KEY, a text); INSERT INTO t VALUES (1, 'x')")
        try following.start()
        try following.catchUp()
        following.stop()
        let statements = [
            "INSERT INTO t VALUES (2, 'before')", "ALTER TABLE t ADD COLUMN n int",
            "INSERT INTO t VALUES (3, 'with', 3)",
            "ALTER TABLE t RENAME COLUMN n TO m", "INSERT INTO t VALUES (4, 'renamed', 4)",
            "ALTER TABLE t DROP COLUMN m",
            "INSERT INTO t VALUES (5, 'after')", "ALTER TABLE t ALTER a DROP NOT NULL",
        ]
        for statement in statements { try following.sql.query(statement) }
        try following.start()
        try following.catchUp()
        try following.expectEqual("t")
        #expect(following.output.schema("t")?.columns.map(\.name) == ["id", "a"])
        #expect(following.output.schema("t")?.rewrite == nil)
    }

    @Test func `a table dropped while its changes wait is decoded by what the log knows`() throws {
        let following = try Following(
            "CREATE TABLE t (id int PRIMARY KEY, a text); CREATE TABLE u (id int PRIMARY KEY)"
        )
        try following.start()
        try following.catchUp()
        following.stop()
        try following.sql.query("INSERT INTO t VALUES (1, 'last words')")
        try following.sql.query("DROP TABLE t")
        try following.start()
        try following.catchUp()
        #expect(following.output.rows("t") == [["1", "last words"]])
    }

    @Test func `NOT NULL set after a NULL was written does not make the log lie`() throws {
        let following = try Following("CREATE TABLE t (id int PRIMARY KEY, a text)")
        try following.start()
        try following.catchUp()
        following.stop()
        try following.sql.query("INSERT INTO t VALUES (1, NULL)")
        try following.sql.query("UPDATE t SET a = 'x'")
        try following.sql.query("ALTER TABLE t ALTER a SET NOT NULL")
        try following.start()
        try following.catchUp()
        for (_, records) in following.output.commits {
            for record in records where record.new?[1] == nil { #expect(record.schema.columns[1].isNotNull == false) }
        }
        try following.expectEqual("t")
    }

    @Test func `a primary key made while nobody followed is not asked of the rows before it`() throws {
        let following = try Following(
            """
            CREATE TABLE t (id int PRIMARY KEY, b int); INSERT INTO t VALUES (1, 10), (2, NULL), (3, 30);
            CREATE TABLE f (a int, b int); ALTER TABLE f REPLICA IDENTITY FULL; INSERT INTO f VALUES (1, NULL)
            """
        )
        try following.start()
        try following.catchUp()
        following.stop()
        let statements = [
            "UPDATE t SET id = 4 WHERE id = 3", "INSERT INTO t VALUES (5, NULL)", "DELETE FROM t WHERE b IS NULL",
            "ALTER TABLE t DROP CONSTRAINT t_pkey, ADD PRIMARY KEY (b)", "INSERT INTO t VALUES (6, 60)",
            "INSERT INTO f VALUES (2, NULL)", "UPDATE f SET b = 20 WHERE a = 2", "DELETE FROM f WHERE b IS NULL",
            "ALTER TABLE f ADD PRIMARY KEY (b)", "INSERT INTO f VALUES (3, 30)",
        ]
        for statement in statements { try following.sql.query(statement) }
        try following.start()
        try following.catchUp()
        try following.expectEqual("t")
        try following.expectEqual("f")
        #expect(following.output.schema("t")?.keyColumns == [1])
        #expect(following.output.schema("f")?.keyColumns == [1])
    }

    @Test func `replica identity nothing sends inserts alone, and what it cannot say is refused`() throws {
        let following = try Following("CREATE TABLE h (x int, y text); INSERT INTO h VALUES (1, 'a')")
        try following.start()
        try following.catchUp()
        try following.sql.query("INSERT INTO h VALUES (1, 'a')")
        try following.catchUp()
        #expect(following.output.rows("h") == [["1", "a"], ["1", "a"]])
        #expect(following.output.schema("h")?.identityColumns == [])
        let refused = #expect(throws: PostgresError.self) { try following.sql.query("UPDATE h SET x = 2") }
        #expect(refused?.sqlState == "55000")
        try following.sql.query("ALTER TABLE h REPLICA IDENTITY FULL")
        try following.sql.query("DELETE FROM h WHERE x = 1")
        try following.catchUp()
        #expect(following.output.schema("h")?.identityColumns == [0, 1])
        #expect(following.output.rows("h") == [])
    }

    @Test func `schemas are read without following anything`() throws {
        let following = try Following(
            """
            CREATE TABLE "Odd ""Name" ("a b" int, k text COLLATE "C" NOT NULL, v varchar(7) NOT NULL, UNIQUE (v, k), PRIMARY KEY (k));
            CREATE TABLE parent (id int) PARTITION BY RANGE (id);
            CREATE VIEW looking AS SELECT 1 AS one;
            """
        )
        let all = try PostgresSource.readSchemas(following.sql, tables: [])
        let schema = try #require(all.first)
        #expect(all.count == 1)
        #expect(schema.name == QualifiedName(schema: "public", name: "Odd \"Name"))
        #expect(schema.columns.map(\.type.name) == ["integer", "text", "character varying(7)"])
        #expect(schema.primaryKey == [1])
        #expect(schema.uniqueKeys == [[2, 1]])
        #expect(schema.columns[1].type.collation == .c)
        for name in ["parent", "looking", "nothing"] {
            #expect(throws: SourceError.self) {
                try PostgresSource.readSchemas(following.sql, tables: [QualifiedName(schema: "public", name: name)])
            }
        }
    }
}
