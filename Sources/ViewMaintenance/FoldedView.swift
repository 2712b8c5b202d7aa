import Relational
import ViewPlan
import ViewStores

/// One view as a fold keeps it.
struct FoldedView {
    /// Why nothing goes to a view's store any more, and where its rows are.
    struct Stop {
        var failure: Status.Failure
        /// Every commit up to here is in the rows, as far as the fold has read.
        var frontier: Frontier
    }

    /// What the circuit calls it; its name when the circuit was made.
    let circuitName: String
    private(set) var definition: ViewDefinition
    private(set) var table: ViewTable
    var store: String
    /// Everything below this offset is in the store's rows, so deltas of later epochs go there; nil until the view is attached.
    var attachedThrough: Offset?
    /// Where the store's rows were when the fold started; nil for a view that is built.
    var resumedAt: Frontier?
    /// Where the rows stand that readers go on to see while the view is built again; nil for a view that has none.
    var oldRows: Frontier?
    /// Which of its attachments the deltas belong to that go to its store.
    var attachment: UInt64 = 0
    /// Where its rows stand in a store that lacks deltas since; nothing goes there until the view is attached again. Nil for the others.
    var detachedAt: Frontier?
    /// Whether it is attached by the difference to the rows that its store has, not by a new generation.
    var isDifference = false
    /// Whether it is detached because its name, which was taken, is free.
    var isNameFree = false
    /// Set when the view stopped: nothing goes to its store any more.
    var stop: Stop?

    init(_ definition: ViewDefinition) {
        circuitName = definition.name
        self.definition = definition
        self.table = ViewVersion.table(of: definition)
        self.store = ViewVersion.store(of: definition)
    }

    var name: String { definition.name }

    /// The code of the failure of a view whose name something else has in its store.
    static let nameTaken = "name_taken"

    /// Whether it stopped because its name is taken.
    var awaitsName: Bool { stop?.failure.code == Self.nameTaken }

    /// The view whose version before it is; nil for an ordinary view.
    var previousOf: String? { PreviousView.original(of: name) }

    /// Whether its rows follow the fold.
    var isFollowing: Bool { attachedThrough != nil && stop == nil && detachedAt == nil }

    /// Whether the other has its name, its definition and its store.
    func isSame(as other: FoldedView) -> Bool { name == other.name && table == other.table && store == other.store }

    /// The view goes on under the name of a definition that computes the same rows; its deltas are those of another attachment.
    mutating func rename(to other: ViewDefinition, attachment ticket: UInt64) {
        definition = other
        table.name = other.name
        attachment = ticket
    }

    /// Keeps the view out of its store until it is attached again; its rows stand at `rows`.
    mutating func detach(at rows: Frontier) {
        detachedAt = rows
        // Beyond every epoch, so that no rows are kept for it either.
        attachedThrough = Offset(.max)
    }

    /// Stops the view where it stands; the first reason stays.
    mutating func stop(because failure: Status.Failure, at frontier: Frontier) {
        guard stop == nil else { return }
        var rows = frontier
        if let resumedAt, resumedAt.offset > rows.offset { rows = resumedAt }
        stop = Stop(failure: failure, frontier: rows)
    }
}

/// One epoch: what was read in one go, always whole source commits, or a chunk of a compacted part of the log or of a large transaction.
struct Epoch {
    var start: Frontier
    var end: Frontier
    var records = 0
    var bytes = 0
    var hasSchema = false
    /// Whether it ends inside a compacted part or a unit: it is sealed and goes to nobody.
    var isChunk = false
    /// Whether it ends a unit or part of which chunks were folded before; their changes go to the stores with it, also when it has no records.
    var endsUnit = false
    /// Whether it ends where a compacted part does.
    var endsPart = false

    init(start: Frontier) {
        self.start = start
        self.end = start
    }

    /// Whether the circuit has anything to do.
    var isStepped: Bool { records > 0 || hasSchema || endsUnit }

    func isFull(_ budget: EpochBudget) -> Bool { records >= budget.records || bytes >= budget.bytes }
}
