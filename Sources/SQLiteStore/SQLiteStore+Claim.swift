import Relational
import SQLiteDatabase
public import ViewStores

extension SQLiteStore {
    /// Takes the next fencing token, in one transaction with what becomes of foreign rows.
    public func claim(logID: String, foreign rows: ForeignRows) throws(StoreError) -> Int64 {
        rollback()
        owner = nil
        generations.removeAll()
        writers.removeAll()
        try storing("the store was claimed") { () throws(SQLiteError) in try database.beginImmediate() }
        do throws(StoreError) {
            let held = try storing("the store was claimed") { () throws(SQLiteError) in try progressTable.read() }
            let foreign = held.filter { $0.progress.logID != logID }
            try StoreProgress.checkLog(of: held.map(\.progress), logID, foreign: rows, in: path)
            let token = try storing("the store was claimed") { () throws(SQLiteError) in try progressTable.token() }
            let (next, overflow) = token.addingReportingOverflow(1)
            guard !overflow else { throw StoreError(.engine, "the fencing token of \(path) is at its end") }
            try storing("the store was claimed") { () throws(SQLiteError) in
                for entry in foreign { try takeOver(entry, rows, logID: logID) }
                try dropUnfinishedGenerations()
                try progressTable.setOwner(token: next, logID: logID)
                let now = try progressTable.read()
                try database.commit()
                entries = Dictionary(now.map { ($0.progress.view, $0) }) { _, last in last }
            }
            owner = Owner(logID: logID, token: next)
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
    ) throws(SQLiteError) {
        switch rows {
        case .refuse: return
        case .adopt:
            var entry = entry
            entry.progress.logID = logID
            entry.progress.forget()
            try progressTable.put(entry)
        case .rebuild:
            try dropTable(of: entry.progress.view)
            try progressTable.remove(entry.progress.view)
        }
    }

    private func dropUnfinishedGenerations() throws(SQLiteError) {
        let query = try database.prepare(
            """
            SELECT name FROM sqlite_schema
            WHERE type = 'table' AND substr(name, 1, \(NameRules.shadowPrefix.count)) = '\(NameRules.shadowPrefix)'
            ORDER BY rootpage
            """,
            isPersistent: false
        )
        var names: [String] = []
        while try query.step() { names.append(query.text(0)) }
        // A virtual table has no page and comes first; its own tables go with it.
        for name in names { try database.execute("DROP TABLE IF EXISTS \(QualifiedName.quote(name))") }
    }
}
