import Relational

/// Columns of packed rows as arrays in Postgres's binary form, one after the other in one buffer.
///
/// All integers big-endian:
///
/// | bytes | content |
/// |---|---|
/// | 4 | dimensions: 1 |
/// | 4 | whether there may be NULLs: 1 |
/// | 4 | the elements' type |
/// | 4 | elements |
/// | 4 | the first one's index: 1 |
/// | each element | byte count, −1 for NULL, in 4 bytes; then the value in its type's binary form |
struct ArrayEncoder: ~Copyable {
    private var slab = ByteSlab(capacity: 1 << 16)
    private var starts: [Int] = []

    mutating func removeAll() {
        slab.removeAll()
        starts.removeAll(keepingCapacity: true)
    }

    /// Frees the memory of a large statement.
    mutating func shrink() {
        removeAll()
        slab.shrink(keeping: 1 << 22)
    }

    /// The arrays, in the order they were appended; valid until the next change.
    var parameters: [UnsafeRawBufferPointer] {
        starts.indices.map { index in
            let end = index + 1 < starts.count ? starts[index + 1] : slab.count
            return UnsafeRawBufferPointer(rebasing: slab.bytes[starts[index]..<end])
        }
    }

    /// One column of some rows.
    mutating func append(_ delta: borrowing ZSet, _ rows: ArraySlice<UInt32>, column: Int, as encoding: Encoding) {
        appendHead(elementType: encoding.elementType, count: rows.count)
        for index in rows {
            let row = delta.row(at: Int(index))
            if row.isNull(column) {
                slab.append(integer: Int32(-1))
            } else {
                append(row, column, encoding)
            }
        }
    }

    /// An array of int8.
    mutating func append(integers: [Int64]) {
        appendHead(elementType: TypeOID.int8, count: integers.count)
        for value in integers { append(integer: value) }
    }

    private mutating func appendHead(elementType: TypeOID, count: Int) {
        starts.append(slab.count)
        for word in [1, 1, elementType.rawValue, UInt32(truncatingIfNeeded: count), 1] {
            slab.append(integer: word.byteSwapped)
        }
    }

    @inline(__always)
    private mutating func append(_ row: RowView, _ column: Int, _ encoding: Encoding) {
        switch encoding {
        case .bool:
            slab.append(integer: Int32(1).byteSwapped)
            slab.append(byte: row.bool(column) ? 1 : 0)
        case .int2: append(integer: Int16(truncatingIfNeeded: row.int(column)))
        case .int4, .date: append(integer: Int32(truncatingIfNeeded: row.int(column)))
        case .int8, .timestamp, .timestamptz: append(integer: row.int(column))
        case .float4: append(integer: Float(row.float(column)).bitPattern)
        case .float8: append(integer: row.float(column).bitPattern)
        case .text, .bytea, .uuid: append(row.bytes(column), after: nil)
        case .jsonb: append(row.bytes(column), after: 1)
        case .numeric, .opaque:
            let start = slab.count
            slab.append(integer: Int32(0))
            TextCodec.encode(row, column: column, as: encoding, into: &slab)
            slab.store(Int32(truncatingIfNeeded: slab.count - start - 4).byteSwapped, at: start)
        }
    }

    @inline(__always)
    private mutating func append<Value: FixedWidthInteger & BitwiseCopyable>(integer: Value) {
        slab.append(integer: Int32(MemoryLayout<Value>.size).byteSwapped)
        slab.append(integer: integer.byteSwapped)
    }

    /// `version` is the byte that a jsonb begins with.
    private mutating func append(_ bytes: UnsafeRawBufferPointer, after version: UInt8?) {
        let count = bytes.count + (version == nil ? 0 : 1)
        slab.append(integer: Int32(truncatingIfNeeded: count).byteSwapped)
        if let version { slab.append(byte: version) }
        slab.append(bytes)
    }
}

extension Encoding {
    /// The type of an array's elements; what has no binary form here goes as text.
    fileprivate var elementType: TypeOID {
        switch self {
        case .bool: .bool
        case .int2: .int2
        case .int4: .int4
        case .int8: .int8
        case .float4: .float4
        case .float8: .float8
        case .bytea: .bytea
        case .uuid: .uuid
        case .date: .date
        case .timestamp: .timestamp
        case .timestamptz: .timestamptz
        case .jsonb: .jsonb
        case .numeric, .text, .opaque: .text
        }
    }

    /// The type of an array of `elementType`, as SQL.
    var arrayType: String {
        switch self {
        case .numeric, .text, .opaque: "text[]"
        default: "\(self)[]"
        }
    }
}
