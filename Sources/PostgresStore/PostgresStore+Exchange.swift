import PostgresClient
import Relational
public import ViewStores

extension PostgresStore {
    /// True: readers' SQL views are pointed at the other tables.
    public var exchangesViews: Bool { true }

    /// How long it waits for readers of the views: less than other changes, because whoever changes two views' places waits for it.
    private static let patience = "2s"

    /// Exchanges the entries; `commit` points each SQL view at the other's table. Nothing is copied; grants stay.
    public func exchange(_ view: ViewTable, with other: ViewTable) throws(StoreError) {
        try requireTransaction()
        if transaction?.repeated != nil { return }
        do throws(StoreError) {
            let entries = (entry(of: view.name), entry(of: other.name))
            guard let first = entries.0, let second = entries.1 else {
                throw .inconsistent(view.name, "it has no other version in \(location) to change places with")
            }
            guard try StoreProgress.checkExchange(view, first.progress, other, second.progress) else { return }
            guard first.describes(view), second.describes(other) else { throw .otherRows(of: view) }
            try storing("view \"\(view.name)\" was locked") { () throws(PostgresError) in
                _ = try connection.query("SET LOCAL lock_timeout = '\(Self.patience)'")
            }
            try put(first, of: view, as: other.name)
            try put(second, of: other, as: view.name)
        } catch {
            rollback()
            throw error
        }
    }

    /// Gives the rows of an entry another name.
    private func put(_ entry: ProgressTable.Entry, of view: ViewTable, as name: String) throws(StoreError) {
        var (entry, view) = (entry, view)
        (entry.progress.view, view.name) = (name, name)
        let layout = try readLayout(of: view, table: entry.table)
        try checkDependants(layout)
        transaction?.exchanged.append(layout)
        try storing("progress was written") { () throws(PostgresError) in
            _ = try connection.query(progressTable.put([entry]))
        }
        transaction?.changed[name] = .some(entry)
        writers[name] = nil
    }
}
