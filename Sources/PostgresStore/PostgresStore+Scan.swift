import PostgresClient
public import Relational
public import ViewStores

extension PostgresStore {
    /// Bytes of rows after which a batch is handed over.
    private static let batchByteCount = 1 << 20

    /// Reads the rows in the table's own order, in batches of about 1 MiB, in one read transaction.
    public func scan(_ view: ViewTable, _ body: (borrowing ZSet) throws -> Void) throws {
        // One read transaction: the rows are of the version that was checked.
        let isOwn = !isInTransaction
        if isOwn {
            guard try isThere() else { throw noSuchView(view) }
            try reading("view \"\(view.name)\" was read") { (connection) throws(PostgresError) in
                _ = try connection.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            }
            isInTransaction = true
        }
        defer { if isOwn { rollback() } }
        let layout = TableLayout(view, table: try table(of: view), types: [], names)
        var decoder = CopyDecoder(view)
        var rows = ZSet()
        do {
            try connection.copyOut(layout.copyOut) { line in
                try decoder.append(line, to: &rows)
                if rows.byteCount >= Self.batchByteCount {
                    try body(rows)
                    rows.removeAll()
                }
            }
        } catch let error as PostgresError {
            throw StoreError(error, while: "view \"\(view.name)\" was read")
        }
        if !rows.isEmpty { try body(rows) }
    }

    /// The table that holds the view, of the same columns and key.
    private func table(of view: ViewTable) throws(StoreError) -> String {
        if let published = transaction?.published[view.name] {
            if published.view == view { return published.table }
        } else {
            let held = try storing("progress was read") { () throws(PostgresError) in
                try progressTable.read(connection)
            }
            guard let entry = held.first(where: { $0.progress.view == view.name }) else { throw noSuchView(view) }
            if entry.describes(view) { return entry.table }
        }
        throw StoreError.inconsistent(view.name, "the store holds it with other columns or another key")
    }

    private func noSuchView(_ view: ViewTable) -> StoreError {
        .noView(view.name, in: location)
    }
}
