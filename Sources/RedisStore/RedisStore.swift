public import Relational
public import ViewStores

/// Views in a Redis or Valkey server: each row a JSON document or a hash under `prefix:view:key`, for any client to GET.
///
/// An epoch of up to `directKeyCount` changed keys is one MULTI/EXEC, with its progress in it. A larger one, and every new
/// generation, is a journal: its rows are written beside the live ones, one MULTI/EXEC commits journal and progress, and then
/// the rows are renamed into place part by part, each part in one step of the server. A crash between parts is made good by the
/// next claim, so that no delta ever meets half of another. Readers see each key with its old or its new row, never without one.
///
/// Owners are told apart by a token: `begin` watches it, and EXEC fails when a later owner has changed it meanwhile.
public final class RedisStore: ViewStore {
    struct Owner {
        var logID: String
        var token: Int64
    }

    /// Rows that are not in place yet, see `KeyNames`.
    final class Journal {
        let number: Int64
        var partCount = 0
        var entryCount = 0

        init(_ number: Int64) { self.number = number }
    }

    /// A generation that is not published.
    struct Generation {
        var writer: RowWriter
        var journal: Journal
        /// Whether its rows may be other ones than were appended: an undone transaction changed them, or the server was restarted.
        var isSpoiled = false
    }

    /// What the open transaction is to do; forgotten with it.
    struct Transaction {
        /// Entries that are no longer as `entries` has them; nil for a dropped view.
        var changed: [String: ProgressEntry?] = [:]
        var applied: Set<String> = []
        var published: Set<String> = []
        /// Journals of large deltas, by view.
        var journals: [String: (journal: Journal, ttl: Int64)] = [:]
        var directKeyCount = 0
        /// Set when this transaction repeats a commit that took place: nothing is written.
        var repeated: UnknownCommit?

        /// The views that must have progress in the end.
        var written: Set<String> { applied.union(published) }
    }

    /// A commit that was sent and whose answer never came.
    struct UnknownCommit {
        var progress: Set<StoreProgress>
        var published: Set<String>
        var dropped: Set<String>
        var hasRows: Bool
        /// Published views that stood where they would stand after it: their progress does not tell whether it took place.
        var unclear: Set<String> = []
    }

    let address: RedisAddress
    let options: Options
    let names: KeyNames
    var connection: RedisConnection
    var owner: Owner?
    /// The progress as of the last commit. Only this owner changes it: `begin` compares it.
    var entries: [String: ProgressEntry] = [:]
    /// Views whose rows the server holds in another state than this owner left them in.
    var strayed: Set<String> = []
    var transaction: Transaction?
    /// The commands of the open transaction.
    var pending = CommandBuffer()
    var unknownCommit: UnknownCommit?
    var writers: [String: RowWriter] = [:]
    var generations: [String: Generation] = [:]
    /// Whether committed journals may have parts left.
    var hasPendingParts = false

    /// Connects.
    ///
    /// - Throws: `unavailable` when the server cannot be reached or refuses, with what to do; `unsupported` for a cluster and a prefix
    ///   without a hash tag; `foreign` when something else is kept under Leftfold's own names.
    public init(url: String, prefix: String, options: Options = Options()) throws(StoreError) {
        self.options = options
        names = KeyNames(prefix: prefix)
        address = try storing("the store was opened") { () throws(RedisError) in try RedisAddress(url) }
        connection = try Self.connect(address, names, options)
        try checkFormat()
    }

    /// Server and prefix, without user and password.
    public var location: String { "\(address.description) \(names.prefix):" }

    /// Reads the progress of all views.
    public func progress() throws(StoreError) -> [StoreProgress] {
        try reading("progress was read") { () throws(RedisError) in
            try readEntries().values.map(\.progress).sorted { $0.view < $1.view }
        }
    }

    // MARK: Transactions

    /// Watches token and progress, and checks both.
    public func begin() throws(StoreError) {
        guard transaction == nil else { throw .openTransaction }
        try watch()
        var started = Transaction()
        started.repeated = takeUnknownCommit()
        transaction = started
    }

    /// Compares the rows that end with what is there, a thousand keys at a time, and notes what is to be written.
    public func apply(_ delta: borrowing ZSet, to view: ViewTable) throws(StoreError) {
        try requireTransaction()
        if transaction?.repeated != nil { return }
        do throws(StoreError) {
            try write(delta, to: view)
            transaction?.applied.insert(view.name)
        } catch {
            rollback()
            throw error
        }
    }

    /// Sends everything as one MULTI/EXEC; rows of journals that are too many for it follow in parts.
    public func commit(_ progress: [StoreProgress]) throws(StoreError) {
        try requireTransaction()
        do throws(StoreError) {
            if let repeated = transaction?.repeated {
                try finish(repeated, progress)
            } else {
                for step in progress { try admit(step) }
                try StoreProgress.checkComplete(progress, written: transaction?.written ?? [])
                try send(progress)
            }
        } catch {
            rollback()
            throw error
        }
        let done = transaction
        transaction = nil
        pending.shrink()
        for (view, entry) in done?.changed ?? [:] {
            entries[view] = entry
            strayed.remove(view)
        }
        // What fails here is committed and finished by the next call.
        if hasPendingParts { try? finishParts() }
    }

    /// A transaction of its own, and where the server can say so, a wait until its append-only file is on disk.
    public func noteProgress(_ progress: [StoreProgress]) throws(StoreError) {
        if !progress.isEmpty {
            try begin()
            try commit(progress)
        }
        try sync()
    }

    /// Forgets the open transaction.
    public func rollback() {
        pending.shrink()
        guard let undone = transaction else { return }
        transaction = nil
        for name in undone.published { generations[name]?.isSpoiled = undone.applied.contains(name) }
        do {
            try connection.skipOwed()
            try connection.call("UNWATCH")
            for (journal, _) in undone.journals.values { try discard(journal.number) }
        } catch {
            // The connection is closed, or the journals stay in the set of the open ones: the next claim removes them.
        }
    }

    /// Waits until the append-only file is on the server's disk, where the server has one and can say so.
    public func sync() throws(StoreError) {
        guard connection.isOpen, options.isReadOnly == false, connection.version >= 70_200,
            connection.information["aof_enabled"] == "1"
        else { return }
        let answer = try storing("commits were made durable") { () throws(RedisError) in
            try connection.call("WAITAOF", "1", "0", "10000")
        }
        guard answer[0]?.integer == 1 else {
            throw StoreError(.unavailable, "the append-only file of the Redis store was not on disk after 10 seconds")
        }
    }

    // MARK: Progress

    /// The entry of a view as the open transaction has it.
    func entry(of view: String) -> ProgressEntry? {
        if let changed = transaction?.changed[view] { return changed }
        return entries[view]
    }

    private func admit(_ progress: StoreProgress) throws(StoreError) {
        try progress.checkOwner(owner.map { ($0.logID, $0.token) }, of: location)
        if transaction?.published.contains(progress.view) == true, let made = generations[progress.view] {
            let view = made.writer.view
            try progress.checkVersion(view.version)
            transaction?.changed[progress.view] = try .some(
                ProgressEntry(progress: progress, layout: ProgressEntry.layout(of: view))
            )
            return
        }
        guard var entry = entry(of: progress.view) else {
            throw .noView(progress.view, in: location)
        }
        let isApplied = transaction?.applied.contains(progress.view) ?? false
        try progress.checkFollows(entry.progress, isApplied: isApplied)
        entry.progress = progress
        transaction?.changed[progress.view] = .some(entry)
    }

    func requireTransaction() throws(StoreError) {
        guard transaction != nil else { throw .noTransaction }
    }
}
