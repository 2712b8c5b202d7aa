public import Relational

/// Rows found in an arrangement: for each, the index of the key that found it, the row and its weight.
public struct MatchBatch: ~Copyable {
    @usableFromInline var indexes = GrowableBuffer<UInt32>()
    @usableFromInline var rows = GrowableBuffer<UnsafeRawPointer>()
    @usableFromInline var rowWeights = GrowableBuffer<Int64>()

    /// Implementations hand a batch over when it holds about this many rows.
    public static var preferredCount: Int { 2048 }

    public init() {}

    @inlinable
    public var count: Int { indexes.count }

    /// The index, in the batch of keys, of the key that found row `index`; never falling.
    @inlinable
    public func keyIndex(at index: Int) -> Int { Int(indexes[index]) }

    @inlinable
    public func row(at index: Int) -> RowView { RowView(rows[index]) }

    @inlinable
    public func weight(at index: Int) -> Int64 { rowWeights[index] }

    /// Notes a row; `row` must stay where it is until the batch is handed over.
    @inlinable
    public mutating func append(keyIndex: Int, row: RowView, weight: Int64) {
        indexes.append(UInt32(truncatingIfNeeded: keyIndex))
        rows.append(row.base)
        rowWeights.append(weight)
    }

    @inlinable
    public mutating func removeAll() {
        indexes.removeAll()
        rows.removeAll()
        rowWeights.removeAll()
    }
}
