/// One row of an insert, update or delete, still in the message's bytes.
///
/// | bytes | content |
/// |---|---|
/// | 0..<2 | column count |
/// | each column | `n` NULL, `u` unchanged and not sent, `t` text: Int32 length and that many bytes |
///
/// Made by a pass that checks every length, so that reading it again cannot fail.
public struct TupleData {
    /// The number of columns.
    public let columnCount: Int
    // Unsafe: borrowed from the receive buffer, like the reader it came from.
    private let bytes: UnsafeRawBufferPointer

    /// One column.
    public enum Column {
        case null
        case unchanged
        case text(UnsafeRawBufferPointer)
    }

    /// Checks a tuple and steps over it.
    public init(from reader: inout WireReader) throws(WireError) {
        let count: Int16 = try reader.integer("tuple.columnCount")
        guard (0...1600).contains(count) else { throw reader.error(.unknownValue, "tuple.columnCount") }
        let start = reader.position
        for _ in 0..<count {
            switch try reader.integer("tuple.column.kind", as: UInt8.self) {
            case UInt8(ascii: "n"), UInt8(ascii: "u"): continue
            case UInt8(ascii: "t"):
                let byteCount: Int32 = try reader.integer("tuple.column.length")
                _ = try reader.bytes(Int(byteCount), "tuple.column.value")
            default: throw reader.error(.unknownValue, "tuple.column.kind")
            }
        }
        columnCount = Int(count)
        bytes = UnsafeRawBufferPointer(rebasing: reader.bytes[start..<reader.position])
    }

}

extension TupleData: Sequence {
    /// The columns in order.
    public func makeIterator() -> Iterator { Iterator(bytes: bytes) }

    /// Steps over bytes that `init(from:)` has checked.
    public struct Iterator: IteratorProtocol {
        // Unsafe: borrowed from the message, which outlives the iteration.
        let bytes: UnsafeRawBufferPointer
        var position = 0

        /// The next column; nil after the last.
        @inline(__always)
        public mutating func next() -> Column? {
            guard position < bytes.count else { return nil }
            let kind = bytes[position]
            position += 1
            guard kind == UInt8(ascii: "t") else { return kind == UInt8(ascii: "n") ? .null : .unchanged }
            let byteCount = Int(UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self)))
            defer { position += 4 + byteCount }
            return .text(UnsafeRawBufferPointer(rebasing: bytes[position + 4..<position + 4 + byteCount]))
        }
    }
}
