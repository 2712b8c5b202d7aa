/// A batch of packed rows with signed integer weights: one slab, the rows' positions in it, and their weights.
///
/// The same row may stand in it several times until it is consolidated. Owned by one place; views of its rows are valid until
/// the next write.
@frozen
public struct ZSet: ~Copyable, Sendable {
    public var slab: ByteSlab
    @usableFromInline var positions: GrowableBuffer<Int>
    @usableFromInline var rowWeights: GrowableBuffer<Int64>

    @inlinable
    public init(byteCapacity: Int = 256, rowCapacity: Int = 4) {
        slab = ByteSlab(capacity: byteCapacity)
        positions = GrowableBuffer(capacity: rowCapacity)
        rowWeights = GrowableBuffer(capacity: rowCapacity)
    }

    @inlinable
    public var count: Int { positions.count }

    @inlinable
    public var isEmpty: Bool { positions.count == 0 }

    @inlinable
    public func row(at index: Int) -> RowView { RowView(slab.base + positions[index]) }

    @inlinable
    public func weight(at index: Int) -> Int64 { rowWeights[index] }

    /// Copies a row in. `row` must not be a row of this batch.
    @inlinable
    public mutating func append(_ row: RowView, weight: Int64) {
        positions.append(slab.append(row: row))
        rowWeights.append(weight)
    }

    /// Copies all rows of another batch in.
    public mutating func append(contentsOf other: borrowing ZSet) {
        let start = slab.count
        slab.append(other.slab.bytes)
        for index in 0..<other.count {
            positions.append(start + other.positions[index])
            rowWeights.append(other.rowWeights[index])
        }
    }

    /// Starts a row to be filled through `slab`; ends with `endRow`.
    @inlinable
    public mutating func beginRow(columnCount: Int) -> Int { slab.beginRow(columnCount: columnCount) }

    @inlinable
    public mutating func endRow(_ row: Int, weight: Int64) {
        slab.endRow(row)
        positions.append(row)
        rowWeights.append(weight)
    }

    /// Adds a row that was written into `slab` and ended there.
    @inlinable
    public mutating func noteRow(_ row: Int, weight: Int64) {
        positions.append(row)
        rowWeights.append(weight)
    }

    /// Drops a row that was begun and not ended.
    @inlinable
    public mutating func cancelRow(_ row: Int) { slab.truncate(to: row) }

    @inlinable
    public mutating func removeAll() {
        slab.removeAll()
        positions.removeAll()
        rowWeights.removeAll()
    }

    /// Bytes held by the rows.
    public var byteCount: Int { slab.count + count * 16 }

    /// Frees large buffers of an empty batch.
    public mutating func shrink(keeping limit: Int) {
        guard isEmpty else { return }
        slab.shrink(keeping: limit)
        if positions.byteCapacity > limit { positions = GrowableBuffer() }
        if rowWeights.byteCapacity > limit { rowWeights = GrowableBuffer() }
    }
}
