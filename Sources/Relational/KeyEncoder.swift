#if canImport(Glibc)
    public import Glibc
#else
    public import Darwin
#endif

/// Order-preserving keys: comparing the bytes with `memcmp` orders values as Postgres does, ascending, NULLs last.
///
/// The key decides equality (1.0 = 1.00, −0 = 0, NaN = NaN), the row keeps the image. A key of several columns is their keys in a row;
/// no key is a prefix of another one of the same columns. Text is ordered by its bytes, as in the collation C.
///
/// | key of | bytes |
/// |---|---|
/// | NULL, any type | 1 |
/// | a value | 0, then: |
/// | bool | 0 or 1 |
/// | integers, date, timestamps | 8 bytes big-endian, sign bit flipped; the same for every width |
/// | floats | 8 bytes big-endian of the Double, sign bit flipped if positive, all bits if negative |
/// | numeric | see `append(numeric:…)` |
/// | uuid | its 16 bytes |
/// | text, bytea, jsonb, opaque | the bytes, each 0 followed by 255, then 0 0 |
public enum KeyEncoder {
    /// Appends the key of one column of a row.
    @inlinable
    public static func append(_ row: RowView, column: Int, as encoding: Encoding, into key: inout ByteSlab) {
        if row.isNull(column) { return key.append(byte: 1) }
        switch encoding {
        case .int2, .int4, .int8, .date, .timestamp, .timestamptz:
            append(int: row.int(column), into: &key)
        case .float4, .float8:
            append(float: row.float(column), into: &key)
        case .bool:
            let place = key.extend(by: 2)
            place.storeBytes(of: UInt16(row.bool(column) ? 1 : 0) &<< 8, as: UInt16.self)
        case .numeric:
            if let (coefficient, scale) = row.smallNumeric(column) {
                append(coefficient: coefficient, scale: scale, into: &key)
            } else {
                append(numeric: row.numeric(column), into: &key)
            }
        case .uuid:
            key.append(byte: 0)
            key.append(row.bytes(column))
        case .text, .bytea, .jsonb, .opaque:
            append(bytes: row.bytes(column), into: &key)
        }
    }

    /// Appends the key of NULL.
    @inlinable
    public static func appendNull(into key: inout ByteSlab) { key.append(byte: 1) }

    /// Appends the key of an integer, date or timestamp.
    @inlinable
    public static func append(int value: Int64, into key: inout ByteSlab) {
        let place = key.extend(by: 9)
        place.storeBytes(of: 0, as: UInt8.self)
        place.storeBytes(
            of: (UInt64(bitPattern: value) ^ 1 &<< 63).bigEndian,
            toByteOffset: 1,
            as: UInt64.self
        )
    }

    /// Appends the key of a float.
    @inlinable
    public static func append(float value: Double, into key: inout ByteSlab) {
        // Adding 0 turns −0 into 0; every NaN becomes one that is greater than Infinity.
        let bits = value.isNaN ? 0x7FF8_0000_0000_0000 : (value + 0).bitPattern
        let ordered = bits >> 63 == 0 ? bits ^ 1 &<< 63 : ~bits
        let place = key.extend(by: 9)
        place.storeBytes(of: 0, as: UInt8.self)
        place.storeBytes(of: ordered.bigEndian, toByteOffset: 1, as: UInt64.self)
    }

    /// Appends the key of text or of a byte string.
    @inlinable
    public static func append(bytes: UnsafeRawBufferPointer, into key: inout ByteSlab) {
        key.append(byte: 0)
        if bytes.count > 0, let base = bytes.baseAddress, memchr(base, 0, bytes.count) != nil {
            appendWithZeros(bytes, into: &key)
        } else {
            key.append(bytes)
        }
        key.extend(by: 2).storeBytes(of: 0, as: UInt16.self)
    }

    @usableFromInline
    static func appendWithZeros(_ bytes: UnsafeRawBufferPointer, into key: inout ByteSlab) {
        for byte in bytes {
            key.append(byte: byte)
            if byte == 0 { key.append(byte: 255) }
        }
    }
}
