import PostgresClient
import ViewStores

/// The connection and the server's transaction.
extension PostgresStore {
    /// Settings of every session.
    ///
    /// Deltas meet their rows through the index of the key: the planner does not know how many rows an array has, and a plan that was
    /// made while a table was small must not read the whole of it later.
    private static let settings = [
        "enable_seqscan": "off", "enable_hashjoin": "off", "enable_mergejoin": "off", "jit": "off",
        "plan_cache_mode": "force_generic_plan", "work_mem": "32MB",
    ]

    static func connect(
        _ url: String,
        _ names: SchemaNames,
        _ options: Options
    ) throws(StoreError) -> PostgresConnection {
        var session = ConnectionOptions()
        session.applicationName = "leftfold store"
        session.settings = settings
        session.settings["search_path"] = "\(names.quotedSchema),public"
        session.settings["lock_timeout"] = "\(max(1, options.lockTimeout / .milliseconds(1)))"
        let connection = try storing("the store was opened") { () throws(PostgresError) in
            try PostgresConnection(url, options: session)
        }
        guard connection.serverVersion >= 150_000 else {
            throw StoreError(
                .unavailable,
                "the server of the Postgres store is too old",
                detail: "version \(connection.serverVersion / 10_000); views need 15 or newer, for keys with NULLs",
                hint: "upgrade the server, or give the views another store"
            )
        }
        try storing("the store was opened") { () throws(PostgresError) in try configure(connection) }
        return connection
    }

    private static func configure(_ connection: PostgresConnection) throws(PostgresError) {
        // What `sync` promises rests on this; a stricter setting of the server stays.
        try connection.query(
            """
            SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off';
            SELECT set_config('idle_in_transaction_session_timeout', '60s', false)
            """
        )
        // A server that can looks now and then whether this process still lives while it works for it, and lets its locks go if not.
        _ = try? connection.query("SELECT set_config('client_connection_check_interval', '1s', false)")
    }

    /// Opens the connection again; what belonged to the old one is forgotten.
    private func reconnect() throws(StoreError) {
        connection.close()
        writers.removeAll()
        isInTransaction = false
        isPrepared = false
        connection = try Self.connect(url, names, options)
    }

    /// Runs `body` outside a transaction, a second time over a new connection if the old one turns out to be lost.
    func reading<Result>(
        _ action: @autoclosure () -> String,
        _ body: (PostgresConnection) throws(PostgresError) -> Result
    ) throws(StoreError) -> Result {
        if !connection.isOpen, !isInTransaction { try reconnect() }
        do throws(PostgresError) {
            return try body(connection)
        } catch {
            guard error.code == .connectionLost, !isInTransaction else { throw StoreError(error, while: action()) }
        }
        try reconnect()
        return try storing(action()) { () throws(PostgresError) in try body(connection) }
    }

    /// Starts a transaction and checks that this owner still may write.
    func beginWriting() throws(StoreError) {
        guard let owner else { throw .notClaimed(location) }
        let token = try start()
        guard token == owner.token else {
            rollback()
            throw StoreError.fenced(
                location,
                by: token,
                after: owner.token,
                hint: "another schema: SELECT * FROM pg_stat_activity WHERE application_name = 'leftfold store'"
            )
        }
    }

    /// Starts a transaction, with the owner's row locked, and returns the token in it.
    func start() throws(StoreError) -> Int64 {
        let result = try reading("a transaction was started") { (connection) throws(PostgresError) in
            do throws(PostgresError) {
                if !isPrepared { try connection.query(progressTable.prepare) }
                isPrepared = true
                return try connection.query(ProgressTable.begin)
            } catch {
                if connection.isOpen { _ = try? connection.query("ROLLBACK") }
                throw error
            }
        }
        isInTransaction = true
        return result[0, 0].flatMap { Int64($0) } ?? 0
    }

    func endWriting() throws(StoreError) {
        try storing("a transaction was committed") { () throws(PostgresError) in _ = try connection.query("COMMIT") }
        isInTransaction = false
    }

    // MARK: A commit without an answer

    /// Inside a transaction, so that the lost one has ended: whether it took place. The progress as it is now is taken over.
    func findUnknownCommit() throws(StoreError) -> UnknownCommit? {
        guard let unknown = unknownCommit else { return nil }
        let now = try storing("progress was read") { () throws(PostgresError) in try progressTable.read(connection) }
        unknownCommit = nil
        entries = Dictionary(now.map { ($0.progress.view, $0) }) { _, last in last }
        let isDone =
            unknown.progress.allSatisfy { entries[$0.view]?.progress == $0 }
            // A view that was built again may stand where it stood before.
            && unknown.published.allSatisfy { entries[$0.key]?.table == $0.value }
            && unknown.dropped.allSatisfy { entries[$0] == nil }
        guard isDone, unknown.hasRows else { return nil }
        for view in unknown.published.keys { generations[view] = nil }
        return unknown
    }

    /// Ends a transaction that repeated `unknown`. One that was another after all has written nothing and must be made again.
    func finish(_ unknown: UnknownCommit, _ progress: [StoreProgress]) throws(StoreError) {
        guard Set(progress) == unknown.progress else {
            throw StoreError(
                .unavailable,
                "a commit before this one took place although its answer was lost",
                detail: "views \(unknown.progress.map(\.view).sorted().joined(separator: ", "))",
                hint: "try again"
            )
        }
        try endWriting()
    }
}
