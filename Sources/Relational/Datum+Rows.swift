extension RowView {
    /// Reads one column as a value; for use outside hot paths.
    ///
    /// Text that is not UTF-8 (a server without an encoding may send it) is repaired here, and only here.
    public func datum(_ column: Int, as encoding: Encoding) -> Datum {
        if isNull(column) { return .null }
        switch encoding {
        case .bool: return .bool(bool(column))
        case .int2, .int4, .int8, .date, .timestamp, .timestamptz: return .int(int(column))
        case .float4, .float8: return .float(float(column))
        case .numeric: return .numeric(numeric(column))
        case .text, .jsonb, .opaque: return .text(String(decoding: bytes(column), as: UTF8.self))
        case .bytea, .uuid: return .bytes(Array(bytes(column)))
        }
    }
}

extension ByteSlab {
    /// Sets a column; NULL leaves it as `beginRow` made it.
    ///
    /// The value must have the form that its encoding has in `Datum`, and the row must not have the column yet.
    public mutating func set(_ column: Int, _ value: Datum, as encoding: Encoding, in row: Int) {
        switch (value, encoding) {
        case (.null, _): break
        case (.bool(let value), .bool): set(column, bool: value, in: row)
        case (.int(let value), .int2), (.int(let value), .int4), (.int(let value), .int8), (.int(let value), .date),
            (.int(let value), .timestamp), (.int(let value), .timestamptz):
            set(column, int: value, in: row)
        case (.float(let value), .float4), (.float(let value), .float8): set(column, float: value, in: row)
        case (.numeric(let value), .numeric): set(column, numeric: value, in: row)
        case (.text(var value), .text), (.text(var value), .jsonb), (.text(var value), .opaque):
            value.withUTF8 { set(column, bytes: UnsafeRawBufferPointer($0), in: row) }
        case (.bytes(let value), .bytea), (.bytes(let value), .uuid):
            precondition(encoding != .uuid || value.count == 16, "a uuid has 16 bytes")
            value.withUnsafeBytes { set(column, bytes: $0, in: row) }
        case (.bool, _), (.int, _), (.float, _), (.numeric, _), (.text, _), (.bytes, _):
            preconditionFailure("a value is set in the form of its encoding")
        }
    }
}

extension ZSet {
    /// Appends one row of values.
    public mutating func append(_ values: [Datum], encodings: [Encoding], weight: Int64) {
        precondition(values.count == encodings.count, "a row has one value for each column")
        let row = beginRow(columnCount: values.count)
        for (column, value) in values.enumerated() { slab.set(column, value, as: encodings[column], in: row) }
        endRow(row, weight: weight)
    }

    /// Appends one row of values of `types`.
    public mutating func append(_ values: [Datum], types: [ScalarType], weight: Int64) {
        append(values, encodings: types.map(\.encoding), weight: weight)
    }

    /// The values of a row.
    public func values(at index: Int, encodings: [Encoding]) -> [Datum] {
        let row = row(at: index)
        return encodings.indices.map { row.datum($0, as: encodings[$0]) }
    }
}

extension Datum {
    /// Parses Postgres's text output of a value that is not NULL.
    ///
    /// - Throws: `TextCodecError` when the text is not a value of the type.
    public init(text: String, as encoding: Encoding) throws(TextCodecError) {
        var slab = ByteSlab()
        let row = slab.beginRow(columnCount: 1)
        let bytes = Array(text.utf8)
        var failure: TextCodecError?
        bytes.withUnsafeBytes { bytes in
            do throws(TextCodecError) {
                try TextCodec.decode(bytes, as: encoding, column: 0, row: row, into: &slab)
            } catch { failure = error }
        }
        if let failure { throw failure }
        slab.endRow(row)
        self = RowView(slab.base + row).datum(0, as: encoding)
    }

    /// Postgres's text output; nil for NULL. The value must have the form of `encoding`.
    public func text(as encoding: Encoding) -> String? {
        if isNull { return nil }
        var slab = ByteSlab()
        let row = slab.beginRow(columnCount: 1)
        slab.set(0, self, as: encoding, in: row)
        slab.endRow(row)
        var output = ByteSlab()
        TextCodec.encode(RowView(slab.base + row), column: 0, as: encoding, into: &output)
        return String(decoding: output.bytes, as: UTF8.self)
    }
}
