import PostgresClient
import Relational
import TestSupport
import Testing
import ViewStores

@testable import PostgresStore

/// What readers find with any client, and what the store does to things that are not its own.
@Suite struct PostgresStoreReaderTests {
    private let place: PostgresPlace
    private let reader: PostgresConnection

    init() throws {
        place = try PostgresPlace()
        reader = try PostgresConnection(place.url)
    }

    private func claimed() throws -> (PostgresStore, Int64) {
        let store = try place.store()
        return (store, try store.claim(logID: "log"))
    }

    @Test func `readers find the source's types, a key and the indexes they asked for`() throws {
        let (store, token) = try claimed()
        let types = [
            ScalarType(oid: .numeric, typmod: (9 << 16 | 2) + 4, name: "numeric(9,2)"),
            ScalarType(oid: .bpchar, name: "bpchar", collation: .c),
            ScalarType(oid: TypeOID(1007), name: "integer[]"),
            ScalarType(oid: TypeOID(70_000), name: "no_such_type"),
        ]
        var view = Sample.view(
            "typed",
            version: "v1",
            adding: types.enumerated().map { StoreColumn(name: "c\($0)", type: $1, isNotNull: false) }
        )
        view.indexes = ["region, id DESC", "lower(region)"]
        try Sample.publish(view, Sample.rows(1..<3, "EU", columnCount: 6), in: store, token)
        let columns = try reader.query(
            """
            SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute
            WHERE attrelid = 'leftfold.typed'::regclass AND attnum > 0 ORDER BY attnum
            """
        )
        #expect(
            columns.rows.map { $0[1] } == [
                "bigint", "character varying(10)", "numeric(9,2)", "bpchar", "integer[]", "text",
            ]
        )
        let indexes = try reader.query(
            "SELECT indexdef FROM pg_indexes WHERE schemaname = 'leftfold' AND tablename LIKE '%typed' ORDER BY 1"
        )
        #expect(
            Set(indexes.rows.compactMap { $0[0]?.split(separator: "USING ").last.map(String.init) })
                == ["btree (id)", "btree (lower((region)::text))", "btree (region, id DESC)"]
        )
        #expect(
            try reader.value("SELECT count(*) FROM leftfold.typed JOIN generate_series(1, 9) AS g ON g = id") == "2"
        )
        #expect(try reader.value("SELECT commit_end_lsn FROM leftfold._leftfold_progress") == "1/FF")
    }

    @Test func `readers' own views and grants outlive generations`() throws {
        let (store, token) = try claimed()
        try Sample.publish(Sample.orders, Sample.rows(1..<3, "EU"), in: store, token)
        try reader.query("CREATE VIEW mine AS SELECT region, count(*) AS n FROM leftfold.orders GROUP BY region")
        let role = "reader_\(place.database)"
        try reader.query("CREATE ROLE \(role); GRANT SELECT ON leftfold.orders TO \(role)")
        defer { _ = try? reader.query("DROP OWNED BY \(role); DROP ROLE \(role)") }
        let grants = "SELECT has_table_privilege('\(role)', 'leftfold.orders', 'SELECT')"
        let wide = Sample.view(
            "orders",
            version: "v2",
            adding: [StoreColumn(name: "more", type: .text, isNotNull: false)]
        )
        try Sample.publish(wide, Sample.rows(1..<6, "US", columnCount: 3), in: store, token)
        #expect(try reader.query("SELECT * FROM mine").rows == [["US", "5"]])
        #expect(try reader.value(grants) == "t")
        var other = Sample.orders
        other.version = "v3"
        other.columns[1].name = "land"
        let refused = try Sample.refusal { try Sample.publish(other, Sample.rows(1..<2, "X"), in: store, token) }
        #expect(refused.code == .unsupported)
        #expect(refused.detail == "readers: mine")
        #expect(try reader.query("SELECT * FROM mine").rows == [["US", "5"]])
        try reader.query("DROP VIEW mine")
        try Sample.publish(other, Sample.rows(1..<2, "X"), in: store, token)
        #expect(try reader.query("SELECT land FROM leftfold.orders").rows == [["X"]])
        #expect(try reader.value(grants) == "t")
        #expect(
            try reader.value("SELECT count(*) FROM pg_class WHERE relname LIKE '\\_leftfold\\_%\\_orders'") == "1",
            "old generations are gone"
        )
    }

    @Test func `a reader that holds an old generation only delays its end`() throws {
        let (store, token) = try claimed()
        try Sample.publish(Sample.orders, Sample.rows(1..<3, "EU"), in: store, token)
        let table = try #require(store.entries["orders"]?.table)
        try reader.query("BEGIN; SELECT * FROM leftfold.\(SQLText.identifier(table))")
        var next = Sample.orders
        next.version = "v2"
        try Sample.publish(next, Sample.rows(1..<9, "US"), in: store, token)
        #expect(try reader.value("SELECT count(*) FROM leftfold.\(SQLText.identifier(table))") == "2")
        #expect(try PostgresConnection(place.url).value("SELECT count(*) FROM leftfold.orders") == "8")
        try reader.query("COMMIT")
        _ = try store.claim(logID: "log")
        #expect(try reader.value("SELECT to_regclass('leftfold.\(SQLText.identifier(table))')") == nil)
    }

    @Test(arguments: ["CREATE TABLE leftfold.orders (mine int)", "CREATE VIEW leftfold.orders AS SELECT 1 AS mine"])
    func `what others made is left alone`(sql: String) throws {
        let (store, _) = try claimed()
        try reader.query(sql)
        let error = try Sample.refusal { try store.beginGeneration(of: Sample.orders) }
        #expect(error.code == .nameTaken)
        #expect(error.message.contains("that Leftfold did not make"))
        #expect(error.hint?.contains("RENAME TO") == true)
        // Also over a connection that was lost.
        try reader.query("SELECT pg_terminate_backend(\(store.connection.backendProcessID))")
        #expect(try Sample.refusal { try store.checkName(of: Sample.orders) }.code == .nameTaken)
        _ = try store.claim(logID: "log")
        try store.begin()
        try store.drop(view: "orders")
        try store.commit([])
        #expect(try reader.query("SELECT mine FROM leftfold.orders").columnCount == 1)
        try reader.query(
            "ALTER \(sql.contains("TABLE") ? "TABLE" : "VIEW") leftfold.orders RENAME TO mine"
        )
        try store.checkName(of: Sample.orders)
    }

    @Test func `names and indexes that Postgres cannot have are refused, odd ones are fine`() throws {
        let (store, token) = try claimed()
        let long = String(repeating: "x", count: 64)
        for name in ["", "_leftfold_x", "a\0b", long] {
            let error = try Sample.refusal { try store.beginGeneration(of: Sample.view(name, version: "v1")) }
            #expect(error.code == .unsupported)
        }
        for column in ["id", "xmin", "_leftfold_hash", long] {
            let more = [StoreColumn(name: column, type: .int4, isNotNull: false)]
            let view = Sample.view("v", version: "v1", adding: more)
            #expect(try Sample.refusal { try store.beginGeneration(of: view) }.code == .unsupported)
        }
        for index in ["no_such_column", "region); DROP TABLE leftfold._leftfold_owner; --", "", "region --"] {
            var view = Sample.orders
            view.indexes = [index]
            if index.hasSuffix("region --") {
                try store.beginGeneration(of: view)
            } else {
                #expect(try Sample.refusal { try store.beginGeneration(of: view) }.code == .unsupported)
            }
        }
        let json = StoreColumn(name: "j", type: ScalarType(oid: .json, name: "json"), isNotNull: true)
        var unordered = Sample.view("unordered", version: "v1", adding: [json])
        unordered.key = [2]
        #expect(try Sample.refusal { try store.beginGeneration(of: unordered) }.code == .unsupported)
        for name in ["select", "a\"b", "ä", "a.b", "'", "Orders", String(repeating: "ü", count: 31)] {
            try Sample.publish(Sample.view(name, version: "v1"), Sample.rows(0..<2, nil), in: store, token)
            #expect(try reader.value("SELECT count(*) FROM leftfold.\(SQLText.identifier(name))") == "2")
        }
    }

    @Test func `every write finds its rows through an index`() throws {
        let (store, token) = try claimed()
        var nullable = Sample.view("nullable", version: "v1")
        nullable.key = [1, 0]
        var bag = Sample.view("bag", version: "v1")
        bag.key = nil
        for view in [Sample.orders, nullable, bag] {
            try Sample.publish(view, ZSet(), in: store, token)
            let layout = try store.readLayout(of: view, table: try #require(store.entries[view.name]?.table))
            let statements =
                layout.isBag
                ? [layout.deleteCopies]
                : [0, 1].flatMap { [layout.delete(nullKeys: $0), layout.canUpdate ? layout.update(nullKeys: $0) : ""] }
            for sql in statements where !sql.isEmpty {
                try store.connection.query("PREPARE probe AS \(sql)")
                let count = (1...9).last { sql.contains("$\($0)") } ?? 0
                let arguments = Array(repeating: "'{}'", count: count).joined(separator: ", ")
                let plan = try store.connection.query("EXPLAIN EXECUTE probe(\(arguments))")
                let text = plan.rows.compactMap { $0[0] }.joined(separator: "\n")
                #expect(!text.contains("Seq Scan"), "\(sql)\n\(text)")
                try store.connection.query("DEALLOCATE probe")
            }
        }
    }

    @Test func `a table changed by others is a contradiction, not a crash`() throws {
        let (store, token) = try claimed()
        try Sample.publish(Sample.orders, Sample.rows(1..<3, "EU"), in: store, token)
        let table = SQLText.identifier(try #require(store.entries["orders"]?.table))
        try reader.query("ALTER TABLE leftfold.\(table) RENAME COLUMN region TO land")
        try store.begin()
        #expect(
            try Sample.refusal { try store.apply(Sample.rows(5..<6, "X"), to: Sample.orders) }.code == .inconsistent
        )
        try reader.query("DROP TABLE leftfold.\(table) CASCADE")
        let again = try place.store()
        let next = try again.claim(logID: "log")
        try again.begin()
        #expect(
            try Sample.refusal { try again.apply(Sample.rows(5..<6, "X"), to: Sample.orders) }.code == .inconsistent
        )
        try Sample.publish(Sample.orders, Sample.rows(1..<3, "EU"), in: again, next)
        #expect(try reader.value("SELECT count(*) FROM leftfold.orders") == "2")
    }

    @Test func `a publication that has the store's tables is found`() throws {
        let (store, token) = try claimed()
        try Sample.publish(Sample.orders, ZSet(), in: store, token)
        func feedback() throws -> String? {
            try PostgresStore.feedback(reader, schema: "leftfold", publication: "p")?.reason
        }
        #expect(try feedback() == nil)
        let table = SQLText.identifier(try #require(store.entries["orders"]?.table))
        try reader.query("CREATE TABLE source (id int PRIMARY KEY)")
        for (tables, isFed) in [
            ("ALL TABLES", true), ("TABLES IN SCHEMA leftfold", true), ("TABLE leftfold.\(table)", true),
            ("TABLE source", false), ("TABLES IN SCHEMA public", false),
        ] {
            try reader.query("CREATE PUBLICATION p FOR \(tables)")
            #expect(try (feedback() != nil) == isFed, "\(tables)")
            try reader.query("DROP PUBLICATION p")
        }
    }

    @Test func `destroy drops what Leftfold made and nothing else`() throws {
        let (store, token) = try claimed()
        try Sample.publish(Sample.orders, Sample.rows(1..<3, "EU"), in: store, token)
        try reader.query("CREATE TABLE leftfold.mine (a int)")
        #expect(try !PostgresStore.destroy(url: place.url, schema: "leftfold").isEmpty)
        let left = "SELECT string_agg(relname, ',') FROM pg_class WHERE relnamespace = 'leftfold'::regnamespace"
        #expect(try reader.value(left) == "mine")
        #expect(try PostgresStore.destroy(url: place.url, schema: "leftfold").isEmpty)
        try reader.query("DROP SCHEMA leftfold CASCADE")
        _ = try claimed()
        #expect(try PostgresStore.destroy(url: place.url, schema: "leftfold").last == "DROP SCHEMA \"leftfold\"")
    }
}
