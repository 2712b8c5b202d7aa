package import Relational

/// A walk over the text of one JSON value. Every read is checked against the end; what is no JSON gives nil or false.
package struct JSONCursor {
    // Unsafe: documents are read where the client's library put them.
    package let text: UnsafeRawBufferPointer
    package private(set) var index = 0

    /// A walk from the text's beginning.
    package init(_ text: UnsafeRawBufferPointer) { self.text = text }

    /// Whether all was taken.
    package var isAtEnd: Bool { index >= text.count }

    /// The next byte, not taken.
    package var next: UInt8? { index < text.count ? text[index] : nil }

    /// Takes white space.
    package mutating func skipSpace() {
        while let byte = next, byte == 0x20 || (byte >= 0x09 && byte <= 0x0D) { index += 1 }
    }

    /// Takes one byte if it is that one.
    package mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        index += 1
        return true
    }

    /// Takes a string and returns what stands between its quotes, escapes and all.
    package mutating func takeString() -> UnsafeRawBufferPointer? {
        guard take(UInt8(ascii: "\"")) else { return nil }
        let start = index
        while let byte = next {
            if byte == UInt8(ascii: "\"") {
                index += 1
                return UnsafeRawBufferPointer(rebasing: text[start..<(index - 1)])
            }
            index += byte == UInt8(ascii: "\\") ? 2 : 1
        }
        return nil
    }

    /// Takes a whole value and returns its text.
    package mutating func takeValue() -> UnsafeRawBufferPointer? {
        let start = index
        var depth = 0
        repeat {
            guard let byte = next else { return nil }
            switch byte {
            case UInt8(ascii: "\""):
                guard takeString() != nil else { return nil }
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                index += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                guard depth >= 0 else { return nil }
                index += 1
            case UInt8(ascii: ","), UInt8(ascii: ":"), 0x20, 0x09...0x0D:
                guard depth > 0 else { return nil }
                index += 1
            default: takeWord()
            }
        } while depth > 0
        return index > start ? UnsafeRawBufferPointer(rebasing: text[start..<index]) : nil
    }

    /// A number or a literal.
    private mutating func takeWord() {
        while let byte = next {
            switch byte {
            case UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "}"), UInt8(ascii: "]"), UInt8(ascii: "\""),
                UInt8(ascii: "{"), UInt8(ascii: "["), 0x20, 0x09...0x0D:
                return
            default: index += 1
            }
        }
    }

    /// Appends a string's text without its escapes.
    package static func unescape(_ text: UnsafeRawBufferPointer, into slab: inout ByteSlab) -> Bool {
        var index = 0
        while index < text.count {
            guard text[index] == UInt8(ascii: "\\") else {
                slab.append(byte: text[index])
                index += 1
                continue
            }
            guard index + 1 < text.count else { return false }
            let letter = text[index + 1]
            index += 2
            switch letter {
            case UInt8(ascii: "b"): slab.append(byte: 0x08)
            case UInt8(ascii: "t"): slab.append(byte: 0x09)
            case UInt8(ascii: "n"): slab.append(byte: 0x0A)
            case UInt8(ascii: "f"): slab.append(byte: 0x0C)
            case UInt8(ascii: "r"): slab.append(byte: 0x0D)
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): slab.append(byte: letter)
            case UInt8(ascii: "u"):
                guard let length = appendScalar(text, index, &slab) else { return false }
                index += length
            default: return false
            }
        }
        return true
    }

    /// Appends the character of `\uXXXX`, of two of them for a surrogate pair; returns how many bytes stood for it.
    private static func appendScalar(_ text: UnsafeRawBufferPointer, _ index: Int, _ slab: inout ByteSlab) -> Int? {
        guard let unit = unit(text, index) else { return nil }
        var value = unit
        var length = 4
        if (0xD800..<0xDC00).contains(unit) {
            guard index + 5 < text.count, text[index + 4] == UInt8(ascii: "\\"), text[index + 5] == UInt8(ascii: "u"),
                let low = self.unit(text, index + 6), (0xDC00..<0xE000).contains(low)
            else { return nil }
            value = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
            length = 10
        }
        guard let scalar = Unicode.Scalar(value) else { return nil }
        for byte in UTF8.encode(scalar) ?? .init() { slab.append(byte: byte) }
        return length
    }

    private static func unit(_ text: UnsafeRawBufferPointer, _ index: Int) -> UInt32? {
        guard index + 4 <= text.count else { return nil }
        return UInt32(String(decoding: text[index..<(index + 4)], as: UTF8.self), radix: 16)
    }
}
