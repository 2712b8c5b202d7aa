public import Relational
public import ViewStores

/// Views in an OpenSearch or Elasticsearch server: each row a document, found by its words.
///
/// A server without transactions gets an epoch in three steps, each of which can be repeated:
///
/// 1. The store's own document notes the epoch's end for each of its views. Only the owner can write it: it is changed by comparing
///    and setting its sequence number.
/// 2. The rows, in bulk requests. Each document's version is the number of the transaction, so that an older request that comes late
///    changes nothing.
/// 3. The store's own document has the views' new progress.
///
/// After a crash between 1 and 3 the rows are those of no offset; the views say so with `unknownOffset` and are built
/// again, or brought right by a difference. What stood under a key before is not looked at.
public final class SearchStore: ViewStore {
    /// How the store is used.
    public struct Options: Sendable {
        /// The waits before rows that a busy server rejects are sent again; after the last the epoch is given up for now.
        public var pauses: [Duration]
        /// Bytes after which a bulk request ends.
        public var requestByteCount: Int

        /// Pauses of three seconds in all and requests of 5 MB, unless told otherwise.
        public init(
            pauses: [Duration] = [100, 200, 400, 800, 1500].map { .milliseconds($0) },
            requestByteCount: Int = 5 << 20
        ) {
            self.pauses = pauses
            self.requestByteCount = requestByteCount
        }
    }

    struct Owner {
        var logID: String
        var token: Int64
    }

    /// The store's own document and what compares it.
    struct Held {
        var state: SearchState
        /// Both 0 for a document that is not there yet.
        var sequenceNumber: Int64
        var primaryTerm: Int64
    }

    /// A generation that is not published.
    struct Generation {
        var writer: RowWriter
        var index: String
    }

    /// What the open transaction is to do; forgotten with it.
    final class Transaction {
        let held: Held
        /// The document as it is to be.
        var state: SearchState
        let bulk: BulkBody
        /// Views with rows of this transaction, and where they go.
        var applied: [String: String] = [:]
        var published: Set<String> = []
        /// Views that may have any rows now, or none: their offset was forgotten, or they are to go.
        var reset: Set<String> = []

        init(_ held: Held, _ bulk: BulkBody) {
            self.held = held
            self.bulk = bulk
            state = held.state
            state.sequence += 1
        }
    }

    let options: Options
    let client: HTTPClient
    let names: IndexNames
    var owner: Owner?
    var transaction: Transaction?
    var generations: [String: Generation] = [:]
    var writers: [String: RowWriter] = [:]
    /// The store's own document as this owner left it.
    var left: SearchState?
    /// The stamp of a document that was sent and whose answer never came.
    var sentStamp: String?
    /// Views whose rows the server holds in another state than this owner left them in.
    var strayed: Set<String> = []
    /// Why readers are not yet shown what was committed; nil when they are.
    var untidy: StoreError?

    /// Asks the server who it is.
    ///
    /// - Throws: `unavailable` when it cannot be reached or refuses, with what to do; `foreign` when something else is kept under
    ///   Leftfold's own name.
    public init(url: String, prefix: String, options: Options = Options()) throws(StoreError) {
        self.options = options
        names = try IndexNames(prefix: prefix)
        client = HTTPClient(try SearchAddress(url))
        try greet()
        _ = try read()
    }

    /// Server and prefix, without user and password.
    public var location: String { "\(client.address.base) \(names.prefix)-" }

    /// Says that readers of an alias are behind.
    public var warning: String? {
        untidy.map { "readers of the indexes \(names.prefix)-* are not shown the newest rows yet: \($0.message)" }
    }

    /// A scan reads a snapshot of the index.
    public var scansOneMoment: Bool { true }

    /// Reads the progress of all views.
    public func progress() throws(StoreError) -> [StoreProgress] {
        (try read()?.state.views ?? [:]).map { $0.value.progress(of: $0.key) }.sorted { $0.view < $1.view }
    }

    // MARK: Transactions

    /// Reads the store's own document and compares its owner.
    public func begin() throws(StoreError) {
        guard transaction == nil else { throw .openTransaction }
        transaction = Transaction(try readOwned(), BulkBody(limit: options.requestByteCount))
    }

    /// Notes the rows for the commit.
    public func apply(_ delta: borrowing ZSet, to view: ViewTable) throws(StoreError) {
        let transaction = try requireTransaction()
        do throws(StoreError) {
            let (writer, index) = try target(of: view, transaction)
            try writer.append(delta, to: transaction.bulk, index: index, version: transaction.state.sequence)
            transaction.applied[view.name] = index
        } catch {
            rollback()
            throw error
        }
    }

    private func target(
        of view: ViewTable,
        _ transaction: Transaction
    ) throws(StoreError) -> (RowWriter, index: String) {
        if transaction.published.contains(view.name) {
            guard let made = generations[view.name], made.writer.view == view else {
                throw .inconsistent(view.name, "another version of it was published")
            }
            return (made.writer, made.index)
        }
        guard let entry = transaction.state.views[view.name] else { throw .noView(view.name, in: location) }
        try requireUnstrayed(view.name)
        guard entry.version == view.version, entry.layout == SearchState.layout(of: view) else {
            throw .inconsistent(
                view.name,
                "the store holds another version of it",
                detail: "version \(entry.version), not \(view.version)"
            )
        }
        if let writer = writers[view.name], writer.view == view { return (writer, entry.index) }
        let writer = RowWriter(view)
        writers[view.name] = writer
        return (writer, entry.index)
    }

    /// Notes the epoch, writes its rows, and then its progress.
    public func commit(_ progress: [StoreProgress]) throws(StoreError) {
        let transaction = try requireTransaction()
        defer { rollback() }
        for step in progress { try admit(step, transaction) }
        let written = transaction.published.union(transaction.applied.keys)
        try StoreProgress.checkComplete(progress, written: written)
        try write(transaction, progress)
        for view in transaction.published { generations[view] = nil }
        strayed.subtract(written.union(transaction.reset))
        if untidy != nil || !transaction.published.isEmpty || !surplus(transaction.state).isEmpty {
            tidyIfPossible(transaction.state)
        }
    }

    /// A transaction of its own; the server has on disk what it has answered.
    public func noteProgress(_ progress: [StoreProgress]) throws(StoreError) {
        if progress.isEmpty { return try sync() }
        try begin()
        try commit(progress)
    }

    /// Forgets the open transaction.
    public func rollback() { transaction = nil }

    /// A server answers when its translog is on disk, unless `index.translog.durability` is `async`: nothing is left to do but to show
    /// readers what could not be shown before.
    public func sync() throws(StoreError) {
        if untidy != nil { tidyIfPossible(try readOwned().state) }
    }

    // MARK: Progress

    private func admit(_ progress: StoreProgress, _ transaction: Transaction) throws(StoreError) {
        try progress.checkOwner(owner.map { ($0.logID, $0.token) }, of: location)
        if transaction.published.contains(progress.view), let made = generations[progress.view] {
            try progress.checkVersion(made.writer.view.version)
            publish(made, progress, in: &transaction.state)
            return
        }
        guard var entry = transaction.state.views[progress.view] else { throw .noView(progress.view, in: location) }
        try requireUnstrayed(progress.view)
        let isApplied = transaction.applied[progress.view] != nil
        if let begun = entry.writing, begun != progress.offset.rawValue || !isApplied {
            throw .inconsistent(
                progress.view,
                "an epoch of it was written in part",
                detail: "that one ends at \(begun), this at \(progress.offset)"
            )
        }
        try progress.checkFollows(entry.progress(of: progress.view), isApplied: isApplied)
        entry.move(to: progress)
        transaction.state.views[progress.view] = entry
    }

    private func publish(_ made: Generation, _ progress: StoreProgress, in state: inout SearchState) {
        state.loose.removeAll { $0 == made.index }
        if let replaced = state.views[progress.view]?.index { state.loose.append(replaced) }
        state.views[progress.view] = SearchState.Entry(
            progress,
            layout: SearchState.layout(of: made.writer.view),
            index: made.index
        )
    }

    private func requireUnstrayed(_ view: String) throws(StoreError) {
        guard strayed.contains(view), transaction?.reset.contains(view) != true else { return }
        throw .inconsistent(view, "the server went back behind what was committed")
    }

    func requireTransaction() throws(StoreError) -> Transaction {
        guard let transaction else { throw .noTransaction }
        return transaction
    }
}
