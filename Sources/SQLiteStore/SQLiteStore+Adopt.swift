import Relational
public import ViewStores

extension SQLiteStore {
    /// True: a read transaction of a file in WAL mode.
    public var scansOneMoment: Bool { true }

    /// Gives the view's entry the new version; the table stays as it is.
    public func adopt(_ view: ViewTable) throws(StoreError) {
        try requireTransaction()
        guard var entry = entry(of: view.name), entry.describes(view) else {
            rollback()
            throw .otherRows(of: view)
        }
        entry.progress.version = view.version
        entry.progress.forget()
        do {
            try progressTable.put(entry)
        } catch {
            rollback()
            throw StoreError(error, while: "the rows of view \"\(view.name)\" were taken over")
        }
        transaction?.changed[view.name] = .some(entry)
        writers[view.name] = nil
    }
}
