/// UUIDs and byte strings.
extension TextCodec {
    /// The canonical form, 8-4-4-4-12 hexadecimal digits in either case.
    public static func parseUUID(_ text: UnsafeRawBufferPointer) -> UUIDBytes? {
        guard text.count == 36 else { return nil }
        var high: UInt64 = 0
        var low: UInt64 = 0
        for position in 0..<36 {
            let byte = text[position]
            if position == 8 || position == 13 || position == 18 || position == 23 {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            let nibble = hexDigit(byte)
            guard nibble < 16 else { return nil }
            high = high &<< 4 | low &>> 60
            low = low &<< 4 | UInt64(nibble)
        }
        return (high.bigEndian, low.bigEndian)
    }

    /// The 16 bytes of a UUID in order, as they lie in memory.
    public typealias UUIDBytes = (UInt64, UInt64)

    static func append(uuid: UnsafeRawBufferPointer, to output: inout ByteSlab) {
        for (position, byte) in uuid.enumerated() {
            if position == 4 || position == 6 || position == 8 || position == 10 {
                output.append(byte: UInt8(ascii: "-"))
            }
            output.append(hex: byte)
        }
    }

    /// Hexadecimal after `\x`, or Postgres's older escape form; false when malformed.
    @usableFromInline
    static func decodeBytea(_ text: UnsafeRawBufferPointer, column: Int, row: Int, into slab: inout ByteSlab) -> Bool {
        let start = slab.beginBytes(column, in: row)
        let isHex = text.count >= 2 && text[0] == UInt8(ascii: "\\") && text[1] == UInt8(ascii: "x")
        guard isHex ? appendHex(text, to: &slab) : appendEscaped(text, to: &slab) else {
            slab.truncate(to: start)
            return false
        }
        slab.endBytes(column, from: start, in: row)
        return true
    }

    private static func appendHex(_ text: UnsafeRawBufferPointer, to slab: inout ByteSlab) -> Bool {
        guard text.count & 1 == 0 else { return false }
        let count = (text.count - 2) / 2
        let place = slab.extend(by: count)
        var seen: UInt8 = 0
        for index in 0..<count {
            let high = hexDigit(text[2 + 2 * index])
            let low = hexDigit(text[3 + 2 * index])
            seen |= high | low
            place.storeBytes(of: high &<< 4 | low & 15, toByteOffset: index, as: UInt8.self)
        }
        return seen < 16
    }

    /// `\\` is a backslash, `\ooo` an octal byte, everything else itself.
    private static func appendEscaped(_ text: UnsafeRawBufferPointer, to slab: inout ByteSlab) -> Bool {
        var position = 0
        while position < text.count {
            let byte = text[position]
            if byte != UInt8(ascii: "\\") {
                slab.append(byte: byte)
                position += 1
            } else if position + 1 < text.count, text[position + 1] == byte {
                slab.append(byte: byte)
                position += 2
            } else {
                guard position + 3 < text.count else { return false }
                let digits = (1...3).map { text[position + $0] &- UInt8(ascii: "0") }
                guard digits[0] < 4, digits[1] < 8, digits[2] < 8 else { return false }
                slab.append(byte: digits[0] << 6 | digits[1] << 3 | digits[2])
                position += 4
            }
        }
        return true
    }

    static func append(bytea: UnsafeRawBufferPointer, to output: inout ByteSlab) {
        output.append(text: "\\x")
        let place = output.extend(by: bytea.count * 2)
        for (index, byte) in bytea.enumerated() {
            place.storeBytes(of: ByteSlab.hexLetter(byte >> 4), toByteOffset: 2 * index, as: UInt8.self)
            place.storeBytes(of: ByteSlab.hexLetter(byte & 15), toByteOffset: 2 * index + 1, as: UInt8.self)
        }
    }

    /// The digit's value, or 255.
    private static func hexDigit(_ byte: UInt8) -> UInt8 {
        let digit = byte &- UInt8(ascii: "0")
        if digit < 10 { return digit }
        let letter = (byte | 0x20) &- UInt8(ascii: "a")
        return letter < 6 ? letter + 10 : 255
    }
}

extension ByteSlab {
    /// Appends a byte as two lower-case hexadecimal digits.
    mutating func append(hex byte: UInt8) {
        append(byte: Self.hexLetter(byte >> 4))
        append(byte: Self.hexLetter(byte & 15))
    }

    static func hexLetter(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
    }
}
