public import Relational

/// Keys to look up: ascending (byte by byte, what ends first is less) and distinct; the caller sorts.
public struct KeyList: ~Copyable {
    @usableFromInline struct Place: BitwiseCopyable {
        @usableFromInline var start: Int
        @usableFromInline var count: Int
        @usableFromInline var hash: UInt64

        @inlinable
        init(start: Int, count: Int, hash: UInt64) {
            self.start = start
            self.count = count
            self.hash = hash
        }
    }

    @usableFromInline var slab = ByteSlab()
    @usableFromInline var places = GrowableBuffer<Place>()

    public init() {}

    @inlinable
    public var count: Int { places.count }

    /// Bytes of memory that it holds.
    public var byteCount: Int { slab.capacity + places.byteCapacity }

    /// Adds a key with its `KeyHash`.
    @inlinable
    public mutating func append(_ key: UnsafeRawBufferPointer, hash: UInt64) {
        places.append(Place(start: slab.count, count: key.count, hash: hash))
        slab.append(key)
    }

    @inlinable
    public mutating func removeAll() {
        slab.removeAll()
        places.removeAll()
    }

    /// The bytes of a key; valid until the list changes.
    @inlinable
    public func key(at index: Int) -> UnsafeRawBufferPointer {
        let place = places[index]
        return UnsafeRawBufferPointer(start: slab.base + place.start, count: place.count)
    }

    /// How many bytes at the front two keys share.
    @inline(__always)
    func common(_ left: Int, _ right: Int) -> Int {
        let first = places[left]
        let second = places[right]
        return KeyOrder.common(
            slab.base + first.start,
            slab.base + second.start,
            limit: min(first.count, second.count)
        )
    }
}

// Sendable: plain bytes behind uniquely owned pointers; a noncopyable value cannot be shared by accident.
extension KeyList: @unchecked Sendable {}
