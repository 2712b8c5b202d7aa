public import PostgresClient
import Relational

extension PostgresSource {
    /// Drops the slot, then the publication, and returns the SQL it ran; what is not there is left out.
    ///
    /// - Throws: `objectInUse` while somebody reads the slot.
    public static func destroy(
        _ connection: PostgresConnection,
        slot: String,
        publication: String
    ) throws(PostgresError) -> [String] {
        var done: [String] = []
        if try SlotState.read(slot, connection) != nil {
            let sql = "SELECT pg_catalog.pg_drop_replication_slot(\(SQLText.literal(slot)))"
            try connection.query(sql)
            done.append(sql + ";")
        }
        if try connection.value("SELECT 1 FROM pg_catalog.pg_publication WHERE pubname = $1", [publication]) != nil {
            let sql = "DROP PUBLICATION \(SQLText.identifier(publication))"
            try connection.query(sql)
            done.append(sql + ";")
        }
        return done
    }

    /// The slot as the server shows it; nil when there is none.
    public static func slotState(_ connection: PostgresConnection, slot: String) throws(PostgresError) -> SlotState? {
        try SlotState.read(slot, connection)
    }

    /// The write-ahead log that the server keeps for the slot; nil without one.
    public static func retainedBytes(_ connection: PostgresConnection, slot: String) throws(PostgresError) -> Int64? {
        try SlotState.read(slot, connection)?.retainedBytes
    }
}
