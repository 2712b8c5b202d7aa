/// Transactions. SQLite has one writer at a time; readers of a WAL database neither wait nor make it wait.
extension SQLiteConnection {
    /// Starts a transaction that writes; waits for another writer up to the busy timeout.
    public func beginImmediate() throws(SQLiteError) { try execute("BEGIN IMMEDIATE") }

    /// Makes the transaction's work visible; it is durable after the next sync.
    public func commit() throws(SQLiteError) { try execute("COMMIT") }

    /// Forgets the open transaction; does nothing without one.
    public func rollback() {
        guard isInTransaction else { return }
        // A rollback that fails leaves nothing to do: SQLite rolls back when the file is opened next.
        try? execute("ROLLBACK")
    }
}
