public import Relational

/// What a reader found: plain memory, used again from batch to batch. Pointers are valid until the next `next`.
public struct FoundEntries: ~Copyable {
    @usableFromInline struct Entry: BitwiseCopyable {
        @usableFromInline var keyStart: Int
        @usableFromInline var payloadStart: Int
        @usableFromInline var keyCount: UInt32
        @usableFromInline var payloadCount: UInt32
        @usableFromInline var keyIndex: Int
        @usableFromInline var weight: Int64
    }

    static let countMax = 2048
    static let byteCountMax = 256 << 10

    @usableFromInline var slab = ByteSlab()
    @usableFromInline var entries = GrowableBuffer<Entry>()

    public init() {}

    @inlinable
    public var count: Int { entries.count }

    /// Bytes of memory that it holds.
    public var byteCount: Int { slab.capacity + entries.byteCapacity }

    /// Which key of the list it belongs to; 0 in a scan.
    @inlinable
    public func keyIndex(at index: Int) -> Int { entries[index].keyIndex }

    @inlinable
    public func key(at index: Int) -> UnsafeRawBufferPointer {
        let entry = entries[index]
        return UnsafeRawBufferPointer(start: slab.base + entry.keyStart, count: Int(entry.keyCount))
    }

    @inlinable
    public func payload(at index: Int) -> UnsafeRawBufferPointer {
        let entry = entries[index]
        return UnsafeRawBufferPointer(start: slab.base + entry.payloadStart, count: Int(entry.payloadCount))
    }

    @inlinable
    public func weight(at index: Int) -> Int64 { entries[index].weight }

    mutating func removeAll() {
        entries.removeAll()
        slab.removeAll()
        // One huge entry must not hold its memory for ever.
        slab.shrink(keeping: 4 * Self.byteCountMax)
    }

    /// Whether an entry of so many bytes may come into this batch; one that is too large for any comes alone.
    @inline(__always)
    func hasRoom(_ byteCount: Int) -> Bool {
        entries.count == 0 || (entries.count < Self.countMax && slab.count &+ byteCount <= Self.byteCountMax)
    }

    /// Copies an entry; the key only when the entry before has another `keyIndex` or `isScan`.
    @inline(__always)
    mutating func append(
        keyIndex: Int,
        key: UnsafeRawBufferPointer,
        payload: UnsafeRawBufferPointer,
        weight: Int64,
        isScan: Bool = false
    ) {
        let last = entries.count &- 1
        var keyStart = slab.count
        if !isScan, last >= 0, entries[last].keyIndex == keyIndex {
            keyStart = entries[last].keyStart
        } else {
            slab.append(key)
        }
        let payloadStart = slab.count
        slab.append(payload)
        entries.append(
            Entry(
                keyStart: keyStart,
                payloadStart: payloadStart,
                keyCount: UInt32(truncatingIfNeeded: key.count),
                payloadCount: UInt32(truncatingIfNeeded: payload.count),
                keyIndex: keyIndex,
                weight: weight
            )
        )
    }

    /// Takes the last entry back when its weight came to 0.
    mutating func settleLast(weight: Int64) {
        let last = entries.count - 1
        guard weight == 0 else {
            entries[last].weight = weight
            return
        }
        // A key that an earlier entry shares stays: it lies before that entry's payload.
        slab.truncate(to: entries[last].payloadStart)
        entries.resize(to: last, filling: entries[last])
    }
}

// Sendable: plain bytes behind uniquely owned pointers; a noncopyable value cannot be shared by accident.
extension FoundEntries: @unchecked Sendable {}
