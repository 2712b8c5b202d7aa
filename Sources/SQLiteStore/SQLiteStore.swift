public import Relational
import SQLiteDatabase
public import ViewStores

/// Views in one SQLite file, each a table of its own with the view's name.
///
/// The file is in WAL mode: readers of it never wait and never see part of an epoch. A commit is not synced by itself; after a power
/// cut rows and progress are back at an earlier commit together, and `sync` says what can no longer be lost.
///
/// bool and integers are INTEGER; floats REAL, NaN the text 'NaN'; bytea is BLOB; all else is TEXT as Postgres prints it.
public final class SQLiteStore: ViewStore {
    struct Owner {
        var logID: String
        var token: Int64
    }

    /// What the open transaction has done besides writing rows; forgotten with it.
    struct Transaction {
        /// Entries of the progress table that are no longer as `entries` has them; nil for a dropped view.
        var changed: [String: ProgressTable.Entry?] = [:]
        var applied: Set<String> = []
        var published: [String: ViewTable] = [:]
        /// The unfinished generations before it.
        let generations: [String: TableWriter]

        /// The views that must have progress in the end.
        var written: Set<String> { applied.union(published.keys) }
    }

    let database: SQLiteConnection
    let progressTable: ProgressTable
    let options: Options
    private let beginStatement: SQLiteStatement
    private let commitStatement: SQLiteStatement
    var owner: Owner?
    /// The progress table as of the last commit. Only this owner changes it: `begin` checks the token.
    var entries: [String: ProgressTable.Entry] = [:]
    var transaction: Transaction?
    var writers: [String: TableWriter] = [:]
    var generations: [String: TableWriter] = [:]
    /// The size of the write-ahead log, in pages, at which it is next copied to the file.
    private var checkpointDue: Int
    /// Set when a reader of an old state keeps the write-ahead log from beginning anew, and it has grown far.
    public private(set) var warning: String?

    /// Opens the file, creating it when there is none.
    ///
    /// - Throws: `unavailable` when there is no way to it or it is no database, `foreign` when another program wrote it.
    public init(path: String, options: Options = Options()) throws(StoreError) {
        database = try Self.open(path, options)
        self.options = options
        checkpointDue = options.checkpointPageCount
        do {
            progressTable = try ProgressTable(in: database)
            beginStatement = try database.prepare("BEGIN IMMEDIATE")
            commitStatement = try database.prepare("COMMIT")
        } catch {
            throw StoreError(error, while: "the store was opened")
        }
    }

    /// The database file.
    public var path: String { database.path }

    /// Reads the progress table.
    public func progress() throws(StoreError) -> [StoreProgress] {
        try storing("progress was read") { () throws(SQLiteError) in try progressTable.read().map(\.progress) }
    }

    // MARK: Transactions

    /// Takes the write lock of the file, waiting for other writers up to the busy timeout.
    public func begin() throws(StoreError) {
        guard transaction == nil else { throw .openTransaction }
        try beginWriting()
        transaction = Transaction(generations: generations)
    }

    /// Writes a delta in key order, with one statement for each row; an update of a row is one UPDATE.
    public func apply(_ delta: borrowing ZSet, to view: ViewTable) throws(StoreError) {
        try requireTransaction()
        do throws(StoreError) {
            try writer(for: view).apply(delta)
            transaction?.applied.insert(view.name)
        } catch {
            rollback()
            throw error
        }
    }

    /// Writes progress and commits, without a sync.
    public func commit(_ progress: [StoreProgress]) throws(StoreError) {
        try requireTransaction()
        do throws(StoreError) {
            for step in progress { try write(step) }
            try StoreProgress.checkComplete(progress, written: transaction?.written ?? [])
            // Commit point 2: the rows of the epoch and the progress that names it become visible together.
            try endWriting()
        } catch {
            rollback()
            throw error
        }
        let done = transaction
        transaction = nil
        for (view, entry) in done?.changed ?? [:] { entries[view] = entry }
        checkpointIfDue()
    }

    /// A transaction of its own, and a sync of the write-ahead log, which holds it and every commit that was not copied and synced yet.
    public func noteProgress(_ progress: [StoreProgress]) throws(StoreError) {
        if !progress.isEmpty {
            try begin()
            try commit(progress)
        }
        try storing("progress was made durable") { () throws(SQLiteError) in try database.syncLog() }
    }

    /// Forgets the open transaction.
    public func rollback() {
        database.rollback()
        guard let undone = transaction else { return }
        transaction = nil
        generations = undone.generations
        if !undone.published.isEmpty || !undone.changed.isEmpty { writers.removeAll() }
    }

    /// Copies the write-ahead log to the file, or at least syncs it when a reader of an older state prevents that.
    public func sync() throws(StoreError) {
        try storing("the store was synced") { () throws(SQLiteError) in
            if try !database.checkpoint() { try database.syncLog() }
        }
    }

    // MARK: Progress

    /// The entry of a view as the open transaction has it.
    func entry(of view: String) -> ProgressTable.Entry? {
        if let changed = transaction?.changed[view] { return changed }
        return entries[view]
    }

    private func write(_ progress: StoreProgress) throws(StoreError) {
        try progress.checkOwner(owner.map { ($0.logID, $0.token) }, of: path)
        if let view = transaction?.published[progress.view] {
            try progress.checkVersion(view.version)
            let entry = ProgressTable.Entry(
                progress: progress,
                columns: view.columnsDescription,
                key: view.keyDescription
            )
            try storing("progress was written") { () throws(SQLiteError) in try progressTable.put(entry) }
            transaction?.changed[progress.view] = entry
            return
        }
        guard var entry = entry(of: progress.view) else {
            throw .noView(progress.view, in: path)
        }
        let isApplied = transaction?.applied.contains(progress.view) ?? false
        try progress.checkFollows(entry.progress, isApplied: isApplied)
        entry.progress = progress
        let isThere = try storing("progress was written") { () throws(SQLiteError) in
            try progressTable.update(progress)
        }
        guard isThere else { throw .inconsistent(progress.view, "its progress is gone from \(path)") }
        transaction?.changed[progress.view] = entry
    }

    func writer(for view: ViewTable) throws(StoreError) -> TableWriter {
        if let writer = writers[view.name], writer.layout.view == view { return writer }
        if let published = transaction?.published[view.name] {
            guard published == view else { throw .inconsistent(view.name, "another version of it was published") }
        } else {
            guard let entry = entry(of: view.name) else {
                throw .noView(view.name, in: path)
            }
            guard entry.progress.version == view.version, entry.describes(view) else {
                throw .inconsistent(
                    view.name,
                    "the store holds another version of it",
                    detail: "version \(entry.progress.version), not \(view.version)"
                )
            }
        }
        let writer = TableWriter(try TableLayout(view, table: view.name), in: database)
        writers[view.name] = writer
        return writer
    }

    // MARK: The engine's transaction

    func requireTransaction() throws(StoreError) {
        guard transaction != nil else { throw .noTransaction }
    }

    /// Takes the write lock and checks that this owner still may write.
    func beginWriting() throws(StoreError) {
        guard let owner else { throw .notClaimed(path) }
        let token = try storing("a transaction was started") { () throws(SQLiteError) in
            try beginStatement.run()
            do throws(SQLiteError) {
                return try progressTable.token()
            } catch {
                database.rollback()
                throw error
            }
        }
        guard token == owner.token else {
            database.rollback()
            throw StoreError.fenced(
                path,
                by: token,
                after: owner.token,
                hint: "another file: fuser \(path)"
            )
        }
    }

    func endWriting() throws(StoreError) {
        try storing("a transaction was committed") { () throws(SQLiteError) in _ = try commitStatement.run() }
    }

    /// Keeps the write-ahead log from growing without bound, in few large steps: it is also where random writes become sorted ones.
    func checkpointIfDue() {
        let pages = database.walPageCount
        let far = options.checkpointPageCount * 4
        if pages < far { warning = nil }
        guard pages >= checkpointDue else { return }
        // What was committed stays committed whether or not it can be copied now; the next attempt or `sync` reports the cause.
        let isComplete = (try? database.checkpoint()) ?? false
        checkpointDue = options.checkpointPageCount + (isComplete ? 0 : pages)
        guard pages >= far, !isComplete else { return }
        warning =
            "a reader keeps an old state of \(path) open, so that \(path)-wal grows: \(pages / 256) MB by now; "
            + "end its transaction, find it with: fuser \(path)"
    }
}
