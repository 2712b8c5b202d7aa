import Relational

/// Writes an element as Postgres's text of an array has it: in quotes where it could be read as something else.
enum ArrayElementText {
    static func append(_ row: RowView, column: Int, _ encoding: Encoding, into output: inout ByteSlab) {
        if row.isNull(column) { return output.append("NULL") }
        let start = output.count
        TextCodec.encode(row, column: column, as: encoding, into: &output)
        let text = UnsafeRawBufferPointer(rebasing: output.bytes[start...])
        guard needsQuotes(text) else { return }
        // Quotes, and a backslash before each character that needs one: moved apart from the end.
        let escaped = text.count { isEscaped($0) }
        let old = text.count
        let place = output.extend(by: escaped + 2) - old
        var target = old + escaped + 1
        place.storeBytes(of: UInt8(ascii: "\""), toByteOffset: target, as: UInt8.self)
        for source in stride(from: old - 1, through: 0, by: -1) {
            let byte = place.load(fromByteOffset: source, as: UInt8.self)
            target -= 1
            place.storeBytes(of: byte, toByteOffset: target, as: UInt8.self)
            if isEscaped(byte) {
                target -= 1
                place.storeBytes(of: UInt8(ascii: "\\"), toByteOffset: target, as: UInt8.self)
            }
        }
        place.storeBytes(of: UInt8(ascii: "\""), as: UInt8.self)
    }

    private static func isEscaped(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") }

    private static func needsQuotes(_ text: UnsafeRawBufferPointer) -> Bool {
        if text.isEmpty { return true }
        if text.count == 4, text.lazy.map({ $0 | 0x20 }).elementsEqual("null".utf8) { return true }
        return text.contains { byte in
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: ","), 0x20,
                0x09...0x0D:
                true
            default: false
            }
        }
    }
}
