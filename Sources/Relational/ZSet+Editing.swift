extension GrowableBuffer {
    /// Drops the elements from index `newCount` on.
    @inlinable
    public mutating func truncate(to newCount: Int) {
        assert(newCount <= count)
        used = newCount
    }

    /// Drops the last element; the buffer must not be empty.
    @inlinable
    public mutating func removeLast() {
        assert(count > 0)
        used -= 1
    }
}

extension ZSet {
    /// Drops the last row and its bytes; the batch must not be empty.
    @inlinable
    public mutating func removeLast() {
        slab.truncate(to: positions[count - 1])
        positions.removeLast()
        rowWeights.removeLast()
    }

    /// Drops the rows from index `newCount` on, with their bytes.
    public mutating func removeLast(keeping newCount: Int) {
        guard newCount < count else { return }
        slab.truncate(to: positions[newCount])
        positions.truncate(to: newCount)
        rowWeights.truncate(to: newCount)
    }
}
