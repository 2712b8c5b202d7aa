import PostgresClient
public import Relational

/// A replication slot as `pg_replication_slots` shows it.
public struct SlotState: Hashable, Sendable {
    /// Its output plugin; nil for a physical slot.
    public var plugin: String?
    /// The database it decodes.
    public var database: String?
    /// The process that reads it.
    public var activeProcessID: Int32?
    /// What its reader has confirmed.
    public var confirmedFlush: LSN?
    /// From where the server keeps its write-ahead log for it.
    public var restart: LSN?
    /// `wal_status`: reserved, extended, unreserved or lost.
    public var walStatus: String?
    /// Why it was invalidated (PG 17 on).
    public var invalidationReason: String?
    /// Write-ahead log that the server keeps for it.
    public var retainedBytes: Int64?

    /// Whether the server has thrown away what the slot needs.
    public var isLost: Bool { walStatus == "lost" || invalidationReason != nil }

    static func read(_ name: String, _ connection: PostgresConnection) throws(PostgresError) -> SlotState? {
        let row = try connection.query(
            """
            SELECT plugin, database, active_pid, confirmed_flush_lsn, restart_lsn, wal_status,
                to_jsonb(s)->>'invalidation_reason',
                pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()
                    ELSE pg_current_wal_flush_lsn() END, restart_lsn)::bigint
            FROM pg_catalog.pg_replication_slots s WHERE slot_name = $1
            """,
            [name]
        ).rows.first
        guard let row else { return nil }
        return SlotState(
            plugin: row[0],
            database: row[1],
            activeProcessID: row[2].flatMap { Int32($0) },
            confirmedFlush: row[3].flatMap { LSN(parsing: $0) },
            restart: row[4].flatMap { LSN(parsing: $0) },
            walStatus: row[5],
            invalidationReason: row[6],
            retainedBytes: row[7].flatMap { Int64($0) }
        )
    }
}
