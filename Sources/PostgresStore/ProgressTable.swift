import PostgresClient
import Relational
import ViewStores

/// `_leftfold_progress` and `_leftfold_owner`, see `migrations/postgres_0001_progress.sql`, as SQL.
struct ProgressTable {
    /// What the store knows of one of its views.
    struct Entry: Hashable {
        var progress: StoreProgress
        var columns: String
        var key: String
        /// The table of the rows.
        var table: String

        func describes(_ view: ViewTable) -> Bool {
            columns == view.columnsDescription && key == view.keyDescription
        }
    }

    let names: SchemaNames

    /// What `begin` and `move` run, prepared once for each connection.
    var prepare: String {
        """
        PREPARE leftfold_lock AS SELECT fencing_token FROM \(names.owner) WHERE id = 1 FOR UPDATE;
        PREPARE leftfold_move (text, text, bigint, bigint, bigint, pg_lsn, bigint) AS
            WITH moved AS (
                UPDATE \(names.progress)
                SET log_id = $2, "offset" = $4, timeline = $5, commit_end_lsn = $6, fencing_token = $7
                WHERE "view" = $1 AND "offset" = $3 RETURNING 1
            )
            SELECT 1 / count(*) FROM moved
        """
    }

    /// Starts a transaction, waits for any other owner's to end, and gives the token of the last claim.
    static let begin = "BEGIN; EXECUTE leftfold_lock"

    /// All entries by name.
    func read(_ connection: PostgresConnection) throws(PostgresError) -> [Entry] {
        let rows = try connection.query(
            """
            SELECT "view", log_id, "version", "offset", timeline, commit_end_lsn, fencing_token, "columns", "key", "table"
            FROM \(names.progress) ORDER BY "view" COLLATE "C"
            """
        )
        return (0..<rows.rowCount).map { row in
            func text(_ column: Int) -> String { rows[row, column] ?? "" }
            let position = SourcePosition(
                timeline: UInt32(text(4)) ?? 0,
                lsn: LSN(parsing: text(5)) ?? .zero
            )
            let progress = StoreProgress(
                logID: text(1),
                view: text(0),
                version: text(2),
                offset: Offset(Int64(text(3)) ?? StoreProgress.unknownOffset.rawValue),
                position: position,
                fencingToken: Int64(text(6)) ?? 0
            )
            return Entry(progress: progress, columns: text(7), key: text(8), table: text(9))
        }
    }

    /// Writes entries whole.
    func put(_ entries: [Entry]) -> String {
        let rows = entries.map { entry in
            let step = entry.progress
            let texts = [step.view, step.logID, step.version].map(SQLText.literal)
            let rest = [entry.columns, entry.key, entry.table].map(SQLText.literal)
            return "(\(texts.joined(separator: ", ")), \(Self.place(of: step)), \(rest.joined(separator: ", ")))"
        }
        return """
            INSERT INTO \(names.progress)
                ("view", log_id, "version", "offset", timeline, commit_end_lsn, fencing_token, "columns", "key", "table")
            VALUES \(rows.joined(separator: ", "))
            ON CONFLICT ("view") DO UPDATE SET (log_id, "version", "offset", timeline, commit_end_lsn, fencing_token,
                "columns", "key", "table") = (excluded.log_id, excluded."version", excluded."offset", excluded.timeline,
                excluded.commit_end_lsn, excluded.fencing_token, excluded."columns", excluded."key", excluded."table")
            """
    }

    /// Moves the progress of a view that is there, from the offset it is known to be at; elsewhere it fails with a division by zero,
    /// which undoes the transaction.
    static func move(from held: Offset, to step: StoreProgress) -> String {
        let texts = [step.view, step.logID].map(SQLText.literal).joined(separator: ", ")
        return "EXECUTE leftfold_move(\(texts), \(held.rawValue), \(place(of: step)))"
    }

    /// The SQLSTATE of `move` that found a view elsewhere.
    static let elsewhere = "22012"

    func remove(_ view: String) -> String { "DELETE FROM \(names.progress) WHERE \"view\" = \(SQLText.literal(view))" }

    private static func place(of step: StoreProgress) -> String {
        "\(step.offset.rawValue), \(step.position.timeline), '\(step.position.lsn.description)', \(step.fencingToken)"
    }
}
