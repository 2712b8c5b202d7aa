/// Postgres's text form of a value, to and from packed slots. One codec for snapshot and stream.
///
/// `decode` then `encode` gives back Postgres's bytes exactly, under the session settings that `PostgresClient` pins
/// (UTF-8, DateStyle ISO, TimeZone UTC, shortest floats, bytea as hex). Text is carried as it came: `text`, `jsonb` and opaque
/// values are not looked into.
public enum TextCodec {
    /// Sets column `column` of the row begun at `row` from Postgres's text output of a value of `encoding`.
    ///
    /// The row is unchanged when an error is thrown.
    ///
    /// - Throws: `TextCodecError` when the bytes are not a value of the type. Nothing traps.
    @inlinable
    public static func decode(
        _ text: UnsafeRawBufferPointer,
        as encoding: Encoding,
        column: Int,
        row: Int,
        into slab: inout ByteSlab
    ) throws(TextCodecError) {
        switch encoding {
        case .text, .jsonb, .opaque:
            slab.set(column, bytes: text, in: row)
        case .numeric:
            guard decodeNumeric(text, column: column, row: row, into: &slab) else {
                throw TextCodecError(encoding: encoding)
            }
        case .bytea:
            guard decodeBytea(text, column: column, row: row, into: &slab) else {
                throw TextCodecError(encoding: encoding)
            }
        case .uuid:
            guard let uuid = parseUUID(text) else { throw TextCodecError(encoding: encoding) }
            withUnsafeBytes(of: uuid) { slab.set(column, bytes: $0, in: row) }
        case .bool:
            guard let value = parseBool(text) else { throw TextCodecError(encoding: encoding) }
            slab.set(column, bool: value, in: row)
        case .float4:
            guard let value = parseFloat4(text) else { throw TextCodecError(encoding: encoding) }
            slab.set(column, float: Double(value), in: row)
        case .float8:
            guard let value = parseFloat8(text) else { throw TextCodecError(encoding: encoding) }
            slab.set(column, float: value, in: row)
        case .int2, .int4, .int8, .date, .timestamp, .timestamptz:
            guard let value = parseFixed(text, as: encoding) else { throw TextCodecError(encoding: encoding) }
            slab.set(column, int: value, in: row)
        }
    }

    /// The types whose slot is an Int64.
    @inlinable
    static func parseFixed(_ text: UnsafeRawBufferPointer, as encoding: Encoding) -> Int64? {
        switch encoding {
        case .int2: parseInt(text).flatMap { Int16(exactly: $0) == nil ? nil : $0 }
        case .int4: parseInt(text).flatMap { Int32(exactly: $0) == nil ? nil : $0 }
        case .int8: parseInt(text)
        case .date: parseDate(text)
        case .timestamp: parseTimestamp(text, hasZone: false)
        default: parseTimestamp(text, hasZone: true)
        }
    }

    /// Appends Postgres's text output of a column that is not NULL.
    public static func encode(_ row: RowView, column: Int, as encoding: Encoding, into output: inout ByteSlab) {
        switch encoding {
        case .text, .jsonb, .opaque: output.append(row.bytes(column))
        case .bool: output.append(byte: row.bool(column) ? UInt8(ascii: "t") : UInt8(ascii: "f"))
        case .int2, .int4, .int8: output.append(decimal: row.int(column))
        case .float4: append(float4: row.float(column), to: &output)
        case .float8: append(float8: row.float(column), to: &output)
        case .numeric: append(numericImage: row.bytes(column), to: &output)
        case .uuid: append(uuid: row.bytes(column), to: &output)
        case .bytea: append(bytea: row.bytes(column), to: &output)
        case .date: append(date: row.int(column), to: &output)
        case .timestamp: append(timestamp: row.int(column), hasZone: false, to: &output)
        case .timestamptz: append(timestamp: row.int(column), hasZone: true, to: &output)
        }
    }
}

/// The bytes are not the text form of a value of the type.
public struct TextCodecError: Error, Hashable, Sendable {
    public var encoding: Encoding

    public init(encoding: Encoding) { self.encoding = encoding }
}
