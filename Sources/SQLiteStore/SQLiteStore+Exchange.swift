import Relational
import SQLiteDatabase
public import ViewStores

extension SQLiteStore {
    /// True: three renames.
    public var exchangesViews: Bool { true }

    /// Renames the tables and their search indexes, and exchanges the entries. Nothing is copied; indexes go with their tables.
    public func exchange(_ view: ViewTable, with other: ViewTable) throws(StoreError) {
        try requireTransaction()
        do throws(StoreError) {
            let entries = (entry(of: view.name), entry(of: other.name))
            guard let first = entries.0, let second = entries.1 else {
                throw .inconsistent(view.name, "it has no other version in \(path) to change places with")
            }
            guard try StoreProgress.checkExchange(view, first.progress, other, second.progress) else { return }
            guard first.describes(view), second.describes(other) else { throw .otherRows(of: view) }
            try exchangeTables(view, other)
            try put(first, as: other.name)
            try put(second, as: view.name)
        } catch {
            rollback()
            throw error
        }
    }

    private func exchangeTables(_ view: ViewTable, _ other: ViewTable) throws(StoreError) {
        let aside = "_leftfold_aside"
        do {
            for (view, name) in [(view, aside), (other, view.name)] { try rename(view.name, view.kind, to: name) }
            try rename(aside, view.kind, to: other.name)
        } catch {
            throw StoreError(error, while: "view \"\(view.name)\" changed places with its other version")
        }
    }

    private func rename(_ table: String, _ kind: ViewKind, to name: String) throws(SQLiteError) {
        let suffixes = kind == .search ? ["", SearchIndex.suffix] : [""]
        for suffix in suffixes {
            let (from, to) = (QualifiedName.quote(table + suffix), QualifiedName.quote(name + suffix))
            try database.execute("ALTER TABLE \(from) RENAME TO \(to)")
        }
    }

    private func put(_ entry: ProgressTable.Entry, as name: String) throws(StoreError) {
        var entry = entry
        entry.progress.view = name
        try storing("progress was written") { () throws(SQLiteError) in try progressTable.put(entry) }
        transaction?.changed[name] = .some(entry)
        writers[name] = nil
    }
}
