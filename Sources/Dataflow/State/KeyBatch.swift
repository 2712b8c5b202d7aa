public import Relational

/// Key bytes and their hashes for the rows of a batch; a key with a NULL in it is marked and has no bytes.
public struct KeyBatch: ~Copyable {
    @usableFromInline var slab = ByteSlab()
    @usableFromInline var entries = GrowableBuffer<Entry>()

    /// Where one key lies; `length` is −1 for a key with a NULL in it.
    @usableFromInline
    struct Entry: BitwiseCopyable {
        @usableFromInline var start: Int
        @usableFromInline var length: Int32
        @usableFromInline var hash: UInt64

        @inlinable
        init(start: Int, length: Int32, hash: UInt64) {
            self.start = start
            self.length = length
            self.hash = hash
        }
    }

    public init() {}

    @inlinable
    public var count: Int { entries.count }

    /// Whether key `index` has a NULL in it and so matches nothing.
    @inlinable
    public func isNull(at index: Int) -> Bool { entries[index].length < 0 }

    /// The bytes of key `index`; empty for a NULL key. Valid until the next write.
    @inlinable
    public func bytes(at index: Int) -> UnsafeRawBufferPointer {
        let entry = entries[index]
        return UnsafeRawBufferPointer(start: slab.base + entry.start, count: Int(Swift.max(entry.length, 0)))
    }

    /// A hash of the bytes with a fixed seed; 0 for a NULL key.
    @inlinable
    public func hash(at index: Int) -> UInt64 { entries[index].hash }

    @inlinable
    public mutating func removeAll() {
        slab.removeAll()
        entries.removeAll()
    }

    /// Bytes of keys and their places.
    public var byteCount: Int { slab.count + entries.count * MemoryLayout<Entry>.stride }

    /// Adds one key by its bytes, which must not lie in this batch.
    public mutating func append(_ bytes: UnsafeRawBufferPointer) {
        let start = slab.count
        slab.append(bytes)
        entries.append(Entry(start: start, length: Int32(truncatingIfNeeded: bytes.count), hash: KeyHash.hash(bytes)))
    }

    /// Adds a key of another batch.
    mutating func append(_ other: borrowing KeyBatch, at index: Int) {
        var entry = other.entries[index]
        let start = slab.count
        slab.append(other.bytes(at: index))
        entry.start = start
        entries.append(entry)
    }

    /// Adds a key whose hash is known.
    mutating func append(_ bytes: UnsafeRawBufferPointer, hash: UInt64) {
        let start = slab.count
        slab.append(bytes)
        entries.append(Entry(start: start, length: Int32(truncatingIfNeeded: bytes.count), hash: hash))
    }

    /// Adds all keys of another batch.
    mutating func append(contentsOf other: borrowing KeyBatch) {
        let start = slab.count
        slab.append(other.slab.bytes)
        for index in 0..<other.entries.count {
            var entry = other.entries[index]
            entry.start += start
            entries.append(entry)
        }
    }

    /// Drops the keys from index `newCount` on.
    mutating func removeLast(keeping newCount: Int) {
        guard newCount < count else { return }
        slab.truncate(to: entries[newCount].start)
        entries.truncate(to: newCount)
    }

    /// Adds a key that matches nothing.
    public mutating func appendNull() { entries.append(Entry(start: slab.count, length: -1, hash: 0)) }

    /// Takes back the last key.
    mutating func removeLast() {
        slab.truncate(to: entries[entries.count - 1].start)
        entries.resize(to: entries.count - 1, filling: Entry(start: 0, length: 0, hash: 0))
    }

    /// Frees large buffers of an empty batch.
    mutating func shrink(keeping limit: Int) {
        guard entries.count == 0 else { return }
        slab.shrink(keeping: limit)
        if entries.byteCapacity > limit { entries = GrowableBuffer() }
    }
}
