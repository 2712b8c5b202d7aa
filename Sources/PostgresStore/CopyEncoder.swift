import Relational

/// Packed rows as lines of `COPY … FROM STDIN`, in its text format, straight into one buffer.
enum CopyEncoder {
    private static let backslash = UInt8(ascii: "\\")
    private static let tab = UInt8(ascii: "\t")
    private static let newline = UInt8(ascii: "\n")

    /// Appends one line; `hash` is a bag's last column.
    static func append(_ row: RowView, _ encodings: [Encoding], hash: UInt64?, to output: inout ByteSlab) {
        for column in encodings.indices {
            if column > 0 { output.append(byte: tab) }
            if row.isNull(column) {
                output.append(byte: backslash)
                output.append(byte: UInt8(ascii: "N"))
                continue
            }
            switch encodings[column] {
            case .text, .jsonb, .opaque: append(escaping: row.bytes(column), to: &output)
            case .bytea:
                // Its text begins with the only backslash.
                output.append(byte: backslash)
                fallthrough
            default: TextCodec.encode(row, column: column, as: encodings[column], into: &output)
            }
        }
        if let hash {
            if !encodings.isEmpty { output.append(byte: tab) }
            appendDecimal(Int64(bitPattern: hash), to: &output)
        }
        output.append(byte: newline)
    }

    private static func append(escaping text: UnsafeRawBufferPointer, to output: inout ByteSlab) {
        var start = 0
        for position in 0..<text.count {
            let byte = text[position]
            // The four bytes that mean something to COPY; control bytes are rare, so one comparison decides for most.
            guard byte == backslash || byte < 14 else { continue }
            let letter: UInt8
            switch byte {
            case backslash: letter = backslash
            case tab: letter = UInt8(ascii: "t")
            case newline: letter = UInt8(ascii: "n")
            case UInt8(ascii: "\r"): letter = UInt8(ascii: "r")
            default: continue
            }
            output.append(UnsafeRawBufferPointer(rebasing: text[start..<position]))
            output.append(byte: backslash)
            output.append(byte: letter)
            start = position + 1
        }
        output.append(UnsafeRawBufferPointer(rebasing: text[start...]))
    }

    private static func appendDecimal(_ value: Int64, to output: inout ByteSlab) {
        var text = "\(value)"
        text.withUTF8 { output.append(UnsafeRawBufferPointer($0)) }
    }
}
