package import Relational

/// Rows as JSON documents, column for column what Postgres's `row_to_json` writes under TimeZone UTC:
///
///     {"id":42,"name":"kettle","price":19.90,"tags":["new","red"],"sold":null,"at":"2024-02-29T12:34:56+00:00"}
///
/// 1. bool is true or false; integers, floats and numeric are numbers with Postgres's digits, and strings where JSON has no number
///    (NaN, ±Infinity).
/// 2. json and jsonb stand there as they are; a JSON null has a space before it, which tells it from NULL. Dates and times are strings in ISO 8601. Arrays are arrays.
/// 3. Everything else is a string as Postgres prints it, composite types and arrays with bounds of their own included.
/// 4. A row of a bag ends with `"_leftfold_n"`, the number of equal rows.
package struct DocumentEncoder: ~Copyable {
    static let countField: StaticString = ",\"_leftfold_n\":"

    private let types: [ScalarType]
    private let forms: [JSONForm]
    /// What stands before each value: `{"id":`, `,"name":`.
    private var starts = ByteSlab()
    private var startEnds: [Int] = []
    private var scratch = ByteSlab()
    private let isBag: Bool
    private let style: DocumentStyle

    /// Documents of a view's rows.
    package init(_ view: ViewTable, _ style: DocumentStyle = .plain) {
        self.style = style
        types = view.columns.map(\.type)
        forms = types.map { JSONForm($0) }
        isBag = view.key == nil
        for (index, column) in view.columns.enumerated() {
            starts.append(byte: UInt8(ascii: index == 0 ? "{" : ","))
            Array(column.name.utf8).withUnsafeBytes { JSONText.append(string: $0, to: &starts) }
            starts.append(byte: UInt8(ascii: ":"))
            startEnds.append(starts.count)
        }
    }

    /// Appends the document of a row; `count` is the number of equal rows of a bag.
    package mutating func append(_ row: RowView, count: Int64 = 1, to slab: inout ByteSlab) {
        var start = 0
        for column in forms.indices {
            slab.append(UnsafeRawBufferPointer(rebasing: starts.bytes[start..<startEnds[column]]))
            start = startEnds[column]
            if row.isNull(column) {
                slab.append(text: "null")
            } else {
                append(row, column, to: &slab)
            }
        }
        if forms.isEmpty { slab.append(byte: UInt8(ascii: "{")) }
        if isBag {
            slab.append(text: Self.countField)
            slab.append(decimal: count)
        }
        slab.append(byte: UInt8(ascii: "}"))
    }

    private mutating func append(_ row: RowView, _ column: Int, to slab: inout ByteSlab) {
        let encoding = types[column].encoding
        let start = slab.count
        switch forms[column] {
        case .bool:
            if row.bool(column) { slab.append(text: "true") } else { slab.append(text: "false") }
        case .number where encoding.isInteger: slab.append(decimal: row.int(column))
        case .number, .time, .array:
            scratch.removeAll()
            TextCodec.encode(row, column: column, as: encoding, into: &scratch)
            let isLong = style == .line && encoding == .numeric && scratch.count > 15
            JSONText.append(scratch.bytes, as: isLong ? .string : forms[column], to: &slab)
            if style == .line, forms[column] == .array(.json), isBroken(slab, from: start) {
                slab.truncate(to: start)
                JSONText.append(scratch.bytes, as: .string, to: &slab)
            }
        case .json where style == .line && (row.bytes(column).first == 0x20 || Self.isBroken(row.bytes(column))):
            slab.append(byte: 0x20)
            JSONText.append(row.bytes(column), as: .string, to: &slab)
        case .json, .string:
            switch encoding {
            case .text, .jsonb, .opaque: JSONText.append(row.bytes(column), as: forms[column], to: &slab)
            default:
                scratch.removeAll()
                TextCodec.encode(row, column: column, as: encoding, into: &scratch)
                JSONText.append(scratch.bytes, as: forms[column], to: &slab)
            }
        }
    }

    private static func isBroken(_ text: UnsafeRawBufferPointer) -> Bool { text.contains(UInt8(ascii: "\n")) }

    private func isBroken(_ slab: borrowing ByteSlab, from start: Int) -> Bool {
        Self.isBroken(UnsafeRawBufferPointer(rebasing: slab.bytes[start...]))
    }
}

/// How rows are written as documents.
package enum DocumentStyle {
    /// As `row_to_json` does.
    case plain
    /// For servers that take a document as one line, and read its numbers: a numeric of more digits than a double keeps is a string.
    /// json with a line break in it, or a space before it, is a string with a space before it; json[] with a line break is a string.
    case line
}
