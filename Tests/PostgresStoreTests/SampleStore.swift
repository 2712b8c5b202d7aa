import Foundation
import PostgresClient
import PostgresStore
import Relational
import Testing
import ViewStores

/// Views and rows of the suites beside conformance.
enum Sample {
    static let orders = view("orders", version: "v1")

    static func view(_ name: String, version: String, adding columns: [StoreColumn] = []) -> ViewTable {
        ViewTable(
            name: name,
            columns: [
                StoreColumn(name: "id", type: .int8, isNotNull: true),
                StoreColumn(name: "region", type: varchar, isNotNull: false),
            ] + columns,
            key: [0],
            version: version
        )
    }

    static let varchar = ScalarType(oid: .varchar, typmod: 14, name: "character varying(10)", collation: .c)

    /// Rows of `orders`; further columns are NULL.
    static func rows(_ ids: Range<Int64>, _ region: String?, weight: Int64 = 1, columnCount: Int = 2) -> ZSet {
        var rows = ZSet()
        for id in ids {
            let row = rows.beginRow(columnCount: columnCount)
            rows.slab.set(0, int: id, in: row)
            if let region { Array(region.utf8).withUnsafeBytes { rows.slab.set(1, bytes: $0, in: row) } }
            rows.endRow(row, weight: weight)
        }
        return rows
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

    static func publish(_ view: ViewTable, _ rows: borrowing ZSet, in store: PostgresStore, _ token: Int64) throws {
        try store.beginGeneration(of: view)
        try store.append(rows, to: view)
        try store.begin()
        try store.publish(view)
        try store.commit([progress(view, 1, token)])
    }

    static func refusal(_ body: () throws -> Void) throws -> StoreError {
        try #require(throws: StoreError.self, performing: body)
    }
}
