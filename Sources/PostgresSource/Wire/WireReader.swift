/// Reads a replication message's fields in order; every read is checked and names its field.
///
/// Borrows the bytes: they must outlive the reader and everything it returns.
@frozen
public struct WireReader {
    // Unsafe: messages are decoded where libpq received them (measured: 60 ns a message, 295 through arrays).
    @usableFromInline let bytes: UnsafeRawBufferPointer
    @usableFromInline var position: Int

    /// Starts at the first byte.
    @inlinable
    public init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
        position = 0
    }

    /// Bytes not yet read.
    @inlinable
    public var remaining: Int { bytes.count - position }

    /// Reads a big-endian integer.
    @inlinable
    public mutating func integer<Value: FixedWidthInteger & BitwiseCopyable>(
        _ field: StaticString,
        as type: Value.Type = Value.self
    ) throws(WireError) -> Value {
        let size = MemoryLayout<Value>.size
        guard remaining >= size else { throw error(.truncated, field) }
        defer { position += size }
        return Value(bigEndian: bytes.loadUnaligned(fromByteOffset: position, as: Value.self))
    }

    /// Reads a text that ends with a zero byte.
    public mutating func string(_ field: StaticString) throws(WireError) -> String {
        var end = position
        while end < bytes.count, bytes[end] != 0 { end += 1 }
        guard end < bytes.count else { throw error(.truncated, field) }
        guard let text = String(validating: bytes[position..<end], as: UTF8.self) else {
            throw error(.invalidText, field)
        }
        position = end + 1
        return text
    }

    /// Reads `byteCount` bytes.
    @inlinable
    public mutating func bytes(_ byteCount: Int, _ field: StaticString) throws(WireError) -> UnsafeRawBufferPointer {
        guard byteCount >= 0, remaining >= byteCount else { throw error(.truncated, field) }
        defer { position += byteCount }
        return UnsafeRawBufferPointer(rebasing: bytes[position..<position + byteCount])
    }

    /// Everything not yet read.
    public mutating func rest() -> UnsafeRawBufferPointer {
        defer { position = bytes.count }
        return UnsafeRawBufferPointer(rebasing: bytes[position...])
    }

    /// Rejects bytes after the last field.
    @inlinable
    public func finish(_ message: StaticString) throws(WireError) {
        guard remaining == 0 else { throw error(.leftover, message) }
    }

    /// An error at the current byte.
    @inline(never)
    public func error(_ code: WireError.Code, _ field: StaticString) -> WireError {
        WireError(code: code, field: "\(field)", byteOffset: position)
    }
}
