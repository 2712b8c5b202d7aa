import Relational
import StateFiles

/// Which state of an arrangement is read.
public enum Cut: Sendable {
    /// Without the deltas staged since the last seal.
    case before
    /// With them.
    case after
}

/// An indexed Z-set: key bytes → rows with their weights, before and after the epoch's staged delta.
///
/// All rows stand in memory (*resident*) while there is room. Otherwise memory has what changed since it was last written and sorted runs
/// in files have the rest (*layered*); every read merges both. Without a folder for runs it is always resident.
///
/// All calls are by batch. Rows handed to a body are valid until it returns. A row stands under one key only. A call that throws `storage`
/// means that the circuit has to be built again.
///
/// Owned by one thread.
final class Arrangement {
    /// For people.
    let name: String
    let isUnique: Bool
    let codec: RowCodec
    let folder: StateFolder?
    /// Who works on it.
    let crew: Crew
    let spine: Spine
    /// Every row, or the changes that are not in `handedOver` and `runs`.
    var table: ShardedTable
    var isLayered = false
    /// What a resident arrangement has not handed over; nil until all of it was handed over once.
    var journal: Journal?
    /// What may not be in `runs` yet, oldest first; tables where it is layered.
    var handedOver: [HandedOver] = []
    /// The table that was handed over as a whole and is resident again when it is written.
    var whole: SealedTable?
    var runs: [Run] = []
    /// The version of the spine's content that `runs` are.
    var version: UInt64 = 0
    var lastSequence: UInt64 = 0
    /// Whether it has changes of rows that are elsewhere, so that weights may be below 0.
    let holdsChanges: Bool
    /// Whether its rows are read once, at the end.
    var isReadOnce = false
    /// Whether it is to be resident as soon as it can.
    var wantsResidence = true
    /// The runs that are being read into memory, and the tables handed over since.
    var loading: Loading?
    private var stagedWeight: Int64 = 0

    /// Rows held, each as often as its weight says, without staged deltas.
    var rowCount = 0

    struct HandedOver {
        var sequence: UInt64
        var source: any StateSource
    }

    /// `isUnique` makes a second row under a key a `duplicateKey`; `stateName` names the state in checkpoints.
    init(
        name: String,
        isUnique: Bool = false,
        holdsChanges: Bool = false,
        types: [ScalarType],
        stateName: String = "",
        folder: StateFolder? = nil,
        crew: Crew = .alone
    ) {
        self.name = name
        self.isUnique = isUnique
        self.folder = folder
        self.crew = crew
        codec = RowCodec(types: types)
        spine = Spine(name: stateName, rule: .sum)
        self.holdsChanges = holdsChanges
        table = ShardedTable(isUnique: isUnique, holdsDeltas: holdsChanges)
    }

    /// Bytes held in memory.
    var byteCount: Int {
        var sum = table.byteCount + unwrittenByteCount
        for run in runs { sum += run.byteCount }
        return sum
    }

    var unwrittenByteCount: Int { handedOver.reduce(journal?.byteCount ?? 0) { $0 + $1.source.byteCount } }

    // MARK: Epochs

    /// Adds weights to rows, seen by `after` only until the seal. Row `i` of the delta has key `i`; rows with a NULL key are left out.
    ///
    /// `isSound` says that the caller knows that no weight comes below 0 and no key gets a second row; files are then not asked.
    ///
    /// - Throws: `negativeWeight`, `weightOverflow`, or `duplicateKey` where keys are unique; the arrangement must not be used after that.
    func stage(
        _ delta: borrowing ZSet,
        keys: borrowing KeyBatch,
        isSound: Bool = false
    ) throws(DataflowError) {
        try table.stage(delta, keys: keys, with: crew)
        journal?.append(delta, keys: keys)
        for index in 0..<delta.count where !keys.isNull(at: index) { stagedWeight &+= delta.weight(at: index) }
        if isLayered && !isSound { try checkStaged(delta, keys) }
    }

    /// Staged deltas become part of `before`.
    func seal() throws(DataflowError) {
        table.seal(with: crew)
        journal?.seal()
        rowCount &+= Int(stagedWeight)
        stagedWeight = 0
    }

    /// Staged deltas are forgotten.
    func discard() throws(DataflowError) {
        table.discard()
        journal?.discard()
        stagedWeight = 0
    }

    // MARK: Reading

    /// Gives every row under each of the keys, in batches; NULL keys have none. Keys come in no particular order.
    func match(
        _ keys: borrowing KeyBatch,
        at cut: Cut,
        _ body: (borrowing MatchBatch) throws(DataflowError) -> Void
    ) throws(DataflowError) {
        let lookup = lookup(keys)
        for piece in 0..<lookup.pieceCount { try match(keys, piece, of: lookup, at: cut, body) }
    }

    /// Prepares to match keys in pieces, which different threads may do at once.
    func lookup(_ keys: borrowing KeyBatch) -> Lookup {
        isLayered && !runs.isEmpty ? Lookup(SortedKeys(keys), crew) : Lookup(count: keys.count, crew)
    }

    /// Does one piece of a `match`.
    func match(
        _ keys: borrowing KeyBatch,
        _ piece: Int,
        of lookup: borrowing Lookup,
        at cut: Cut,
        _ body: (borrowing MatchBatch) throws(DataflowError) -> Void
    ) throws(DataflowError) {
        if isLayered { return try matchLayers(keys, piece, of: lookup, at: cut, body) }
        try table.match(keys, lookup.places(of: piece), at: cut, body)
    }

    /// Appends, for each key, whether it has any row; false for NULL keys.
    func presence(
        of keys: borrowing KeyBatch,
        at cut: Cut,
        into present: inout GrowableBuffer<Bool>
    ) throws(DataflowError) {
        if isLayered { return try presenceInLayers(of: keys, at: cut, into: &present) }
        table.presence(of: keys, at: cut, into: &present)
    }

    /// Appends the weight of exactly row `i` under key `i`, for each row of a batch; 0 where it is not held.
    func weights(
        of rows: borrowing ZSet,
        keys: borrowing KeyBatch,
        at cut: Cut,
        into weights: inout GrowableBuffer<Int64>
    ) throws(DataflowError) {
        if isLayered { return try weightsInLayers(of: rows, keys: keys, at: cut, into: &weights) }
        table.weights(of: rows, keys: keys, at: cut, into: &weights)
    }

    /// Gives every row with its weight, in batches, in no particular order; the probe indexes of the batches are 0.
    func forEach(
        at cut: Cut,
        _ body: (borrowing MatchBatch) throws(DataflowError) -> Void
    ) throws(DataflowError) {
        if isLayered { return try forEachInLayers(at: cut, body) }
        try table.forEach(at: cut, body)
    }
}
