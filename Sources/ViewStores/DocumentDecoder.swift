package import Relational

/// JSON documents as packed rows: the reverse of `DocumentEncoder`.
///
/// White space and the order of fields do not count: what was written by another hand is read as well, if it is a row at all.
package struct DocumentDecoder: ~Copyable {
    private let encodings: [Encoding]
    private let forms: [JSONForm]
    /// The columns' names as they stand between the quotes.
    private let names: [[UInt8]]
    /// A string without its escapes.
    private var value = ByteSlab()
    private var text = ByteSlab()

    private let style: DocumentStyle

    /// Documents of this view.
    package init(_ view: ViewTable, _ style: DocumentStyle = .plain) {
        self.style = style
        encodings = view.columns.map(\.type.encoding)
        forms = view.columns.map { JSONForm($0.type) }
        names = view.columns.map { column in
            var slab = ByteSlab()
            Array(column.name.utf8).withUnsafeBytes { JSONText.append(string: $0, to: &slab) }
            return Array(slab.bytes.dropFirst().dropLast())
        }
    }

    /// Appends the row of a document with weight 1 and returns how many equal rows it stands for; nil, with nothing appended, when
    /// it is no row of the view.
    package mutating func append(_ document: UnsafeRawBufferPointer, to rows: inout ZSet) -> Int64? {
        let row = rows.beginRow(columnCount: encodings.count)
        guard let count = decode(document, row, &rows.slab) else {
            rows.cancelRow(row)
            return nil
        }
        rows.endRow(row, weight: 1)
        return count
    }

    private mutating func decode(_ document: UnsafeRawBufferPointer, _ row: Int, _ slab: inout ByteSlab) -> Int64? {
        var cursor = JSONCursor(document)
        var count: Int64 = 1
        var expected = 0
        cursor.skipSpace()
        guard cursor.take(UInt8(ascii: "{")) else { return nil }
        cursor.skipSpace()
        if !cursor.take(UInt8(ascii: "}")) {
            repeat {
                cursor.skipSpace()
                guard let name = cursor.takeString() else { return nil }
                cursor.skipSpace()
                guard cursor.take(UInt8(ascii: ":")) else { return nil }
                if let column = column(name, expected) {
                    guard decode(&cursor, column, row, &slab) else { return nil }
                    expected = column + 1
                } else {
                    guard name.elementsEqual("_leftfold_n".utf8), let number = cursor.takeValue(),
                        let n = Int64(String(decoding: number, as: UTF8.self)), n > 0
                    else { return nil }
                    count = n
                }
                cursor.skipSpace()
            } while cursor.take(UInt8(ascii: ","))
            guard cursor.take(UInt8(ascii: "}")) else { return nil }
        }
        cursor.skipSpace()
        return cursor.isAtEnd ? count : nil
    }

    /// The column of a name; columns mostly come in their order.
    private func column(_ name: UnsafeRawBufferPointer, _ expected: Int) -> Int? {
        if expected < names.count, name.elementsEqual(names[expected]) { return expected }
        return names.firstIndex { name.elementsEqual($0) }
    }

    private mutating func decode(_ cursor: inout JSONCursor, _ column: Int, _ row: Int, _ slab: inout ByteSlab) -> Bool
    {
        if forms[column] == .json { return decodeJSON(&cursor, column, row, &slab) }
        cursor.skipSpace()
        let isString = cursor.next == UInt8(ascii: "\"")
        if isString {
            guard let string = cursor.takeString() else { return false }
            value.removeAll()
            guard JSONCursor.unescape(string, into: &value) else { return false }
            if forms[column] != .time { return set(column, value.bytes, row, &slab) }
            text.removeAll()
            ArrayText.appendTime(value.bytes, to: &text)
            return set(column, text.bytes, row, &slab)
        }
        guard let token = cursor.takeValue() else { return false }
        if token.elementsEqual("null".utf8) { return true }
        switch forms[column] {
        case .bool:
            guard token.elementsEqual("true".utf8) || token.elementsEqual("false".utf8) else { return false }
            return set(column, UnsafeRawBufferPointer(rebasing: token[..<1]), row, &slab)
        case .number: return set(column, token, row, &slab)
        case .array(let element):
            text.removeAll()
            guard ArrayText.append(token, of: element, to: &text) else { return false }
            return set(column, text.bytes, row, &slab)
        case .json, .time, .string: return false
        }
    }

    /// The text of a json value up to the next comma or brace, spaces that Postgres keeps at its ends included.
    private mutating func decodeJSON(_ cursor: inout JSONCursor, _ column: Int, _ row: Int, _ slab: inout ByteSlab)
        -> Bool
    {
        let start = cursor.index
        cursor.skipSpace()
        guard let token = cursor.takeValue() else { return false }
        cursor.skipSpace()
        var value = UnsafeRawBufferPointer(rebasing: cursor.text[start..<cursor.index])
        if token.elementsEqual("null".utf8) {
            // NULL, unless a space stands before it, see `JSONText`.
            guard value.first == 0x20 else { return true }
            value = UnsafeRawBufferPointer(rebasing: value.dropFirst())
        } else if style == .line, value.first == 0x20, token.first == UInt8(ascii: "\"") {
            text.removeAll()
            guard JSONCursor.unescape(UnsafeRawBufferPointer(rebasing: token.dropFirst().dropLast()), into: &text)
            else { return false }
            value = text.bytes
        }
        slab.set(column, bytes: value, in: row)
        return true
    }

    private func set(_ column: Int, _ text: UnsafeRawBufferPointer, _ row: Int, _ slab: inout ByteSlab) -> Bool {
        do {
            try TextCodec.decode(text, as: encodings[column], column: column, row: row, into: &slab)
            return true
        } catch {
            return false
        }
    }
}
