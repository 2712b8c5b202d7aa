import Relational

/// Writes an array, given as Postgres prints it (`{1,NULL,"a b"}`, `[0:1]={…}`), as JSON.
enum JSONArrayText {
    static func append(
        _ text: UnsafeRawBufferPointer,
        _ kind: JSONForm.Kind,
        asJSONB: Bool,
        _ normaliser: inout JSONNormaliser,
        into output: inout ByteSlab
    ) throws(EvaluationError) {
        var position = 0
        // The bounds of a dimension do not show.
        if text.first == UInt8(ascii: "["), let equals = text.firstIndex(of: UInt8(ascii: "=")) {
            position = equals + 1
        }
        while position < text.count {
            switch text[position] {
            case UInt8(ascii: "{"): output.append(byte: UInt8(ascii: "["))
            case UInt8(ascii: "}"): output.append(byte: UInt8(ascii: "]"))
            case UInt8(ascii: ","):
                output.append(byte: UInt8(ascii: ","))
                if asJSONB { output.append(byte: UInt8(ascii: " ")) }
            case UInt8(ascii: "\""):
                let end = quotedEnd(text, position + 1)
                try appendQuoted(
                    UnsafeRawBufferPointer(rebasing: text[(position + 1)..<end]),
                    kind,
                    asJSONB: asJSONB,
                    &normaliser,
                    into: &output
                )
                position = end
            default:
                let end = bareEnd(text, position)
                let element = UnsafeRawBufferPointer(rebasing: text[position..<end])
                if element.elementsEqual("NULL".utf8) {
                    output.append(ascii: "null")
                } else {
                    try append(element: element, kind, asJSONB: asJSONB, &normaliser, into: &output)
                }
                position = end - 1
            }
            position += 1
        }
    }

    /// The place of the quote that ends an element.
    private static func quotedEnd(_ text: UnsafeRawBufferPointer, _ start: Int) -> Int {
        var position = start
        while position < text.count, text[position] != UInt8(ascii: "\"") {
            position += text[position] == UInt8(ascii: "\\") ? 2 : 1
        }
        return min(position, text.count)
    }

    private static func bareEnd(_ text: UnsafeRawBufferPointer, _ start: Int) -> Int {
        var position = start
        while position < text.count, text[position] != UInt8(ascii: ","), text[position] != UInt8(ascii: "}") {
            position += 1
        }
        return position
    }

    /// An element in quotes: backslashes stand before characters that are meant as they are.
    private static func appendQuoted(
        _ quoted: UnsafeRawBufferPointer,
        _ kind: JSONForm.Kind,
        asJSONB: Bool,
        _ normaliser: inout JSONNormaliser,
        into output: inout ByteSlab
    ) throws(EvaluationError) {
        guard quoted.contains(UInt8(ascii: "\\")) else {
            return try append(element: quoted, kind, asJSONB: asJSONB, &normaliser, into: &output)
        }
        let plain = UnsafeMutableRawBufferPointer.allocate(byteCount: quoted.count, alignment: 1)
        defer { plain.deallocate() }
        var count = 0
        var position = 0
        while position < quoted.count {
            if quoted[position] == UInt8(ascii: "\\"), position + 1 < quoted.count { position += 1 }
            plain[count] = quoted[position]
            count += 1
            position += 1
        }
        let element = UnsafeRawBufferPointer(rebasing: plain[..<count])
        try append(element: element, kind, asJSONB: asJSONB, &normaliser, into: &output)
    }

    private static func append(
        element: UnsafeRawBufferPointer,
        _ kind: JSONForm.Kind,
        asJSONB: Bool,
        _ normaliser: inout JSONNormaliser,
        into output: inout ByteSlab
    ) throws(EvaluationError) {
        switch kind {
        case .bool: output.append(ascii: element.first == UInt8(ascii: "t") ? "true" : "false")
        case .int, .float4, .float8, .numeric:
            // NaN and the infinities end in a letter.
            guard let last = element.last, last <= UInt8(ascii: "9") else { return output.appendJSONString(element) }
            let start = output.count
            output.append(element)
            if asJSONB { try output.makeNumeric(from: start) }
        case .timestamp, .timestamptz:
            output.append(byte: UInt8(ascii: "\""))
            let start = output.count
            output.append(element)
            output.makeISOTimestamp(from: start, hasZone: kind == .timestamptz)
            output.append(byte: UInt8(ascii: "\""))
        case .json where asJSONB: try normaliser.append(element, into: &output)
        case .json, .jsonb: output.append(element)
        case .text, .bytea, .uuid, .date: output.appendJSONString(element)
        }
    }
}
