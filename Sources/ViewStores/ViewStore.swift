public import Relational

/// The table of one view as a store keeps it.
public struct ViewTable: Hashable, Sendable {
    /// The view's name: what readers ask for.
    public var name: String
    /// The columns of its rows, in order.
    public var columns: [StoreColumn]
    /// Indexes into `columns` that identify a row; nil for a bag, where every row is a row of its own.
    public var key: [Int]?
    /// Fingerprint of the definition; a table with another one is another generation.
    public var version: String
    /// Further indexes for readers: each is what stands between the parentheses of the store's own CREATE INDEX.
    public var indexes: [String]
    /// What it is to its readers; a store that cannot be that refuses it in `beginGeneration`.
    public var kind: ViewKind
    /// The kind's own options of the definition, lower-case names.
    public var options: [String: String]

    /// A table without rows of its own: its description.
    public init(
        name: String,
        columns: [StoreColumn],
        key: [Int]?,
        version: String,
        indexes: [String] = [],
        kind: ViewKind = .table,
        options: [String: String] = [:]
    ) {
        self.name = name
        self.columns = columns
        self.key = key
        self.version = version
        self.indexes = indexes
        self.kind = kind
        self.options = options
    }
}

/// One column of a view's table.
public struct StoreColumn: Hashable, Sendable {
    /// As readers see it.
    public var name: String
    /// Postgres's type of its values.
    public var type: ScalarType
    /// Whether NULL never occurs.
    public var isNotNull: Bool

    /// One column.
    public init(name: String, type: ScalarType, isNotNull: Bool) {
        self.name = name
        self.type = type
        self.isNotNull = isNotNull
    }
}

/// How far a view in a store has come; written in the same transaction as the rows.
public struct StoreProgress: Hashable, Sendable {
    /// The UUID of the log that the rows were folded from.
    public var logID: String
    /// The view's name.
    public var view: String
    /// The version of the view that the rows are of.
    public var version: String
    /// Every frame below this offset is in the rows; `unknownOffset` when the rows are not known to be the fold of anything.
    public var offset: Offset
    /// The source's position at `offset`.
    public var position: SourcePosition
    /// Grows with every owner of the store; an owner with a smaller one is refused.
    public var fencingToken: Int64

    /// The progress of one view.
    public init(
        logID: String,
        view: String,
        version: String,
        offset: Offset,
        position: SourcePosition,
        fencingToken: Int64
    ) {
        self.logID = logID
        self.view = view
        self.version = version
        self.offset = offset
        self.position = position
        self.fencingToken = fencingToken
    }

    /// Stands before every offset of a log: what the view's rows ought to be must be worked out and the difference written.
    public static let unknownOffset = Offset(-1)
}

/// What a claim does with rows that were folded from another log.
public enum ForeignRows: String, Hashable, Sendable {
    /// Refuse the claim; nothing is changed.
    case refuse
    /// Keep the rows for readers and take them over with progress `unknownOffset`, to be brought right by a difference.
    case adopt
    /// Drop those views, rows and progress, to be built anew.
    case rebuild
}

/// Where views live. Owned by one thread; calls block.
///
/// `progress` and `scan` need no claim. Whoever writes claims the store first. Then one epoch is `begin`, `apply` for every view with
/// a delta, `commit` with the progress of those views. Everything between `begin` and `commit` is one transaction of the store:
/// after a crash at any point it is there wholly or not at all. When a call between them throws, `commit` included, the transaction
/// is already rolled back.
///
/// A view enters with `beginGeneration`, `append` of its rows in any number of batches, and `publish` inside such a transaction:
/// readers see the old rows until its commit and the new rows after it. A generation that is not published is gone with the next
/// claim.
public protocol ViewStore: AnyObject {
    /// Takes the store for the log `logID` and returns a fencing token larger than any it gave before.
    ///
    /// From then on every earlier owner is refused with `foreign`. Unfinished generations are dropped.
    ///
    /// - Throws: `foreign` when views hold rows of another log and `rows` is `refuse`; the claim then changes nothing.
    func claim(logID: String, foreign rows: ForeignRows) throws(StoreError) -> Int64

    /// The progress of every view that the store holds, by name.
    func progress() throws(StoreError) -> [StoreProgress]

    /// Starts a transaction.
    ///
    /// - Throws: `foreign` when the store is not claimed, or claimed by a later owner (a store may find that only in `commit`).
    func begin() throws(StoreError)

    /// Applies a consolidated delta: no row twice, no weight 0. Deletes take effect before inserts.
    ///
    /// A large delta comes in several calls; all rows of a key, or all that are equal in a bag, are in one of them.
    ///
    /// Every row is checked against what is there, in its whole image. Keys are equal as Postgres compares them.
    ///
    /// - Throws: `inconsistent` when the table contradicts the delta (a delete of a row that is not there, a second row for a key) or
    ///   is another version of the view.
    func apply(_ delta: borrowing ZSet, to view: ViewTable) throws(StoreError)

    /// Ends the transaction; readers see all of it or nothing. **Commit point 2** of a source transaction.
    ///
    /// Every view that was applied to or published must have progress. An applied delta must lead its view to a greater offset, so
    /// that an epoch applied a second time is refused; progress without a delta may stay where it is. A published generation may
    /// stand at any offset.
    ///
    /// - Throws: `foreign` for another log or token than the claim's, `inconsistent` for a view that would not move forward.
    func commit(_ progress: [StoreProgress]) throws(StoreError)

    /// Moves views forward whose rows stay as they are, and makes all that was committed so far durable, with this: after a power cut
    /// `progress` is at least what it is when this returns. What a log may forget rests on it.
    ///
    /// Outside a transaction. With no progress it only makes durable.
    ///
    /// - Throws: as `begin` and `commit`, and nothing has moved then.
    func noteProgress(_ progress: [StoreProgress]) throws(StoreError)

    /// Forgets the open transaction; does nothing without one.
    func rollback()

    /// Starts an empty, invisible generation of the view; drops an unfinished one.
    ///
    /// - Throws: `unsupported` for a name, type or index that this store cannot hold, `nameTaken` when something of the view's name is
    ///   there that Leftfold did not make.
    func beginGeneration(of view: ViewTable) throws(StoreError)

    /// Looks whether the view's name is free, or the view's own. Outside a transaction.
    ///
    /// - Throws: `nameTaken`.
    func checkName(of view: ViewTable) throws(StoreError)

    /// Adds rows (weights > 0) to the unfinished generation. Rows in key order are fastest.
    ///
    /// - Throws: `inconsistent` for a second row of a key (a store may find that only in `publish`).
    func append(_ rows: borrowing ZSet, to view: ViewTable) throws(StoreError)

    /// Inside a transaction: puts the unfinished generation in the place of what readers see.
    func publish(_ view: ViewTable) throws(StoreError)

    /// Inside a transaction: sets a view's progress to `unknownOffset`, so that a difference may be written at any offset.
    func resetProgress(of name: String) throws(StoreError)

    /// Inside a transaction: takes the rows of a view over for another definition with the same columns and key, which is its version
    /// from then on; its progress is `unknownOffset`, so that the difference may be written at any offset.
    ///
    /// - Throws: `unsupported` when there are no such rows, they lie otherwise, or the store cannot do it; the transaction is rolled back.
    func adopt(_ view: ViewTable) throws(StoreError)

    /// Whether `exchange` is there.
    var exchangesViews: Bool { get }

    /// Inside a transaction: two views change places, with rows, columns, version and progress: from the commit on each is named as the
    /// other was. Both are given as they are before. Nothing is copied.
    ///
    /// Does nothing when they have changed places already, so that it may be repeated after a commit without an answer.
    ///
    /// - Throws: `inconsistent` when one is not there, `unsupported` for other versions than are there or when the store cannot do it;
    ///   the transaction is rolled back.
    func exchange(_ view: ViewTable, with other: ViewTable) throws(StoreError)

    /// Whether a scan outside a transaction goes on to give the rows of the moment it began, however others write meanwhile.
    var scansOneMoment: Bool { get }

    /// Inside a transaction: removes a view's table, its unfinished generation and its progress; nothing when there is none.
    func drop(view name: String) throws(StoreError)

    /// Reads all rows of a view back, in batches with weight 1 each, in the packed form they were applied in.
    ///
    /// The rows are those of one moment: inside a transaction with its changes, else the last commit.
    func scan(_ view: ViewTable, _ body: (borrowing ZSet) throws -> Void) throws

    /// Compares what the store keeps beside a view's rows, a search index, with them: the first difference in words, nil when there
    /// is none. Reads everything; needs no claim.
    func indexFault(of view: ViewTable) throws(StoreError) -> String?

    /// Moves what is committed to disk.
    func sync() throws(StoreError)

    /// What somebody should mend although the store works, as of the last commit; nil when there is nothing. Costs nothing to ask.
    var warning: String? { get }
}

extension ViewStore {
    /// Left to `beginGeneration`.
    public func checkName(of view: ViewTable) throws(StoreError) {}

    /// Nothing to mend.
    public var warning: String? { nil }
    /// A store that keeps nothing beside the rows has no such fault.
    public func indexFault(of view: ViewTable) throws(StoreError) -> String? { nil }

    /// Claims the store, refusing one with rows of another log.
    public func claim(logID: String) throws(StoreError) -> Int64 { try claim(logID: logID, foreign: .refuse) }

    /// A store that cannot do it refuses: the view gets a new generation then.
    public func adopt(_ view: ViewTable) throws(StoreError) {
        rollback()
        throw .otherRows(of: view)
    }

    /// False: a version before is built again.
    public var exchangesViews: Bool { false }

    /// A store that cannot do it refuses.
    public func exchange(_ view: ViewTable, with other: ViewTable) throws(StoreError) {
        rollback()
        throw .otherRows(of: view)
    }

    /// False: whoever reads keeps writers away.
    public var scansOneMoment: Bool { false }
}
