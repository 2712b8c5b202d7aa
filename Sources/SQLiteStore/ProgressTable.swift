import Relational
import SQLiteDatabase
import ViewStores

/// `_leftfold_progress` and `_leftfold_owner`, see `migrations/sqlite_0001_progress.sql`.
final class ProgressTable {
    /// What the store knows of one of its views.
    struct Entry: Hashable {
        var progress: StoreProgress
        var columns: String
        var key: String

        func describes(_ view: ViewTable) -> Bool {
            columns == view.columnsDescription && key == view.keyDescription
        }
    }

    private let database: SQLiteConnection
    private let tokenQuery: SQLiteStatement
    private let updateStatement: SQLiteStatement

    init(in database: SQLiteConnection) throws(SQLiteError) {
        self.database = database
        tokenQuery = try database.prepare("SELECT fencing_token FROM _leftfold_owner WHERE id = 1")
        updateStatement = try database.prepare(
            """
            UPDATE _leftfold_progress
            SET log_id = ?1, "offset" = ?2, timeline = ?3, commit_end_lsn = ?4, fencing_token = ?5 WHERE "view" = ?6
            """
        )
    }

    /// The token of the last claim.
    func token() throws(SQLiteError) -> Int64 {
        guard try tokenQuery.step() else { return 0 }
        defer { tokenQuery.reset() }
        return tokenQuery.int(0)
    }

    func setOwner(token: Int64, logID: String) throws(SQLiteError) {
        let statement = try database.prepare(
            "INSERT OR REPLACE INTO _leftfold_owner (id, fencing_token, log_id) VALUES (1, ?1, ?2)",
            isPersistent: false
        )
        try statement.bind(1, int: token)
        try statement.bind(2, text: logID)
        try statement.run()
    }

    /// All entries by name.
    func read() throws(SQLiteError) -> [Entry] {
        let statement = try database.prepare(
            """
            SELECT "view", log_id, "version", "offset", timeline, commit_end_lsn, fencing_token, "columns", "key"
            FROM _leftfold_progress ORDER BY "view"
            """,
            isPersistent: false
        )
        var entries: [Entry] = []
        while try statement.step() {
            let position = SourcePosition(
                timeline: UInt32(clamping: statement.int(4)),
                lsn: LSN(parsing: statement.text(5)) ?? .zero
            )
            let progress = StoreProgress(
                logID: statement.text(1),
                view: statement.text(0),
                version: statement.text(2),
                offset: Offset(statement.int(3)),
                position: position,
                fencingToken: statement.int(6)
            )
            entries.append(Entry(progress: progress, columns: statement.text(7), key: statement.text(8)))
        }
        return entries
    }

    /// Writes an entry whole.
    func put(_ entry: Entry) throws(SQLiteError) {
        let statement = try database.prepare(
            """
            INSERT OR REPLACE INTO _leftfold_progress
                (log_id, "offset", timeline, commit_end_lsn, fencing_token, "view", "version", "columns", "key")
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
            """,
            isPersistent: false
        )
        try bind(entry.progress, to: statement)
        try statement.bind(7, text: entry.progress.version)
        try statement.bind(8, text: entry.columns)
        try statement.bind(9, text: entry.key)
        try statement.run()
    }

    /// Moves the progress of a view that is there; returns whether it is.
    func update(_ progress: StoreProgress) throws(SQLiteError) -> Bool {
        try bind(progress, to: updateStatement)
        return try updateStatement.run() == 1
    }

    func remove(_ view: String) throws(SQLiteError) {
        let statement = try database.prepare("DELETE FROM _leftfold_progress WHERE \"view\" = ?1", isPersistent: false)
        try statement.bind(1, text: view)
        try statement.run()
    }

    private func bind(_ progress: StoreProgress, to statement: SQLiteStatement) throws(SQLiteError) {
        try statement.bind(1, text: progress.logID)
        try statement.bind(2, int: progress.offset.rawValue)
        try statement.bind(3, int: Int64(progress.position.timeline))
        try statement.bind(4, text: progress.position.lsn.description)
        try statement.bind(5, int: progress.fencingToken)
        try statement.bind(6, text: progress.view)
    }
}
