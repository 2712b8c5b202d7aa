import Foundation
import Relational
import SQLiteDatabase
import Testing
import ViewStores

@testable import SQLiteStore

/// What readers and other programs find in the file, and what the store says of files it cannot use.
@Suite struct SQLiteStoreFileTests {
    private let place: SQLitePlace

    init() throws { place = try SQLitePlace(options: .init(busyTimeout: .milliseconds(20))) }

    private static let prices = ViewTable(
        name: "prices",
        columns: [
            StoreColumn(name: "region", type: .text, isNotNull: false),
            StoreColumn(name: "day", type: .date, isNotNull: true),
            StoreColumn(name: "x", type: .float8, isNotNull: false),
            StoreColumn(name: "paid", type: .bool, isNotNull: false),
            StoreColumn(name: "sum", type: ScalarType(oid: .numeric, name: "numeric(9,*/2)"), isNotNull: false),
        ],
        key: [0, 1],
        version: "v1",
        indexes: ["x DESC, region", "CAST(\"sum\" AS REAL)"]
    )

    private func store() throws -> SQLiteStore { try SQLiteStore(path: place.path, options: place.options) }

    private func reader() throws -> SQLiteConnection {
        try SQLiteConnection(path: place.path, mode: .readOnly, busyTimeout: .milliseconds(20))
    }

    /// Publishes a view with rows given as integers, floats and texts.
    private func publish(_ view: ViewTable, _ rows: [[Datum]], in store: SQLiteStore, _ token: Int64) throws {
        try store.beginGeneration(of: view)
        try store.append(packed(rows), to: view)
        try store.begin()
        try store.publish(view)
        try store.commit([progress(of: view, at: 1, token)])
    }

    private func progress(of view: ViewTable, at offset: Int64, _ token: Int64) -> StoreProgress {
        StoreProgress(
            logID: "log",
            view: view.name,
            version: view.version,
            offset: Offset(offset),
            position: SourcePosition(timeline: 1, lsn: LSN(0x1_0000_00FF)),
            fencingToken: token
        )
    }

    private func packed(_ rows: [[Datum]], weight: Int64 = 1) -> ZSet {
        var batch = ZSet()
        for cells in rows {
            let row = batch.beginRow(columnCount: cells.count)
            for (column, cell) in cells.enumerated() {
                switch cell {
                case .int(let value): batch.slab.set(column, int: value, in: row)
                case .float(let value): batch.slab.set(column, float: value, in: row)
                case .bool(let value): batch.slab.set(column, bool: value, in: row)
                case .text(let text):
                    Array(text.utf8).withUnsafeBytes { batch.slab.set(column, bytes: $0, in: row) }
                default: break
                }
            }
            batch.endRow(row, weight: weight)
        }
        return batch
    }

    private func refusal(_ body: () throws -> Void) throws -> StoreError {
        try #require(throws: StoreError.self, performing: body)
    }

    @Test func `readers find typed columns, exact values and the indexes they asked for`() throws {
        let store = try store()
        let token = try store.claim(logID: "log")
        try publish(
            Self.prices,
            [
                [.text("EU"), .int(0), .float(-0.0), .bool(true), .null],
                [.null, .int(1), .float(.nan), .null, .null],
                [.text("EU"), .int(1), .float(.infinity), .bool(false), .null],
            ],
            in: store,
            token
        )
        let reader = try reader()
        let rows = try reader.prepare(
            #"SELECT region, typeof(region), day, x, typeof(x), paid, typeof(paid) FROM prices ORDER BY day, region"#
        )
        #expect(try rows.step())
        #expect((0..<7).map(rows.text) == ["EU", "text", "2000-01-01", "0.0", "real", "1", "integer"])
        #expect(rows.double(3).sign == .minus)
        #expect(try rows.step())
        #expect((0..<7).map(rows.text) == ["", "null", "2000-01-02", "NaN", "text", "", "null"])
        #expect(try rows.step())
        #expect((0..<7).map(rows.text) == ["EU", "text", "2000-01-02", "Inf", "real", "0", "integer"])
        let plan = try reader.prepare(
            "EXPLAIN QUERY PLAN SELECT * FROM prices WHERE region = 'EU' AND day = '2000-01-01'"
        )
        #expect(try plan.step())
        #expect(plan.text(3).contains("USING INDEX sqlite_autoindex_prices_1 (region=? AND day=?)"))
        #expect(
            try reader.integer("SELECT count(*) FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'prices'") == 3
        )
        #expect(try reader.text("SELECT commit_end_lsn FROM _leftfold_progress") == "1/FF")
        #expect(try reader.text("SELECT \"key\" FROM _leftfold_progress") == #"["region","day"]"#)
        #expect(
            try reader.integer("SELECT json_array_length(\"columns\") FROM _leftfold_progress") == 5,
            "the description is JSON"
        )
        #expect(try reader.text("PRAGMA integrity_check") == "ok")
    }

    @Test func `a reader that keeps the write-ahead log from beginning anew is told of, until it ends`() throws {
        let view = ViewTable(
            name: "numbers",
            columns: [StoreColumn(name: "a", type: .int4, isNotNull: true)],
            key: [0],
            version: "v1"
        )
        let store = try SQLiteStore(path: place.path, options: .init(checkpointPageCount: 10))
        let token = try store.claim(logID: "log")
        try publish(view, [[.int(0)]], in: store, token)
        func write(_ numbers: Range<Int64>) throws {
            for number in numbers {
                try store.begin()
                try store.apply(packed([[.int(number)]]), to: view)
                try store.commit([progress(of: view, at: number + 1, token)])
            }
        }
        try write(1..<100)
        #expect(store.warning == nil)
        let reader = try reader()
        try reader.execute("BEGIN")
        #expect(try reader.integer("SELECT count(*) FROM numbers") == 100)
        try write(100..<200)
        #expect(store.warning?.contains("end its transaction, find it with: fuser \(place.path)") == true)
        #expect(try reader.integer("SELECT count(*) FROM numbers") == 100)
        try reader.execute("COMMIT")
        try write(200..<300)
        #expect(store.warning == nil)
    }

    @Test func `equal rows of a bag are numbered from 1`() throws {
        let view = ViewTable(
            name: "bag",
            columns: [StoreColumn(name: "a", type: .int4, isNotNull: false)],
            key: nil,
            version: "v1"
        )
        let store = try store()
        let token = try store.claim(logID: "log")
        try publish(view, [[.int(7)], [.null], [.int(7)], [.int(7)]], in: store, token)
        let query = "SELECT group_concat(_leftfold_n) FROM (SELECT * FROM bag WHERE a IS 7 ORDER BY _leftfold_n)"
        let reader = try reader()
        #expect(try reader.text(query) == "1,2,3")
        try store.begin()
        try store.apply(packed([[.int(7)]], weight: -1), to: view)
        try store.commit([progress(of: view, at: 2, token)])
        #expect(try reader.text(query) == "1,2")
    }

    @Test func `a write finds its row through an index, whatever its key`() throws {
        let integer = StoreColumn(name: "a", type: .int4, isNotNull: false)
        let number = StoreColumn(name: "b", type: .numeric, isNotNull: false)
        let readers = ["b", "a, b"]
        let views = [
            ViewTable(name: "v", columns: [integer, number], key: [0], version: "1", indexes: readers),
            ViewTable(name: "v", columns: [integer, number], key: [1], version: "2", indexes: readers),
            ViewTable(name: "v", columns: [integer, number], key: [0, 1], version: "3", indexes: readers),
            ViewTable(name: "v", columns: [integer, number], key: nil, version: "4", indexes: readers),
        ]
        let store = try store()
        let token = try store.claim(logID: "log")
        for view in views {
            try publish(view, [], in: store, token)
            let layout = try TableLayout(view, table: view.name)
            let isBag = layout.shape == .bag
            var statements = [layout.delete, isBag ? layout.count : layout.insertIfAbsent]
            if !isBag, !layout.others.isEmpty { statements.append(layout.update) }
            for sql in statements {
                let plan = try store.database.prepare("EXPLAIN QUERY PLAN " + sql)
                while try plan.step() {
                    let line = plan.text(3)
                    let isReadersIndex = (0..<2).contains { line.contains("_leftfold_index_\($0)_\($0)_v") }
                    #expect(!line.hasPrefix("SCAN v") && !isReadersIndex, "\(sql): \(line)")
                }
            }
        }
    }

    @Test func `a reader's SQL view of a view outlives its generations`() throws {
        let store = try store()
        let token = try store.claim(logID: "log")
        try publish(Self.prices, [[.text("EU"), .int(0)]].map { $0 + [.null, .null, .null] }, in: store, token)
        try store.database.execute("CREATE VIEW mine AS SELECT region FROM prices")
        for version in ["v2", "v3", "v4"] {
            var next = Self.prices
            next.version = version
            try publish(next, [[.text(version), .int(0), .null, .null, .null]], in: store, token)
            #expect(try reader().text("SELECT region FROM mine") == version)
            #expect(try reader().text("PRAGMA integrity_check") == "ok")
        }
    }

    @Test func `names that SQLite or Leftfold cannot hold are refused`() throws {
        let store = try store()
        let token = try store.claim(logID: "log")
        func view(_ name: String, _ columns: [String]) -> ViewTable {
            ViewTable(
                name: name,
                columns: columns.map { StoreColumn(name: $0, type: .int4, isNotNull: false) },
                key: nil,
                version: "v1"
            )
        }
        for (name, columns) in [
            ("_leftfold_x", ["a"]), ("_LeftFold", ["a"]), ("sqlite_x", ["a"]), ("v", ["_leftfold_n"]),
            ("v", ["A", "b", "a"]),
            ("", ["a"]), ("v", ["a\0b"]),
        ] {
            let error = try refusal { try store.beginGeneration(of: view(name, columns)) }
            #expect(error.code == .unsupported)
            #expect(error.hint != nil || name == "v")
        }
        try publish(view("Orders", ["a"]), [], in: store, token)
        let clash = try refusal { try store.beginGeneration(of: view("orders", ["a"])) }
        #expect(clash.code == .unsupported)
        #expect(clash.message == #"views "Orders" and "orders" are one name in SQLite"#)
        for index in ["no_such_column", "a); DROP TABLE Orders; --", ""] {
            var indexed = view("indexed", ["a"])
            indexed.indexes = [index]
            #expect(try refusal { try store.beginGeneration(of: indexed) }.code == .unsupported)
        }
        // Names that only look dangerous.
        for name in ["select", "a\"b", "rowid", "ä", "Ä", "a.b", "'"] {
            try publish(
                view(name, ["rowid", "oid", "group", "\"", "ß"]),
                [[.int(1)] + Array(repeating: .null, count: 4)],
                in: store,
                token
            )
        }
        #expect(try store.progress().count == 8)
    }

    @Test func `tables that others made are left alone`() throws {
        let store = try store()
        _ = try store.claim(logID: "log")
        try store.database.execute("CREATE TABLE Prices (mine)")
        let error = try refusal { try store.beginGeneration(of: Self.prices) }
        #expect(error.code == .nameTaken)
        #expect(error.message.hasSuffix(#"has a table "prices" that Leftfold did not make"#))
        #expect(error.hint?.hasSuffix(#"'ALTER TABLE "prices" RENAME TO …'"#) == true, "\(error)")
        #expect(try refusal { try store.checkName(of: Self.prices) }.code == .nameTaken)
        try store.begin()
        try store.drop(view: "Prices")
        try store.commit([])
        #expect(try reader().integer("SELECT count(*) FROM Prices") == 0)
        try store.database.execute("ALTER TABLE prices RENAME TO mine")
        try store.checkName(of: Self.prices)
    }

    @Test func `a table changed by others is a contradiction, not a crash`() throws {
        let store = try store()
        let token = try store.claim(logID: "log")
        let row: [Datum] = [.text("EU"), .int(0), .float(1), .null, .null]
        try publish(Self.prices, [row], in: store, token)
        try store.database.execute("UPDATE prices SET day = 'someday'")
        #expect(try refusal { try store.scan(Self.prices) { _ in } }.code == .inconsistent)
        try store.database.execute("UPDATE prices SET day = 17")
        #expect(try refusal { try store.scan(Self.prices) { _ in } }.code == .inconsistent)
        try store.database.execute("DROP TABLE prices")
        try store.begin()
        #expect(try refusal { try store.apply(packed([row]), to: Self.prices) }.code == .inconsistent)
        try publish(Self.prices, [row], in: store, token)
        #expect(try reader().integer("SELECT count(*) FROM prices") == 1)
    }
}
