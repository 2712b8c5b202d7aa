import PostgresClient
import Relational
public import ViewStores

extension PostgresStore {
    /// Takes the next fencing token, in one transaction with what becomes of foreign rows.
    public func claim(logID: String, foreign rows: ForeignRows) throws(StoreError) -> Int64 {
        rollback()
        owner = nil
        unknownCommit = nil
        generations.removeAll()
        writers.removeAll()
        let token = try start()
        do throws(StoreError) {
            let held = try storing("the store was claimed") { () throws(PostgresError) in
                try progressTable.read(connection)
            }
            let foreign = held.filter { $0.progress.logID != logID }
            try StoreProgress.checkLog(of: held.map(\.progress), logID, foreign: rows, in: location)
            let (next, overflow) = token.addingReportingOverflow(1)
            guard !overflow else { throw StoreError(.engine, "the fencing token of \(location) is at its end") }
            try storing("the store was claimed") { () throws(PostgresError) in
                for entry in foreign { try takeOver(entry, rows, logID: logID) }
                try connection.query(
                    """
                    UPDATE \(names.owner) SET fencing_token = \(next), log_id = \(SQLText.literal(logID)) WHERE id = 1
                    """
                )
                let now = try progressTable.read(connection)
                try connection.query("COMMIT")
                isInTransaction = false
                entries = Dictionary(now.map { ($0.progress.view, $0) }) { _, last in last }
            }
            owner = Owner(logID: logID, token: next)
            dropUnusedTables()
            return next
        } catch {
            rollback()
            throw error
        }
    }

    private func takeOver(
        _ entry: ProgressTable.Entry,
        _ rows: ForeignRows,
        logID: String
    ) throws(PostgresError) {
        switch rows {
        case .refuse: return
        case .adopt:
            var entry = entry
            entry.progress.logID = logID
            entry.progress.forget()
            try connection.query(progressTable.put([entry]))
        case .rebuild:
            try connection.query("DROP VIEW IF EXISTS \(names.qualified(entry.progress.view))")
            try connection.query(progressTable.remove(entry.progress.view))
        }
    }

    /// Drops tables that no progress names and that are no unfinished generation of this owner: old generations, and those of owners
    /// before. One that a reader still holds stays for the next time.
    func dropUnusedTables() {
        let unused = try? connection.query(
            """
            SELECT name FROM \(names.tables) AS t
            WHERE NOT EXISTS (SELECT FROM \(names.progress) AS p WHERE p."table" = t.name)
            """
        )
        let kept = Set(generations.values.map(\.table))
        for name in (unused?.rows ?? []).compactMap({ $0[0] }) where !kept.contains(name) {
            do {
                // Checks the token: a later owner's generation is not ours to drop.
                try beginWriting()
                try connection.query("SET LOCAL lock_timeout = '200ms'")
                try connection.query("DROP TABLE IF EXISTS \(names.qualified(name))")
                try connection.query("DELETE FROM \(names.tables) WHERE name = \(SQLText.literal(name))")
                try endWriting()
            } catch {
                rollback()
            }
        }
    }
}
