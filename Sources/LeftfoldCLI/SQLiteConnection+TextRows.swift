import SQLiteDatabase

extension SQLiteConnection {
    /// Every row of a query as text; NULL is empty.
    func textRows(_ sql: String) throws -> [[String]] {
        let statement = try prepare(sql, isPersistent: false)
        var rows: [[String]] = []
        while try statement.step() {
            rows.append(
                (0..<statement.columnCount).map { statement.storageClass($0) == .null ? "" : statement.text($0) }
            )
        }
        return rows
    }
}
