import PostgresClient
public import Relational
public import ViewStores

/// Views in one schema of a Postgres database: each a table with typed columns, read through an SQL view of the view's name.
///
/// Rows and progress change in one transaction of the server. A commit is on disk when `commit` returns, whatever the server's default
/// is. A connection that is lost is opened again by the next call outside a transaction; a commit whose answer was lost is looked up
/// then, and the repetition of what it did is taken as done.
public final class PostgresStore: ViewStore {
    struct Owner {
        var logID: String
        var token: Int64
    }

    /// What the open transaction has done besides writing rows; forgotten with it.
    struct Transaction {
        /// Entries of the progress table that are no longer as `entries` has them; nil for a dropped view.
        var changed: [String: ProgressTable.Entry?] = [:]
        var applied: Set<String> = []
        var published: [String: TableLayout] = [:]
        /// Rows that go on under other names.
        var exchanged: [TableLayout] = []
        /// The unfinished generations before it.
        let generations: [String: TableLayout]
        /// Set when this transaction repeats a commit that took place: nothing is written.
        var repeated: UnknownCommit?

        /// The views that must have progress in the end.
        var written: Set<String> { applied.union(published.keys) }
    }

    /// A commit that was sent and whose answer never came.
    struct UnknownCommit {
        var progress: Set<StoreProgress>
        var applied: Set<String>
        /// The tables of the views that were put in place.
        var published: [String: String]
        var dropped: Set<String>

        /// Whether it wrote more than progress, which may be written again.
        var hasRows: Bool { !(applied.isEmpty && published.isEmpty && dropped.isEmpty) }
    }

    /// What a commit will write.
    private struct Steps {
        var moves: [(from: Offset, to: StoreProgress)] = []
        var puts: [ProgressTable.Entry] = []
    }

    let url: String
    let options: Options
    let names: SchemaNames
    let progressTable: ProgressTable
    var connection: PostgresConnection
    var owner: Owner?
    /// The progress table as of the last commit. Only this owner changes it: `begin` checks the token.
    var entries: [String: ProgressTable.Entry] = [:]
    var transaction: Transaction?
    var unknownCommit: UnknownCommit?
    /// Of this connection.
    var writers: [String: TableWriter] = [:]
    private var writerCount = 0
    var generations: [String: TableLayout] = [:]
    /// Whether this connection has its prepared statements.
    var isPrepared = false
    /// Whether the server has a transaction open for us.
    var isInTransaction = false

    /// Connects, and makes the schema and its tables when they are not there and the store is not read-only.
    ///
    /// - Throws: `unavailable` when the server cannot be reached or refuses, with the GRANT to run; `foreign` for a schema of another
    ///   version of Leftfold.
    public init(url: String, schema: String = "leftfold", options: Options = Options()) throws(StoreError) {
        self.url = url
        self.options = options
        names = SchemaNames(schema: schema)
        progressTable = ProgressTable(names: names)
        connection = try Self.connect(url, names, options)
        try prepareSchema()
    }

    /// The database and schema, without user and password.
    public var location: String { "\(connection.database).\(names.schema)" }

    /// Reads the progress table.
    public func progress() throws(StoreError) -> [StoreProgress] {
        guard try isThere() else { return [] }
        return try reading("progress was read") { (connection) throws(PostgresError) in
            try progressTable.read(connection).map(\.progress)
        }
    }

    // MARK: Transactions

    /// Takes the owner's row for this transaction; another owner waits for its end.
    public func begin() throws(StoreError) {
        guard transaction == nil else { throw .openTransaction }
        try beginWriting()
        do throws(StoreError) {
            // What it has put in place is no generation any more.
            let repeated = try findUnknownCommit()
            transaction = Transaction(generations: generations)
            transaction?.repeated = repeated
        } catch {
            rollback()
            throw error
        }
    }

    /// Writes a delta set by set, with a few statements over arrays.
    public func apply(_ delta: borrowing ZSet, to view: ViewTable) throws(StoreError) {
        try requireTransaction()
        if transaction?.repeated != nil { return }
        do throws(StoreError) {
            try writer(for: view).apply(delta)
            transaction?.applied.insert(view.name)
        } catch {
            rollback()
            throw error
        }
    }

    /// Puts published views in place, writes progress and commits.
    public func commit(_ progress: [StoreProgress]) throws(StoreError) {
        try requireTransaction()
        do throws(StoreError) {
            if let repeated = transaction?.repeated {
                try finish(repeated, progress)
            } else {
                try write(progress)
            }
        } catch {
            rollback()
            throw error
        }
        let done = transaction
        transaction = nil
        for (view, entry) in done?.changed ?? [:] { entries[view] = entry }
        if let done, !done.published.isEmpty || done.changed.contains(where: { $0.value == nil }) { dropUnusedTables() }
    }

    private func write(_ progress: [StoreProgress]) throws(StoreError) {
        var steps = Steps()
        for step in progress { try admit(step, to: &steps) }
        try StoreProgress.checkComplete(progress, written: transaction?.written ?? [])
        let layouts = (transaction?.published.values.map(\.self) ?? []) + (transaction?.exchanged ?? [])
        for layout in layouts.sorted(by: { $0.view.name < $1.view.name }) { try swapIn(layout) }
        var sql: [String] = []
        if !steps.puts.isEmpty { sql.append(progressTable.put(steps.puts)) }
        for (held, step) in steps.moves { sql.append(ProgressTable.move(from: held, to: step)) }
        // Commit point 2: the rows of the epoch and the progress that names it become visible together.
        sql.append("COMMIT")
        do throws(PostgresError) {
            let tag = try connection.query(sql.joined(separator: ";\n")).commandTag
            guard tag == "COMMIT" else {
                throw PostgresError(.unexpectedAnswer, "the server answered COMMIT with \(tag)")
            }
            isInTransaction = false
        } catch {
            if error.sqlState == ProgressTable.elsewhere {
                throw .inconsistent(progress[0].view, "its progress is not as this owner left it in \(location)")
            }
            if !connection.isOpen {
                unknownCommit = UnknownCommit(
                    progress: Set(progress),
                    applied: transaction?.applied ?? [],
                    published: transaction?.published.mapValues(\.table) ?? [:],
                    dropped: Set(transaction?.changed.filter { $0.value == nil }.keys.map(\.self) ?? [])
                )
            }
            throw StoreError(error, while: "a transaction was committed")
        }
    }

    /// A transaction of its own; what was committed before is on disk already.
    public func noteProgress(_ progress: [StoreProgress]) throws(StoreError) {
        guard !progress.isEmpty else { return }
        try begin()
        try commit(progress)
    }

    /// Forgets the open transaction.
    public func rollback() {
        if isInTransaction, connection.isOpen { _ = try? connection.query("ROLLBACK") }
        isInTransaction = false
        guard let undone = transaction else { return }
        transaction = nil
        generations = undone.generations
        if !undone.published.isEmpty || !undone.changed.isEmpty { writers.removeAll() }
    }

    /// Does nothing: every commit was on the server's disk before it returned.
    public func sync() throws(StoreError) {}

    // MARK: Progress

    /// The entry of a view as the open transaction has it.
    func entry(of view: String) -> ProgressTable.Entry? {
        if let changed = transaction?.changed[view] { return changed }
        return entries[view]
    }

    private func admit(_ progress: StoreProgress, to steps: inout Steps) throws(StoreError) {
        try progress.checkOwner(owner.map { ($0.logID, $0.token) }, of: location)
        if let layout = transaction?.published[progress.view] {
            try progress.checkVersion(layout.view.version)
            let entry = ProgressTable.Entry(
                progress: progress,
                columns: layout.view.columnsDescription,
                key: layout.view.keyDescription,
                table: layout.table
            )
            steps.puts.append(entry)
            transaction?.changed[progress.view] = entry
            return
        }
        guard var entry = entry(of: progress.view) else {
            throw .noView(progress.view, in: location)
        }
        let held = entry.progress.offset
        let isApplied = transaction?.applied.contains(progress.view) ?? false
        try progress.checkFollows(entry.progress, isApplied: isApplied)
        entry.progress = progress
        steps.moves.append((held, progress))
        transaction?.changed[progress.view] = entry
    }

    // MARK: Tables

    private func writer(for view: ViewTable) throws(StoreError) -> TableWriter {
        if let writer = writers[view.name], writer.layout.view == view { return writer }
        let layout: TableLayout
        if let published = transaction?.published[view.name] {
            guard published.view == view else { throw .inconsistent(view.name, "another version of it was published") }
            layout = published
        } else {
            guard let entry = entry(of: view.name) else {
                throw .noView(view.name, in: location)
            }
            guard entry.progress.version == view.version, entry.describes(view) else {
                throw .inconsistent(
                    view.name,
                    "the store holds another version of it",
                    detail: "version \(entry.progress.version), not \(view.version)"
                )
            }
            layout = try readLayout(of: view, table: entry.table)
        }
        writerCount += 1
        let writer = TableWriter(layout, over: connection, number: writerCount)
        writers[view.name] = writer
        return writer
    }

    func requireTransaction() throws(StoreError) {
        guard transaction != nil else { throw .noTransaction }
    }
}
