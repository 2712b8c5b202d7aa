import CSQLite

/// One connection to an SQLite database file, used by one thread at a time.
///
/// Closes when the last of it and its statements is gone.
public final class SQLiteConnection {
    /// What the connection may do with the file.
    public enum Mode: Sendable {
        case readOnly
        case readWrite
        /// As `readWrite`; creates the file when there is none.
        case create
    }

    /// The path as given.
    public let path: String
    let handle: OpaquePointer
    /// Written by the WAL hook, which SQLite calls on the connection's own thread inside a commit.
    private let pagesInLog: UnsafeMutablePointer<Int>

    /// Opens the file; SQLite first looks at its content when it is first used.
    ///
    /// A statement that finds the file locked waits up to `busyTimeout` before it throws `busy`.
    public init(path: String, mode: Mode, busyTimeout: Duration = .seconds(5)) throws(SQLiteError) {
        let flags =
            switch mode {
            case .readOnly: SQLITE_OPEN_READONLY
            case .readWrite: SQLITE_OPEN_READWRITE
            case .create: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
            }
        var opened: OpaquePointer?
        // NOMUTEX: a connection belongs to one thread, so SQLite need not lock around every call.
        let result = sqlite3_open_v2(path, &opened, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nil)
        guard result == SQLITE_OK, let opened else {
            let message = opened.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
            sqlite3_close_v2(opened)
            throw SQLiteError(extendedCode: result, message: message, path: path)
        }
        self.path = path
        handle = opened
        pagesInLog = .allocate(capacity: 1)
        pagesInLog.initialize(to: 0)
        let (seconds, attoseconds) = busyTimeout.components
        let milliseconds = seconds * 1000 + attoseconds / 1_000_000_000_000_000
        sqlite3_busy_timeout(handle, Int32(clamping: milliseconds))
    }

    deinit {
        sqlite3_close_v2(handle)
        pagesInLog.deallocate()
    }

    /// Runs statements that return nothing, separated by semicolons.
    public func execute(_ sql: String) throws(SQLiteError) {
        let result = sqlite3_exec(handle, sql, nil, nil, nil)
        guard result == SQLITE_OK else { throw error(result) }
    }

    /// Compiles one statement. `isPersistent` says that it will be used many times.
    ///
    /// - Throws: `error` also when `sql` holds none or more than one.
    public func prepare(_ sql: String, isPersistent: Bool = true) throws(SQLiteError) -> SQLiteStatement {
        var statement: OpaquePointer?
        var hasMore = false
        var sql = sql
        let result = sql.withUTF8 { text in
            text.withMemoryRebound(to: CChar.self) { text in
                var tail: UnsafePointer<CChar>?
                let flags = isPersistent ? UInt32(SQLITE_PREPARE_PERSISTENT) : 0
                let result = sqlite3_prepare_v3(
                    handle,
                    text.baseAddress,
                    Int32(clamping: text.count),
                    flags,
                    &statement,
                    &tail
                )
                if let tail, let start = text.baseAddress {
                    hasMore = text[(tail - start)...].contains { $0 > 0x20 || $0 < 0 }
                }
                return result
            }
        }
        guard result == SQLITE_OK else { throw error(result) }
        guard let statement, !hasMore else {
            sqlite3_finalize(statement)
            throw SQLiteError(extendedCode: SQLITE_ERROR, message: "one statement was expected: \(sql)", path: path)
        }
        return SQLiteStatement(handle: statement, connection: self)
    }

    /// Rows written by the last statement that was run.
    public var changeCount: Int { Int(sqlite3_changes64(handle)) }

    /// The rowid of the last row that this connection inserted into an ordinary table.
    public var lastInsertedRowID: Int64 { sqlite3_last_insert_rowid(handle) }

    /// Whether a transaction is open; SQLite ends one by itself after some errors.
    public var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

    /// The first column of the first row, as an integer; nil without a row.
    public func integer(_ sql: String) throws(SQLiteError) -> Int64? {
        let statement = try prepare(sql, isPersistent: false)
        return try statement.step() ? statement.int(0) : nil
    }

    /// The first column of the first row, as text; nil without a row.
    public func text(_ sql: String) throws(SQLiteError) -> String? {
        let statement = try prepare(sql, isPersistent: false)
        return try statement.step() ? statement.text(0) : nil
    }

    func error(_ result: Int32) -> SQLiteError {
        SQLiteError(extendedCode: result, message: String(cString: sqlite3_errmsg(handle)), path: path)
    }
}

extension SQLiteConnection {
    /// Takes over checkpointing: from now on `walPageCount` is kept and SQLite checkpoints nothing by itself.
    public func takeOverCheckpoints() {
        // The hook replaces SQLite's automatic checkpoint.
        _ = sqlite3_wal_hook(
            handle,
            { context, _, _, pages in
                context?.assumingMemoryBound(to: Int.self).pointee = Int(pages)
                return SQLITE_OK
            },
            pagesInLog
        )
    }

    /// Pages in the write-ahead log after the last commit of this connection; 0 before `takeOverCheckpoints`.
    public var walPageCount: Int { pagesInLog.pointee }

    /// Copies what it can from the write-ahead log to the database file, both synced, without waiting for anyone.
    ///
    /// Returns whether everything was copied; a reader of an older state can prevent that.
    @discardableResult
    public func checkpoint() throws(SQLiteError) -> Bool {
        var logged: Int32 = 0
        var copied: Int32 = 0
        let result = sqlite3_wal_checkpoint_v2(handle, nil, SQLITE_CHECKPOINT_PASSIVE, &logged, &copied)
        if result & 0xFF == SQLITE_BUSY { return false }
        guard result == SQLITE_OK else { throw error(result) }
        return logged == copied
    }

    /// Syncs the write-ahead log, so that all that is committed survives a power cut.
    public func syncLog() throws(SQLiteError) {
        var file: UnsafeMutablePointer<sqlite3_file>?
        let found = sqlite3_file_control(handle, nil, SQLITE_FCNTL_JOURNAL_POINTER, &file)
        guard found == SQLITE_OK else { throw error(found) }
        guard let file, let methods = file.pointee.pMethods, let sync = methods.pointee.xSync else { return }
        let result = sync(file, SQLITE_SYNC_NORMAL)
        guard result == SQLITE_OK else {
            throw SQLiteError(extendedCode: result, message: "cannot sync the write-ahead log", path: path)
        }
    }
}
