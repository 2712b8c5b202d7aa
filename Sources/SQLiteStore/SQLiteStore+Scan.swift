public import Relational
import SQLiteDatabase
public import ViewStores

extension SQLiteStore {
    /// Bytes of rows after which a batch is handed over.
    private static let batchByteCount = 1 << 20

    /// Reads the rows in the table's own order, in batches of about 1 MiB, in one read transaction.
    public func scan(_ view: ViewTable, _ body: (borrowing ZSet) throws -> Void) throws {
        // One read transaction: the rows are of the version that was checked.
        let isOwn = !database.isInTransaction
        if isOwn {
            try storing("view \"\(view.name)\" was read") { () throws(SQLiteError) in try database.execute("BEGIN") }
        }
        defer { if isOwn { database.rollback() } }
        try checkHolds(view)
        let layout = try TableLayout(view, table: view.name)
        let reader = RowReader(view: view, encodings: layout.encodings)
        let statement = try storing("view \"\(view.name)\" was read") { () throws(SQLiteError) in
            try database.prepare(layout.scan, isPersistent: false)
        }
        defer { statement.reset() }
        var rows = ZSet()
        while try storing("view \"\(view.name)\" was read", { () throws(SQLiteError) in try statement.step() }) {
            try reader.append(statement, to: &rows)
            if rows.byteCount >= Self.batchByteCount {
                try body(rows)
                rows.removeAll()
            }
        }
        if !rows.isEmpty { try body(rows) }
    }

    private func checkHolds(_ view: ViewTable) throws(StoreError) {
        if let published = transaction?.published[view.name] {
            if published == view { return }
        } else {
            let held = try storing("progress was read") { () throws(SQLiteError) in try progressTable.read() }
            guard let entry = held.first(where: { $0.progress.view == view.name }) else {
                throw StoreError.noView(view.name, in: path)
            }
            if entry.describes(view) { return }
        }
        throw StoreError.inconsistent(view.name, "the store holds it with other columns or another key")
    }
}
