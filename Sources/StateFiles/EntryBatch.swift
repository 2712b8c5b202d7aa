import Relational

/// Entries in the order in which they came: what is to become a run.
public struct EntryBatch: ~Copyable {
    struct Entry: BitwiseCopyable {
        /// Where the key lies in the slab; the payload follows it.
        var start: Int
        var keyLength: UInt32
        var payloadLength: UInt32
        var weight: Int64
    }

    private(set) var slab = ByteSlab()
    private(set) var entries = GrowableBuffer<Entry>()

    public init() {}

    public var count: Int { entries.count }

    /// Bytes of memory that it holds.
    public var byteCount: Int { slab.capacity + entries.byteCapacity }

    /// Adds an entry; under `replace` a weight is 1, or 0 for a key that is taken away.
    public mutating func append(key: UnsafeRawBufferPointer, payload: UnsafeRawBufferPointer, weight: Int64) {
        let start = slab.count
        slab.append(key)
        slab.append(payload)
        entries.append(
            Entry(
                start: start,
                keyLength: UInt32(truncatingIfNeeded: key.count),
                payloadLength: UInt32(truncatingIfNeeded: payload.count),
                weight: weight
            )
        )
    }

    /// Valid until the next `append`.
    public func key(at index: Int) -> UnsafeRawBufferPointer {
        let entry = entries[index]
        return UnsafeRawBufferPointer(start: slab.base + entry.start, count: Int(entry.keyLength))
    }

    /// Valid until the next `append`.
    public func payload(at index: Int) -> UnsafeRawBufferPointer {
        let entry = entries[index]
        let start = slab.base + entry.start + Int(entry.keyLength)
        return UnsafeRawBufferPointer(start: start, count: Int(entry.payloadLength))
    }

    public func weight(at index: Int) -> Int64 { entries[index].weight }
}

// Sendable: a noncopyable value cannot be shared by accident.
extension EntryBatch: @unchecked Sendable {}
