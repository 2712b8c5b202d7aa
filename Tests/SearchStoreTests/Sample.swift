import Relational
import SearchStore
import TestSupport
import Testing
import ViewStores

/// A search view over products.
enum Sample {
    static let products = view("products", adding: [])

    static func view(_ name: String, key: [Int] = [0], adding columns: [StoreColumn] = []) -> ViewTable {
        ViewTable(
            name: name,
            columns: [
                StoreColumn(name: "id", type: .int4, isNotNull: true),
                StoreColumn(name: "name", type: .text, isNotNull: true),
            ] + columns,
            key: key,
            version: "v1",
            kind: .search,
            options: ["columns": "name 2"]
        )
    }

    static func rows(_ rows: [String]..., of view: ViewTable = products) throws -> ZSet {
        var delta = ZSet()
        for row in rows { try append(row, 1, to: &delta, of: view) }
        return delta
    }

    static func append(_ row: [String], _ weight: Int64, to delta: inout ZSet, of view: ViewTable = products) throws {
        let packed = delta.beginRow(columnCount: row.count)
        for (column, text) in row.enumerated() {
            try Array(text.utf8).withUnsafeBytes { bytes throws in
                try TextCodec.decode(
                    bytes,
                    as: view.columns[column].type.encoding,
                    column: column,
                    row: packed,
                    into: &delta.slab
                )
            }
        }
        delta.endRow(packed, weight: weight)
    }

    static func step(_ offset: Int64, _ token: Int64, of view: ViewTable = products) -> StoreProgress {
        StoreProgress(
            logID: "log",
            view: view.name,
            version: view.version,
            offset: Offset(offset),
            position: SourcePosition(timeline: 1, lsn: LSN(UInt64(offset))),
            fencingToken: token
        )
    }

    static func publish(
        _ rows: borrowing ZSet,
        as view: ViewTable = products,
        in store: SearchStore,
        _ token: Int64,
        at offset: Int64
    ) throws {
        try store.beginGeneration(of: view)
        try store.append(rows, to: view)
        try store.begin()
        try store.publish(view)
        try store.commit([step(offset, token, of: view)])
    }

    static func write(
        _ rows: borrowing ZSet,
        to view: ViewTable = products,
        in store: SearchStore,
        _ token: Int64,
        at offset: Int64
    ) throws {
        defer { store.rollback() }
        try store.begin()
        try store.apply(rows, to: view)
        try store.commit([step(offset, token, of: view)])
    }

    /// The rows' second column by their first.
    static func names(in store: SearchStore, _ view: ViewTable = products) throws -> [Int64: String] {
        var names: [Int64: String] = [:]
        try store.scan(view) { rows in
            for index in 0..<rows.count {
                names[rows.row(at: index).int(0)] = String(decoding: rows.row(at: index).bytes(1), as: UTF8.self)
            }
        }
        return names
    }

    static func refusal(_ body: () throws -> Void) throws -> StoreError {
        try #require(throws: StoreError.self, performing: body)
    }
}
