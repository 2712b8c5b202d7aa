public import Relational

/// Which state of an arrangement is read.
public enum Cut: Sendable {
    /// Without the deltas staged since the last seal.
    case before
    /// With them.
    case after
}

/// An indexed Z-set: key bytes → rows with their weights, before and after the epoch's staged delta.
///
/// All calls are by batch, so that an implementation may sort the keys and merge them with sorted runs. Rows handed to a body are
/// valid until it returns. A row stands under one key only, and no weight is ever negative.
///
/// `stage` may be called several times in an epoch; the order of `match` is by key index, rows of one key in any order that the
/// history of calls decides. An implementation that fails throws `storage`, and the circuit has to be built again.
public protocol Arrangement: AnyObject {
    /// Distinct rows held, without staged deltas.
    var rowCount: Int { get }
    /// Bytes held in memory and in files.
    var byteCount: Int { get }

    /// Adds weights to rows, seen by `after` only until the seal. Row `i` of the delta has key `i`; rows with a NULL key are left out.
    ///
    /// - Throws: `negativeWeight`, `weightOverflow`, or `duplicateKey` where keys are unique; the arrangement must not be used after that.
    func stage(_ delta: borrowing ZSet, keys: borrowing KeyBatch) throws(DataflowError)

    /// Gives every row under each of the keys, in batches; NULL keys have none.
    func match(
        _ keys: borrowing KeyBatch,
        at cut: Cut,
        _ body: (borrowing MatchBatch) throws(DataflowError) -> Void
    ) throws(DataflowError)

    /// Appends, for each key, whether it has any row; false for NULL keys.
    func presence(
        of keys: borrowing KeyBatch,
        at cut: Cut,
        into present: inout GrowableBuffer<Bool>
    ) throws(DataflowError)

    /// Appends the weight of exactly row `i` under key `i`, for each row of a batch; 0 where it is not held.
    func weights(
        of rows: borrowing ZSet,
        keys: borrowing KeyBatch,
        at cut: Cut,
        into weights: inout GrowableBuffer<Int64>
    ) throws(DataflowError)

    /// Gives every row with its weight, in batches, in no particular order; the probe indexes of the batches are 0.
    func forEach(
        at cut: Cut,
        _ body: (borrowing MatchBatch) throws(DataflowError) -> Void
    ) throws(DataflowError)

    /// Staged deltas become part of `before`.
    func seal() throws(DataflowError)

    /// Staged deltas are forgotten.
    func discard() throws(DataflowError)
}

/// Makes the arrangements of a circuit.
public struct ArrangementFactory: Sendable {
    let make: @Sendable (_ name: String, _ isUnique: Bool) throws(DataflowError) -> any Arrangement

    /// `make` is given a name for people, not unique, and whether each key holds at most one row.
    public init(_ make: @escaping @Sendable (_ name: String, _ isUnique: Bool) throws(DataflowError) -> any Arrangement)
    {
        self.make = make
    }

    /// Everything in this process's memory.
    public static let memory = ArrangementFactory { _, isUnique throws(DataflowError) in
        MemoryArrangement(isUnique: isUnique)
    }
}
