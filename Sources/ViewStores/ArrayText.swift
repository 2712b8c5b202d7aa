import Relational

/// JSON arrays in the text form of Postgres's arrays: the reverse of `JSONText` for arrays.
enum ArrayText {
    /// Appends `[1,"a b",null]` as `{1,"a b",NULL}`; false when it is no array of such elements.
    static func append(_ json: UnsafeRawBufferPointer, of element: JSONForm, to text: inout ByteSlab) -> Bool {
        var cursor = JSONCursor(json)
        var value = ByteSlab()
        var scratch = ByteSlab()
        var depth = 0
        repeat {
            let start = cursor.index
            cursor.skipSpace()
            guard let byte = cursor.next else { return false }
            switch byte {
            case UInt8(ascii: "["):
                depth += 1
                text.append(byte: UInt8(ascii: "{"))
                guard cursor.take(byte) else { return false }
            case UInt8(ascii: "]"):
                depth -= 1
                text.append(byte: UInt8(ascii: "}"))
                guard cursor.take(byte) else { return false }
            case UInt8(ascii: ","):
                text.append(byte: byte)
                guard cursor.take(byte) else { return false }
            default:
                guard depth > 0, let token = cursor.takeValue() else { return false }
                let isSpaced = cursor.index - token.count > start
                if token.elementsEqual("null".utf8), element != .json || !isSpaced {
                    text.append(text: "NULL")
                    continue
                }
                value.removeAll()
                guard read(token, element, &value, &scratch) else { return false }
                appendQuoted(value.bytes, &text)
            }
        } while depth > 0
        return cursor.isAtEnd
    }

    private static func read(
        _ token: UnsafeRawBufferPointer,
        _ element: JSONForm,
        _ value: inout ByteSlab,
        _ scratch: inout ByteSlab
    ) -> Bool {
        if element == .json {
            value.append(token)
            return true
        }
        if token.first == UInt8(ascii: "\"") {
            let string = UnsafeRawBufferPointer(rebasing: token.dropFirst().dropLast())
            guard element == .time else { return JSONCursor.unescape(string, into: &value) }
            scratch.removeAll()
            guard JSONCursor.unescape(string, into: &scratch) else { return false }
            appendTime(scratch.bytes, to: &value)
            return true
        }
        switch element {
        case .bool: value.append(UnsafeRawBufferPointer(rebasing: token.prefix(1)))
        case .number: value.append(token)
        default: return false
        }
        return true
    }

    /// Quotes where Postgres's `array_out` does.
    private static func appendQuoted(_ value: UnsafeRawBufferPointer, _ text: inout ByteSlab) {
        let isNull = value.count == 4 && value.elementsEqual("null".utf8) { $0 | 0x20 == $1 }
        let isPlain = !value.isEmpty && !isNull && !value.contains { isSpecial($0) }
        if isPlain { return text.append(value) }
        text.append(byte: UInt8(ascii: "\""))
        for byte in value {
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { text.append(byte: UInt8(ascii: "\\")) }
            text.append(byte: byte)
        }
        text.append(byte: UInt8(ascii: "\""))
    }

    private static func isSpecial(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: ","), 0x20,
            0x09...0x0D:
            true
        default: false
        }
    }

    /// `2024-02-29T12:34:56+00:00` as Postgres prints it.
    static func appendTime(_ bytes: UnsafeRawBufferPointer, to text: inout ByteSlab) {
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "T") {
                text.append(byte: UInt8(ascii: " "))
            } else if bytes[index] == UInt8(ascii: "+"), index + 6 <= bytes.count,
                bytes[(index + 3)..<(index + 6)].elementsEqual(":00".utf8)
            {
                text.append(UnsafeRawBufferPointer(rebasing: bytes[index..<(index + 3)]))
                index += 5
            } else {
                text.append(byte: bytes[index])
            }
            index += 1
        }
    }
}
