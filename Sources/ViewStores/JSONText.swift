package import Relational

/// What a type's values are in JSON.
package indirect enum JSONForm: Hashable {
    case bool, number, json, time, string
    case array(JSONForm)

    /// The form of a type's values.
    package init(_ type: ScalarType) {
        switch type.encoding {
        case .bool: self = .bool
        case .int2, .int4, .int8, .float4, .float8, .numeric: self = .number
        case .jsonb: self = .json
        case .timestamp, .timestamptz: self = .time
        case .text, .bytea, .uuid, .date: self = .string
        case .opaque:
            if type.oid == .json {
                self = .json
            } else if type.name.hasSuffix("[]") {
                self = .array(Self.element(of: type.oid))
            } else {
                self = .string
            }
        }
    }

    /// By the OID of the array type.
    private static func element(of array: TypeOID) -> JSONForm {
        switch array.rawValue {
        case 1000: .bool
        case 1005, 1007, 1016, 1021, 1022, 1231: .number
        case 199, 3807: .json
        case 1115, 1185: .time
        default: .string
        }
    }
}

/// Postgres's text of a value, written as JSON.
package enum JSONText {
    static func append(_ text: UnsafeRawBufferPointer, as form: JSONForm, to slab: inout ByteSlab) {
        switch form {
        case .bool:
            if text.first == UInt8(ascii: "t") { slab.append(text: "true") } else { slab.append(text: "false") }
        case .number:
            if isNumber(text) { slab.append(text) } else { append(string: text, to: &slab) }
        case .json:
            // A JSON null is told from NULL by a space before it.
            if isNull(text) { slab.append(byte: 0x20) }
            slab.append(text)
        case .time: append(time: text, to: &slab)
        case .string: append(string: text, to: &slab)
        case .array(let element): append(array: text, of: element, to: &slab)
        }
    }

    /// Whether a json value is null; json keeps the spaces around it.
    private static func isNull(_ text: UnsafeRawBufferPointer) -> Bool {
        var cursor = JSONCursor(text)
        cursor.skipSpace()
        return cursor.next == UInt8(ascii: "n")
    }

    /// Whether Postgres's text of a number is one of JSON: all but NaN and the infinities.
    private static func isNumber(_ text: UnsafeRawBufferPointer) -> Bool {
        guard let last = text.last else { return false }
        return (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(last)
    }

    /// A string with the escapes of Postgres's `escape_json`.
    package static func append(string text: UnsafeRawBufferPointer, to slab: inout ByteSlab) {
        slab.append(byte: UInt8(ascii: "\""))
        var start = 0
        for (index, byte) in text.enumerated() where byte < 0x20 || byte == 0x22 || byte == 0x5C {
            slab.append(UnsafeRawBufferPointer(rebasing: text[start..<index]))
            start = index + 1
            switch byte {
            case 0x08: slab.append(text: "\\b")
            case 0x09: slab.append(text: "\\t")
            case 0x0A: slab.append(text: "\\n")
            case 0x0C: slab.append(text: "\\f")
            case 0x0D: slab.append(text: "\\r")
            case 0x22: slab.append(text: "\\\"")
            case 0x5C: slab.append(text: "\\\\")
            default:
                slab.append(text: "\\u00")
                slab.append(byte: hexDigit(byte >> 4))
                slab.append(byte: hexDigit(byte & 15))
            }
        }
        slab.append(UnsafeRawBufferPointer(rebasing: text[start...]))
        slab.append(byte: UInt8(ascii: "\""))
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }

    /// `2024-02-29 12:34:56+00` as `"2024-02-29T12:34:56+00:00"`.
    private static func append(time text: UnsafeRawBufferPointer, to slab: inout ByteSlab) {
        slab.append(byte: UInt8(ascii: "\""))
        var isFirst = true
        for (index, byte) in text.enumerated() {
            if byte == UInt8(ascii: " "), isFirst {
                slab.append(byte: UInt8(ascii: "T"))
                isFirst = false
            } else {
                slab.append(byte: byte)
                if byte == UInt8(ascii: "0"), index >= 2, text[index - 1] == UInt8(ascii: "0"),
                    text[index - 2] == UInt8(ascii: "+")
                {
                    slab.append(text: ":00")
                }
            }
        }
        slab.append(byte: UInt8(ascii: "\""))
    }

    /// `{1,"a b",NULL}` as `[1,"a b",null]`. One that Postgres prints otherwise stays a string.
    private static func append(array text: UnsafeRawBufferPointer, of element: JSONForm, to slab: inout ByteSlab) {
        let start = slab.count
        if !appendElements(text, element, &slab) {
            slab.truncate(to: start)
            append(string: text, to: &slab)
        }
    }

    private static func appendElements(
        _ text: UnsafeRawBufferPointer,
        _ element: JSONForm,
        _ slab: inout ByteSlab
    ) -> Bool {
        guard text.first == UInt8(ascii: "{") else { return false }
        var value = ByteSlab()
        var index = 0
        var depth = 0
        repeat {
            guard index < text.count else { return false }
            switch text[index] {
            case UInt8(ascii: "{"):
                depth += 1
                slab.append(byte: UInt8(ascii: "["))
                index += 1
            case UInt8(ascii: "}"):
                depth -= 1
                slab.append(byte: UInt8(ascii: "]"))
                index += 1
            case UInt8(ascii: ","):
                slab.append(byte: UInt8(ascii: ","))
                index += 1
            default:
                value.removeAll()
                let isQuoted = text[index] == UInt8(ascii: "\"")
                guard let end = readElement(text, from: index, isQuoted, &value) else { return false }
                index = end
                if !isQuoted, value.bytes.elementsEqual("NULL".utf8) {
                    slab.append(text: "null")
                } else {
                    append(value.bytes, as: element, to: &slab)
                }
            }
        } while depth > 0
        return index == text.count
    }

    /// Appends one element without its quotes and returns where it ends.
    private static func readElement(
        _ text: UnsafeRawBufferPointer,
        from start: Int,
        _ isQuoted: Bool,
        _ value: inout ByteSlab
    ) -> Int? {
        var index = isQuoted ? start + 1 : start
        while index < text.count {
            let byte = text[index]
            if isQuoted ? byte == UInt8(ascii: "\"") : byte == UInt8(ascii: ",") || byte == UInt8(ascii: "}") {
                return isQuoted ? index + 1 : index
            }
            if byte == UInt8(ascii: "\\") { index += 1 }
            guard index < text.count else { return nil }
            value.append(byte: text[index])
            index += 1
        }
        return nil
    }
}
