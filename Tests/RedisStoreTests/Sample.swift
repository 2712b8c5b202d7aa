import RedisStore
import Relational
import Testing
import ViewStores

/// A cache of products, and its rows.
enum Sample {
    static func products(version: String = "v1", _ options: [String: String] = [:]) -> ViewTable {
        ViewTable(
            name: "product",
            columns: [
                StoreColumn(name: "id", type: .int8, isNotNull: true),
                StoreColumn(name: "name", type: .text, isNotNull: false),
                StoreColumn(name: "price", type: .numeric, isNotNull: false),
            ],
            key: [0],
            version: version,
            kind: .cache,
            options: options
        )
    }

    static func rows(_ ids: some Sequence<Int64>, _ name: String?, weight: Int64 = 1) -> ZSet {
        var rows = ZSet()
        append(ids, name, weight, to: &rows)
        return rows
    }

    static func append(_ ids: some Sequence<Int64>, _ name: String?, _ weight: Int64, to rows: inout ZSet) {
        for id in ids {
            let row = rows.beginRow(columnCount: 3)
            rows.slab.set(0, int: id, in: row)
            if let name { Array(name.utf8).withUnsafeBytes { rows.slab.set(1, bytes: $0, in: row) } }
            rows.endRow(row, weight: weight)
        }
    }

    static func progress(_ view: ViewTable, _ offset: Int64, _ token: Int64) -> StoreProgress {
        StoreProgress(
            logID: "log",
            view: view.name,
            version: view.version,
            offset: Offset(offset),
            position: SourcePosition(timeline: 1, lsn: LSN(0x1_0000_00FF)),
            fencingToken: token
        )
    }

    static func publish(
        _ view: ViewTable,
        _ rows: borrowing ZSet,
        in store: RedisStore,
        _ token: Int64,
        at offset: Int64 = 1
    ) throws {
        try store.beginGeneration(of: view)
        try store.append(rows, to: view)
        try store.begin()
        try store.publish(view)
        try store.commit([progress(view, offset, token)])
    }

    /// The ids of a view's rows with their names.
    static func names(_ view: ViewTable, in store: RedisStore) throws -> [Int64: String] {
        var names: [Int64: String] = [:]
        try store.scan(view) { rows in
            for index in 0..<rows.count {
                let row = rows.row(at: index)
                names[row.int(0)] = row.isNull(1) ? "NULL" : String(decoding: row.bytes(1), as: UTF8.self)
            }
        }
        return names
    }

    static func refusal(_ body: () throws -> Void) throws -> StoreError {
        try #require(throws: StoreError.self, performing: body)
    }
}
