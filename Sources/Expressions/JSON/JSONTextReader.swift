import Relational

/// A place in JSON text and the tokens that start there. Reading beyond the end gives 0, which starts no token.
struct JSONTextReader {
    // Unsafe: a place in the row's own bytes, which are not copied; it lives while one value is read.
    let text: UnsafeRawBufferPointer
    let isLenient: Bool
    private var position = 0

    init(text: UnsafeRawBufferPointer, isLenient: Bool) {
        self.text = text
        self.isLenient = isLenient
    }

    var next: UInt8 { position < text.count ? text[position] : 0 }

    var isAtEnd: Bool { position >= text.count }

    mutating func skip() { position += 1 }

    mutating func skipBlanks() {
        while position < text.count {
            switch text[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }

    mutating func copy(_ word: StaticString, into output: inout ByteSlab) throws(EvaluationError) {
        let bytes = UnsafeRawBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
        guard text.count - position >= bytes.count,
            text[position..<(position + bytes.count)].elementsEqual(bytes)
        else { throw .invalidTextRepresentation }
        position += bytes.count
        output.append(bytes)
    }

    // MARK: Numbers

    mutating func copyNumber(into output: inout ByteSlab) throws(EvaluationError) {
        let start = position
        if next == UInt8(ascii: "-") { skip() }
        if next == UInt8(ascii: "0") { skip() } else { try skipDigits() }
        if next == UInt8(ascii: ".") {
            skip()
            try skipDigits()
        }
        if next | 0x20 == UInt8(ascii: "e") {
            skip()
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { skip() }
            try skipDigits()
        }
        let place = output.count
        output.append(UnsafeRawBufferPointer(rebasing: text[start..<position]))
        if !isLenient { try output.makeNumeric(from: place) }
    }

    /// At least one.
    private mutating func skipDigits() throws(EvaluationError) {
        let start = position
        while next &- UInt8(ascii: "0") < 10 { position += 1 }
        if position == start { throw .invalidTextRepresentation }
    }

    // MARK: Strings

    mutating func copyString(into output: inout ByteSlab) throws(EvaluationError) {
        skip()
        output.append(byte: UInt8(ascii: "\""))
        var start = position
        while true {
            guard position < text.count, text[position] >= 0x20 else { throw .invalidTextRepresentation }
            let byte = text[position]
            guard byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else {
                position += 1
                continue
            }
            output.append(UnsafeRawBufferPointer(rebasing: text[start..<position]))
            position += 1
            if byte == UInt8(ascii: "\"") { return output.append(byte: byte) }
            try copyEscape(into: &output)
            start = position
        }
    }

    private mutating func copyEscape(into output: inout ByteSlab) throws(EvaluationError) {
        let letter = next
        position += 1
        switch letter {
        case UInt8(ascii: "b"): output.appendJSONEscape(0x08)
        case UInt8(ascii: "t"): output.appendJSONEscape(0x09)
        case UInt8(ascii: "n"): output.appendJSONEscape(0x0A)
        case UInt8(ascii: "f"): output.appendJSONEscape(0x0C)
        case UInt8(ascii: "r"): output.appendJSONEscape(0x0D)
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): output.appendJSONEscape(letter)
        case UInt8(ascii: "/"): output.append(byte: letter)
        case UInt8(ascii: "u"): try copyCodeUnits(into: &output)
        default: throw .invalidTextRepresentation
        }
    }

    /// One `\u` escape, or two that are a surrogate pair.
    private mutating func copyCodeUnits(into output: inout ByteSlab) throws(EvaluationError) {
        var value = try codeUnit()
        if isLenient { return }
        if value == 0 { throw .untranslatableCharacter }
        if (0xD800..<0xE000).contains(value) {
            guard value < 0xDC00, next == UInt8(ascii: "\\") else { throw .invalidTextRepresentation }
            skip()
            guard next == UInt8(ascii: "u") else { throw .invalidTextRepresentation }
            skip()
            let low = try codeUnit()
            guard (0xDC00..<0xE000).contains(low) else { throw .invalidTextRepresentation }
            value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(value) else { throw .invalidTextRepresentation }
        if value < 0x20 || scalar == "\"" || scalar == "\\" {
            output.appendJSONEscape(UInt8(truncatingIfNeeded: value))
        } else {
            for byte in scalar.utf8 { output.append(byte: byte) }
        }
    }

    private mutating func codeUnit() throws(EvaluationError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            let byte = next
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt32(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt32(byte - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt32(byte - UInt8(ascii: "A") + 10)
            default: throw .invalidTextRepresentation
            }
            position += 1
        }
        return value
    }
}
