#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif
import Relational

extension ByteSlab {
    @inline(__always)
    mutating func append(ascii text: StaticString) {
        append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Appends text as a JSON string, escaped as Postgres's `escape_json` does.
    mutating func appendJSONString(_ text: UnsafeRawBufferPointer) {
        append(byte: UInt8(ascii: "\""))
        appendJSONEscaped(text)
        append(byte: UInt8(ascii: "\""))
    }

    /// Appends what stands between the quotes. `text` must not lie in this slab.
    mutating func appendJSONEscaped(_ text: UnsafeRawBufferPointer) {
        var start = 0
        for index in 0..<text.count {
            let byte = text[index]
            if byte >= 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\") { continue }
            append(UnsafeRawBufferPointer(rebasing: text[start..<index]))
            appendJSONEscape(byte)
            start = index + 1
        }
        append(UnsafeRawBufferPointer(rebasing: text[start...]))
    }

    /// Appends the escape of a control character, a quote or a backslash.
    mutating func appendJSONEscape(_ byte: UInt8) {
        switch byte {
        case 0x08: append(ascii: "\\b")
        case 0x09: append(ascii: "\\t")
        case 0x0A: append(ascii: "\\n")
        case 0x0C: append(ascii: "\\f")
        case 0x0D: append(ascii: "\\r")
        case UInt8(ascii: "\""), UInt8(ascii: "\\"):
            append(byte: UInt8(ascii: "\\"))
            append(byte: byte)
        default:
            append(ascii: "\\u00")
            append(byte: UInt8(ascii: "0") + byte >> 4)
            append(byte: byte & 15 < 10 ? UInt8(ascii: "0") + byte & 15 : UInt8(ascii: "a") - 10 + byte & 15)
        }
    }

    /// Turns the JSON number from byte `start` to the end into the text of the `numeric` that Postgres reads in it.
    mutating func makeNumeric(from start: Int) throws(EvaluationError) {
        let text = UnsafeRawBufferPointer(rebasing: bytes[start...])
        let isPlain = text.count < 1000 && !text.contains { $0 | 0x20 == UInt8(ascii: "e") }
        if !isPlain {
            let value = try NumericInput.numeric(text)
            truncate(to: start)
            return value.appendText(to: &self)
        }
        guard text.first == UInt8(ascii: "-"),
            !text.contains(where: { (UInt8(ascii: "1")...UInt8(ascii: "9")).contains($0) })
        else { return }
        // A numeric has no negative zero.
        let place = pointer(at: start)
        memmove(place, place + 1, text.count - 1)
        truncate(to: count - 1)
    }

    /// Turns the timestamp that Postgres prints from byte `start` to the end into its form in JSON: a `T` before the time and, with a
    /// zone, minutes after its hours (the zone is UTC).
    mutating func makeISOTimestamp(from start: Int, hasZone: Bool) {
        let text = UnsafeRawBufferPointer(rebasing: bytes[start...])
        // An infinity has no time.
        guard let blank = text.firstIndex(of: UInt8(ascii: " ")) else { return }
        pointer(at: start + blank).storeBytes(of: UInt8(ascii: "T"), as: UInt8.self)
        guard hasZone else { return }
        let isBeforeChrist = text.last == UInt8(ascii: "C")
        if isBeforeChrist { truncate(to: count - 3) }
        append(ascii: ":00")
        if isBeforeChrist { append(ascii: " BC") }
    }
}
