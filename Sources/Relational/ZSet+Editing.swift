extension GrowableBuffer {
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
}
