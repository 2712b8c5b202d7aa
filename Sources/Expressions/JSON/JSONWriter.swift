public import Relational

/// Writes values as JSON text: as `to_json` does, or as a `jsonb` is printed. Nothing is allocated for a value.
///
/// | value | `json` | `jsonb` where it differs |
/// |---|---|---|
/// | bool | `true`, `false` | |
/// | finite number | as Postgres prints it | as the `numeric` of that text |
/// | NaN, ±Infinity | a string | |
/// | date, timestamps | a string in ISO form: `"2024-05-31T10:00:00+00:00"` | |
/// | json, jsonb | embedded as it is | in canonical form |
/// | array | `[1,2]` | `[1, 2]` |
/// | anything else | its text as a string | |
public struct JSONWriter: ~Copyable {
    /// A row of one column, for values on their way through the text codec.
    private var row = ByteSlab()
    var normaliser = JSONNormaliser()
    /// The members of the object being built.
    var members = JSONMembers()

    public init() {}

    /// Appends a column's value; NULL is `null`.
    ///
    /// - Throws: what a `json` value can hold and a `jsonb` cannot, for `asJSONB`. The output is longer then and void.
    public mutating func append(
        _ source: RowView,
        column: Int,
        _ form: JSONForm,
        asJSONB: Bool,
        into output: inout ByteSlab
    ) throws(EvaluationError) {
        try append(Self.register(source, column, form), form, asJSONB: asJSONB, into: &output)
    }

    /// Appends a column's value as the key of an object: always a string.
    ///
    /// - Throws: `nullJSONKey`.
    public mutating func appendKey(
        _ source: RowView,
        column: Int,
        _ form: JSONForm,
        into output: inout ByteSlab
    ) throws(EvaluationError) {
        try appendKey(Self.register(source, column, form), form, into: &output)
    }

    /// Appends the text of a column's value as the key of an object, without quotes and escapes.
    ///
    /// - Throws: `nullJSONKey`.
    public mutating func appendKeyText(
        _ source: RowView,
        column: Int,
        _ form: JSONForm,
        into output: inout ByteSlab
    ) throws(EvaluationError) {
        if source.isNull(column) { throw .nullJSONKey }
        if form.kind == .text { return output.append(source.bytes(column)) }
        if form.kind == .bytea { return print(Self.register(source, column, form), .bytea, into: &output) }
        // Nothing else has characters to escape.
        let start = output.count
        try appendKey(source, column: column, form, into: &output)
        let text = output.pointer(at: start)
        let byteCount = output.count - start - 2
        text.copyMemory(from: text + 1, byteCount: byteCount)
        output.truncate(to: start + byteCount)
    }

    private static func register(_ source: RowView, _ column: Int, _ form: JSONForm) -> Register {
        if source.isNull(column) { return .null }
        if form.isArray { return Register(bytes: source.bytes(column)) }
        return switch form.kind {
        case .bool, .int, .float4, .float8, .date, .timestamp, .timestamptz:
            Register(bits: source.slot(column), byteCount: 0, isNull: false)
        default: Register(bytes: source.bytes(column))
        }
    }

    // MARK: Values

    mutating func append(
        _ value: Register,
        _ form: JSONForm,
        asJSONB: Bool,
        into output: inout ByteSlab
    ) throws(EvaluationError) {
        if value.isNull { return output.append(ascii: "null") }
        if form.isArray {
            return try JSONArrayText.append(value.bytes, form.kind, asJSONB: asJSONB, &normaliser, into: &output)
        }
        switch form.kind {
        case .bool: output.append(ascii: value.bool ? "true" : "false")
        case .text: output.appendJSONString(value.bytes)
        case .int: print(value, .int8, into: &output)
        case .float4: try appendFloat(value, .float4, asJSONB: asJSONB, into: &output)
        case .float8: try appendFloat(value, .float8, asJSONB: asJSONB, into: &output)
        case .numeric:
            // The first byte of NaN and the infinities is above those of finite values.
            let isFinite = (value.bytes.first ?? 0) < 2
            appendPrinted(value, .numeric, isString: !isFinite, into: &output)
        case .bytea:
            output.append(ascii: "\"\\")
            print(value, .bytea, into: &output)
            output.append(byte: UInt8(ascii: "\""))
        case .uuid: appendPrinted(value, .uuid, isString: true, into: &output)
        case .date: appendPrinted(value, .date, isString: true, into: &output)
        case .timestamp, .timestamptz:
            output.append(byte: UInt8(ascii: "\""))
            let start = output.count
            print(value, form.kind == .timestamp ? .timestamp : .timestamptz, into: &output)
            output.makeISOTimestamp(from: start, hasZone: form.kind == .timestamptz)
            output.append(byte: UInt8(ascii: "\""))
        case .json where asJSONB: try normaliser.append(value.bytes, into: &output)
        case .json, .jsonb: output.append(value.bytes)
        }
    }

    /// As the key of an object.
    mutating func appendKey(
        _ value: Register,
        _ form: JSONForm,
        into output: inout ByteSlab
    ) throws(EvaluationError) {
        if value.isNull { throw .nullJSONKey }
        let start = output.count
        output.append(byte: UInt8(ascii: "\""))
        try append(value, form, asJSONB: false, into: &output)
        if output.bytes[start + 1] == UInt8(ascii: "\"") {
            // It is a string already.
            let text = output.pointer(at: start)
            text.copyMemory(from: text + 1, byteCount: output.count - start - 1)
            output.truncate(to: output.count - 1)
        } else {
            output.append(byte: UInt8(ascii: "\""))
        }
    }

    private mutating func appendFloat(
        _ value: Register,
        _ encoding: Encoding,
        asJSONB: Bool,
        into output: inout ByteSlab
    ) throws(EvaluationError) {
        let start = output.count
        appendPrinted(value, encoding, isString: !value.float.isFinite, into: &output)
        if asJSONB, value.float.isFinite { try output.makeNumeric(from: start) }
    }

    private mutating func appendPrinted(
        _ value: Register,
        _ encoding: Encoding,
        isString: Bool,
        into output: inout ByteSlab
    ) {
        if isString { output.append(byte: UInt8(ascii: "\"")) }
        print(value, encoding, into: &output)
        if isString { output.append(byte: UInt8(ascii: "\"")) }
    }

    /// Appends the type's own text.
    private mutating func print(_ value: Register, _ encoding: Encoding, into output: inout ByteSlab) {
        row.removeAll()
        let start = row.beginRow(columnCount: 1)
        if encoding.isFixed {
            row.setSlot(0, value.bits, in: start)
        } else {
            row.set(0, bytes: value.bytes, in: start)
        }
        row.endRow(start)
        TextCodec.encode(RowView(row.base + start), column: 0, as: encoding, into: &output)
    }
}
