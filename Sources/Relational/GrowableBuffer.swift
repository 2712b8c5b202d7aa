/// An append-only buffer of plain values, owned by one place and freed with it.
///
/// Used instead of Array on hot paths: no uniqueness check and no exclusivity check per append (measured 2–3× on emission).
@frozen
public struct GrowableBuffer<Element: BitwiseCopyable>: ~Copyable {
    // Unsafe: raw memory is what saves the checks named above; every index is checked against `count` in debug builds.
    @usableFromInline var storage: UnsafeMutablePointer<Element>
    @usableFromInline var used: Int
    @usableFromInline var capacity: Int

    @inlinable
    public init(capacity: Int = 0) {
        self.storage = UnsafeMutablePointer<Element>.allocate(capacity: Swift.max(capacity, 1))
        self.used = 0
        self.capacity = Swift.max(capacity, 1)
    }

    deinit { storage.deallocate() }

    @inlinable
    public var count: Int { used }

    /// The elements; valid until the next append.
    @inlinable
    public var base: UnsafeMutablePointer<Element> { storage }

    @inlinable
    public mutating func append(_ element: Element) {
        if count == capacity { grow(to: count + 1) }
        storage[used] = element
        used += 1
    }

    @inlinable
    public subscript(index: Int) -> Element {
        get {
            assert(index >= 0 && index < count)
            return storage[index]
        }
        set {
            assert(index >= 0 && index < count)
            storage[index] = newValue
        }
    }

    /// Sets the count to `newCount`, filling new places with `element`.
    public mutating func resize(to newCount: Int, filling element: Element) {
        if newCount > capacity { grow(to: newCount) }
        var index = count
        while index < newCount {
            storage[index] = element
            index += 1
        }
        used = newCount
    }

    @inlinable
    public mutating func removeAll() { used = 0 }

    /// Bytes held, used or not.
    public var byteCapacity: Int { capacity * MemoryLayout<Element>.stride }

    @usableFromInline
    mutating func grow(to needed: Int) {
        let newCapacity = Swift.max(needed, capacity * 2, 16)
        let newBase = UnsafeMutablePointer<Element>.allocate(capacity: newCapacity)
        newBase.update(from: storage, count: used)
        storage.deallocate()
        storage = newBase
        capacity = newCapacity
    }
}

// Sendable: plain values behind a uniquely owned pointer; a noncopyable value cannot be shared by accident.
extension GrowableBuffer: @unchecked Sendable {}
