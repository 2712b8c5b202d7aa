import BigInt
import Relational

/// A row as plain values.
typealias PlainRow = [Datum]

/// Plain values to packed rows and back, by the layout that `Encoding` documents and nothing else.
enum PlainRows {
    static func append(_ values: PlainRow, weight: Int64 = 1, into rows: inout ZSet) {
        let row = rows.beginRow(columnCount: values.count)
        set(values, in: row, of: &rows.slab)
        rows.endRow(row, weight: weight)
    }

    static func set(_ values: PlainRow, in row: Int, of slab: inout ByteSlab) {
        for (column, value) in values.enumerated() {
            switch value {
            case .null: break
            case .bool(let value): slab.set(column, bool: value, in: row)
            case .int(let value): slab.set(column, int: value, in: row)
            case .float(let value): slab.set(column, float: value, in: row)
            case .numeric(let value): set(column, bytes(of: value), in: row, of: &slab)
            case .text(let value): set(column, Array(value.utf8), in: row, of: &slab)
            case .bytes(let value): set(column, value, in: row, of: &slab)
            }
        }
    }

    private static func set(_ column: Int, _ bytes: [UInt8], in row: Int, of slab: inout ByteSlab) {
        bytes.withUnsafeBytes { slab.set(column, bytes: $0, in: row) }
    }

    static func bytes(of value: Numeric) -> [UInt8] {
        switch value {
        case .nan: return [2, 0, 0]
        case .positiveInfinity: return [3, 0, 0]
        case .negativeInfinity: return [4, 0, 0]
        case .small(let coefficient, let scale): return bytes(of: BigInt(coefficient), scale)
        case .large(let coefficient, let scale): return bytes(of: coefficient, scale)
        }
    }

    private static func bytes(of coefficient: BigInt, _ scale: Int) -> [UInt8] {
        var bytes: [UInt8] = [coefficient < 0 ? 1 : 0, UInt8(scale & 255), UInt8(scale >> 8)]
        var rest = coefficient.magnitude
        while rest > 0 {
            bytes.append(UInt8(rest & 255))
            rest >>= 8
        }
        return bytes
    }

    static func decode(_ row: RowView, _ encodings: [Encoding]) -> PlainRow {
        encodings.enumerated().map { column, encoding in
            if row.isNull(column) { return .null }
            switch encoding {
            case .bool: return .bool(row.bool(column))
            case .int2, .int4, .int8, .date, .timestamp, .timestamptz: return .int(row.int(column))
            case .float4, .float8: return .float(row.float(column))
            case .numeric: return .numeric(numeric(Array(row.bytes(column))))
            case .text, .jsonb, .opaque: return .text(String(decoding: row.bytes(column), as: UTF8.self))
            case .bytea, .uuid: return .bytes(Array(row.bytes(column)))
            }
        }
    }

    static func numeric(_ bytes: [UInt8]) -> Numeric {
        switch bytes[0] {
        case 2: return .nan
        case 3: return .positiveInfinity
        case 4: return .negativeInfinity
        default:
            var coefficient = BigInt()
            for byte in bytes[3...].reversed() { coefficient = (coefficient << 8) + BigInt(byte) }
            return PlainNumeric.make(bytes[0] == 1 ? -coefficient : coefficient, Int(bytes[1]) + (Int(bytes[2]) << 8))
        }
    }

    /// The packed bytes of a row.
    static func packed(_ values: PlainRow) -> [UInt8] {
        var rows = ZSet()
        append(values, into: &rows)
        return Array(rows.row(at: 0).bytes)
    }

    /// Values whose Swift equality is by image: −0 and 0 differ, NaN is itself.
    static func image(_ values: PlainRow) -> PlainRow {
        values.map { value in
            guard case .float(let float) = value else { return value }
            return .int(Int64(bitPattern: float.bitPattern))
        }
    }
}

/// Numerics as coefficient and scale.
enum PlainNumeric {
    static func make(_ coefficient: BigInt, _ scale: Int) -> Numeric {
        guard let small = Int128(String(coefficient)) else { return .large(coefficient: coefficient, scale: scale) }
        return .small(coefficient: small, scale: scale)
    }

    static func parts(_ value: Numeric) -> (coefficient: BigInt, scale: Int)? {
        switch value {
        case .small(let coefficient, let scale): (BigInt(coefficient), scale)
        case .large(let coefficient, let scale): (coefficient, scale)
        case .nan, .positiveInfinity, .negativeInfinity: nil
        }
    }

    static func scaled(_ value: (coefficient: BigInt, scale: Int), to scale: Int) -> BigInt {
        value.coefficient * BigInt(10).power(scale - value.scale)
    }
}
