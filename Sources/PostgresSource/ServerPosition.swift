import PostgresClient
import Relational

/// How far a server's write-ahead log reaches.
enum ServerPosition {
    /// The insert position; on a standby, what is replayed. A slot's consistent point is handed out before it is flushed, so the
    /// flushed position may be behind what a log holds with right.
    static func read(_ connection: PostgresConnection) throws(PostgresError) -> LSN {
        let text = try connection.value(
            "SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_insert_lsn() END"
        )
        return text.flatMap { LSN(parsing: $0) } ?? .zero
    }
}
