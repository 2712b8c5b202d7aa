import Relational
public import StateFiles

/// Something of a circuit whose content outlives the process: an arrangement, or the groups of an aggregate.
protocol StatePiece: AnyObject {
    /// What it is written to; one for each kind of entries.
    var spines: [Spine] { get }

    /// Hands over what no file has yet, as of the last seal. `adopt` was called just before, and nothing else is being written.
    func handOver() -> [StatePart]

    /// Takes in what was written since the last time.
    ///
    /// - Throws: `storage`.
    func adopt() throws(DataflowError)

    /// Whether memory is short: what is written leaves it then.
    var isTight: Bool { get set }

    /// Whether nothing is read of it before the end: it is the first that leaves memory, and does not come back.
    var isReadOnce: Bool { get }

    /// Bytes of memory held now.
    var byteCount: Int { get }

    /// Those of them that are kept only until they are written.
    var unwrittenByteCount: Int { get }

    /// About the bytes of memory that it takes with all of it in memory.
    var fullByteCount: Int { get }

    /// What reads the runs into memory again where it is not short, for another thread; nil when there is nothing to read.
    func beginLoading() -> StateLoading?

    /// What a checkpoint says of it beside its runs.
    var note: StateNote { get }

    /// Begins with what a checkpoint has: the runs of each spine, oldest first.
    func restore(_ note: StateNote, runs: [[Run]])
}

extension StatePiece {
    var isReadOnce: Bool { false }
}

/// What a checkpoint says of a piece of state beside its runs.
struct StateNote: Hashable, Sendable {
    var rowCount: Int
}

extension DataflowError {
    /// Files of state could not be read.
    public init(reading error: StateError) {
        self.init(
            .storage,
            "the state cannot be read: \(error)",
            detail: error.detail,
            hint: error.hint ?? "leftfold state check",
            underlying: error
        )
    }

    static func damagedState(_ name: String) -> DataflowError {
        DataflowError(.storage, "the state of \(name) is damaged", hint: "leftfold state check")
    }
}
