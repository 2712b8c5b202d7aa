import PostgresClient

/// A transaction that keeps a slot from being made.
struct LongTransaction: CustomStringConvertible {
    var processID: String
    var application: String
    var xid: String
    var seconds: Int

    /// For people: which, whose, how long.
    var description: String {
        "transaction \(xid) of pid \(processID) (\(application.isEmpty ? "no application name" : application)), "
            + "open for \(seconds) s"
    }

    /// The oldest transaction with a number of its own, ours aside.
    static func oldest(_ connection: PostgresConnection) throws(PostgresError) -> LongTransaction? {
        let row = try connection.query(
            """
            SELECT pid, coalesce(application_name, ''), backend_xid,
                coalesce(extract(epoch FROM now() - xact_start)::bigint, 0)
            FROM pg_catalog.pg_stat_activity
            WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid()
            ORDER BY age(backend_xid) DESC LIMIT 1
            """
        ).rows.first
        guard let row, let processID = row[0], let xid = row[2] else { return nil }
        return LongTransaction(
            processID: processID,
            application: row[1] ?? "",
            xid: xid,
            seconds: row[3].flatMap { Int($0) } ?? 0
        )
    }
}
