import Relational

/// Rows as they stand in runs: small, with one way to write each row, so that equal rows have equal bytes.
///
/// | bytes | content |
/// |---|---|
/// | 0 | how many bytes of null bits follow; 0 for a row without NULLs |
/// | then | null bits, column 0 lowest |
/// | then | the columns that are not NULL, in order |
///
/// A number, a boolean or a date is a zigzag varint; a float or a timestamp is its 8 bytes; everything else is its length as a varint and
/// its bytes. All little-endian.
struct RowCodec: Sendable {
    private enum Form: UInt8 {
        case varint
        case word
        case bytes
    }

    private let forms: [Form]

    init(types: [ScalarType]) {
        forms = types.map { type in
            switch type.encoding {
            case .bool, .int2, .int4, .int8, .date: .varint
            case .float4, .float8, .timestamp, .timestamptz: .word
            case .numeric, .text, .bytea, .uuid, .jsonb, .opaque: .bytes
            }
        }
    }

    /// Appends a row.
    func encode(_ row: RowView, into slab: inout ByteSlab) {
        forms.withUnsafeBufferPointer { forms in
            var last = -1
            for column in 0..<forms.count where row.isNull(column) { last = column }
            let nullByteCount = (last + 8) >> 3
            slab.append(byte: UInt8(truncatingIfNeeded: nullByteCount))
            for byte in 0..<nullByteCount {
                var bits: UInt8 = 0
                for bit in 0..<8 where byte * 8 + bit < forms.count && row.isNull(byte * 8 + bit) { bits |= 1 << bit }
                slab.append(byte: bits)
            }
            for column in 0..<forms.count where last < 0 || !row.isNull(column) {
                switch forms[column] {
                case .varint: slab.append(zigzag: row.int(column))
                case .word: slab.append(integer: row.slot(column))
                case .bytes:
                    let bytes = row.bytes(column)
                    slab.append(varint: UInt64(bytes.count))
                    slab.append(bytes)
                }
            }
        }
    }

    /// Appends the packed row that was encoded so; returns its position, nil when the bytes are not a row.
    func decode(_ bytes: UnsafeRawBufferPointer, into slab: inout ByteSlab) -> Int? {
        var input = StateBytes(bytes)
        let nullByteCount = Int(input.byte())
        let nulls = input.bytes(nullByteCount)
        return forms.withUnsafeBufferPointer { forms in
            guard nullByteCount <= (forms.count + 7) >> 3 else { return nil }
            let row = slab.beginRow(columnCount: forms.count)
            for column in 0..<forms.count {
                if column >> 3 < nulls.count, nulls[column >> 3] >> (column & 7) & 1 != 0 { continue }
                switch forms[column] {
                case .varint: slab.set(column, int: input.zigzag(), in: row)
                case .word: slab.setSlot(column, input.integer(UInt64.self), in: row)
                case .bytes:
                    let length = input.varint()
                    guard length <= UInt64(UInt32.max) else { return nil }
                    slab.set(column, bytes: input.bytes(Int(length)), in: row)
                }
            }
            guard input.isAtEnd else { return nil }
            slab.endRow(row)
            return row
        }
    }
}

/// Reads what was written into state files. Beyond the end it gives zeros and remembers that it did.
struct StateBytes {
    // Unsafe: read in place; the block of a run or a note outlives its reading.
    private let bytes: UnsafeRawBufferPointer
    private var position = 0
    private var isSound = true

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// Whether everything was read, and nothing beyond it.
    var isAtEnd: Bool { isSound && position == bytes.count }

    /// Whether nothing was read beyond the end.
    var isValid: Bool { isSound }

    /// What is left to read.
    var rest: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[position...]) }

    @inline(__always)
    mutating func byte() -> UInt8 {
        guard position < bytes.count else {
            isSound = false
            return 0
        }
        defer { position &+= 1 }
        return bytes[position]
    }

    mutating func bytes(_ count: Int) -> UnsafeRawBufferPointer {
        guard count >= 0, count <= bytes.count - position else {
            isSound = false
            return UnsafeRawBufferPointer(start: nil, count: 0)
        }
        defer { position += count }
        return UnsafeRawBufferPointer(rebasing: bytes[position..<(position + count)])
    }

    mutating func integer<Value: FixedWidthInteger & BitwiseCopyable>(_: Value.Type) -> Value {
        let size = MemoryLayout<Value>.size
        guard size <= bytes.count - position, let base = bytes.baseAddress else {
            isSound = false
            return 0
        }
        defer { position += size }
        return Value(littleEndian: base.loadUnaligned(fromByteOffset: position, as: Value.self))
    }

    @inline(__always)
    mutating func varint() -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while shift < 64 {
            let byte = byte()
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift &+= 7
        }
        isSound = false
        return 0
    }

    @inline(__always)
    mutating func zigzag() -> Int64 {
        let value = varint()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    /// A text with its length before it.
    mutating func text() -> String {
        let length = varint()
        guard length <= UInt64(bytes.count) else {
            isSound = false
            return ""
        }
        return String(decoding: bytes(Int(length)), as: UTF8.self)
    }
}

extension ByteSlab {
    @inline(__always)
    mutating func append(varint value: UInt64) {
        var value = value
        while value >= 0x80 {
            append(byte: UInt8(truncatingIfNeeded: value) | 0x80)
            value >>= 7
        }
        append(byte: UInt8(truncatingIfNeeded: value))
    }

    @inline(__always)
    mutating func append(zigzag value: Int64) {
        append(varint: UInt64(bitPattern: value << 1) ^ UInt64(bitPattern: value >> 63))
    }

    /// Appends a text with its length before it.
    mutating func append(text: String) {
        var text = text
        text.withUTF8 { bytes in
            append(varint: UInt64(bytes.count))
            append(UnsafeRawBufferPointer(bytes))
        }
    }
}
