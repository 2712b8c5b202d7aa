public import Relational

/// The arrangement in memory: a hash table of keys with contiguous rows per key, in one arena.
///
/// A row is found and removed in constant time however many rows its key has. Freed places are used again, a sparse arena is compacted,
/// and an empty arrangement holds no memory to speak of. `step`-local scratch is never kept across epochs above 1 MiB.
public final class MemoryArrangement: Arrangement {
    private var table: MemoryTable

    /// `isUnique` makes a second row under a key a `duplicateKey`.
    public init(isUnique: Bool = false) { table = MemoryTable(isUnique: isUnique) }

    public var rowCount: Int { table.rowCount }

    public var byteCount: Int { table.byteCount }

    public func stage(_ delta: borrowing ZSet, keys: borrowing KeyBatch) throws(DataflowError) {
        try table.stage(delta, keys: keys)
    }

    public func match(
        _ keys: borrowing KeyBatch,
        at cut: Cut,
        _ body: (borrowing MatchBatch) throws(DataflowError) -> Void
    ) throws(DataflowError) {
        try table.match(keys, at: cut, body)
    }

    public func presence(
        of keys: borrowing KeyBatch,
        at cut: Cut,
        into present: inout GrowableBuffer<Bool>
    ) throws(DataflowError) {
        table.presence(of: keys, at: cut, into: &present)
    }

    public func weights(
        of rows: borrowing ZSet,
        keys: borrowing KeyBatch,
        at cut: Cut,
        into weights: inout GrowableBuffer<Int64>
    ) throws(DataflowError) {
        table.weights(of: rows, keys: keys, at: cut, into: &weights)
    }

    public func forEach(
        at cut: Cut,
        _ body: (borrowing MatchBatch) throws(DataflowError) -> Void
    ) throws(DataflowError) {
        try table.forEach(at: cut, body)
    }

    public func seal() throws(DataflowError) { table.seal() }

    public func discard() throws(DataflowError) { table.discard() }
}
