import Migrations
import SQLiteDatabase
import ViewStores

extension SQLiteStore {
    /// How the file is used.
    public struct Options: Sendable {
        /// Only `progress` and `scan`; the file must be there.
        public var isReadOnly: Bool
        /// How long to wait for another writer.
        public var busyTimeout: Duration
        /// Memory for pages of the file.
        public var cacheByteCount: Int
        /// Pages of 4 KiB in the write-ahead log after which it is copied to the file.
        public var checkpointPageCount: Int

        /// Defaults for a store that one daemon writes.
        public init(
            isReadOnly: Bool = false,
            busyTimeout: Duration = .seconds(5),
            cacheByteCount: Int = 64 << 20,
            checkpointPageCount: Int = 20_000
        ) {
            self.isReadOnly = isReadOnly
            self.busyTimeout = busyTimeout
            self.cacheByteCount = cacheByteCount
            self.checkpointPageCount = checkpointPageCount
        }
    }

    /// `LFOL`: says in the file's header whose it is.
    static let applicationID: Int64 = 0x4C46_4F4C

    static func open(_ path: String, _ options: Options) throws(StoreError) -> SQLiteConnection {
        let database = try storing("the store was opened") { () throws(SQLiteError) in
            try SQLiteConnection(
                path: path,
                mode: options.isReadOnly ? .readOnly : .create,
                busyTimeout: options.busyTimeout
            )
        }
        // Nothing is written before the file is known to be empty or ours.
        let isEmpty = try checkIsOurs(database)
        if options.isReadOnly {
            guard !isEmpty else {
                throw StoreError(.unavailable, "\(path) holds no views yet", hint: "leftfold run")
            }
        } else {
            try migrate(database)
        }
        try configure(database, options)
        return database
    }

    /// Returns whether the file is empty.
    private static func checkIsOurs(_ database: SQLiteConnection) throws(StoreError) -> Bool {
        let (id, objects, version) = try storing("the store was opened") { () throws(SQLiteError) in
            (
                try database.integer("PRAGMA application_id") ?? 0,
                try database.integer("SELECT count(*) FROM sqlite_schema") ?? 0,
                try database.integer("PRAGMA user_version") ?? 0
            )
        }
        if id == 0, objects == 0, version == 0 { return true }
        guard id == applicationID else {
            throw StoreError(
                .foreign,
                "\(database.path) was written by another program",
                detail: "application id \(id), \(objects) objects",
                hint: "name another file as the store's path"
            )
        }
        guard version >= 1, version <= Migrations.sqliteStore.count else {
            throw StoreError(
                .foreign,
                "\(database.path) was written by another version of Leftfold",
                detail: "format \(version); this one knows \(Migrations.sqliteStore.count)",
                hint: "install that version"
            )
        }
        return false
    }

    /// Brings the file to the newest format, in one transaction.
    private static func migrate(_ database: SQLiteConnection) throws(StoreError) {
        try storing("the store was created") { () throws(SQLiteError) in
            guard try database.integer("PRAGMA user_version") != Int64(Migrations.sqliteStore.count) else { return }
            try database.beginImmediate()
            do throws(SQLiteError) {
                // Read again: another process may have been first.
                let version = Int(clamping: try database.integer("PRAGMA user_version") ?? 0)
                for migration in Migrations.sqliteStore.dropFirst(max(version, 0)) { try database.execute(migration) }
                try database.execute("PRAGMA application_id = \(applicationID)")
                try database.execute("PRAGMA user_version = \(Migrations.sqliteStore.count)")
                try database.commit()
            } catch {
                database.rollback()
                throw error
            }
        }
    }

    private static func configure(_ database: SQLiteConnection, _ options: Options) throws(StoreError) {
        let mode = try storing("the store was opened") { () throws(SQLiteError) -> String? in
            try database.execute("PRAGMA cache_size = -\(options.cacheByteCount >> 10)")
            guard !options.isReadOnly else { return nil }
            return try database.text("PRAGMA journal_mode = WAL")
        }
        guard !options.isReadOnly else { return }
        guard mode == "wal" else {
            throw StoreError(
                .unavailable,
                "\(database.path) cannot have a write-ahead log",
                detail: "journal mode is \(mode ?? "unknown")",
                hint: "put the file on a local file system: df -T \(database.path)"
            )
        }
        try storing("the store was opened") { () throws(SQLiteError) in
            // NORMAL: a commit is not synced; the log still holds what a power cut takes from here.
            try database.execute("PRAGMA synchronous = NORMAL")
            try database.execute("PRAGMA journal_size_limit = 134217728")
            // A table is renamed into the place of the one just dropped; readers' SQL views of it must not prevent that.
            try database.execute("PRAGMA legacy_alter_table = ON")
            // Deleted rows are overwritten where that costs no further write (Debian's default is always).
            _ = try database.text("PRAGMA secure_delete = FAST")
            database.takeOverCheckpoints()
        }
    }
}
