/// Functions over UTF-8 text, counted in characters (code points).
enum TextFunctions {
    /// The bytes of the character that begins with `byte`.
    @inline(__always)
    static func characterWidth(_ byte: UInt8) -> Int {
        byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4
    }

    static func characterCount(_ text: UnsafeRawBufferPointer) -> Int {
        var count = 0
        for byte in text where byte & 0xC0 != 0x80 { count += 1 }
        return count
    }

    /// The byte offset of character `index`, or the byte count when there are fewer.
    static func offset(of index: Int64, in text: UnsafeRawBufferPointer, from start: Int = 0) -> Int {
        guard index < Int64(text.count - start) else { return text.count }
        var offset = start
        var left = index
        while left > 0, offset < text.count {
            offset += characterWidth(text[offset])
            left -= 1
        }
        return min(offset, text.count)
    }

    // MARK: Parts

    static func substring(_ text: UnsafeRawBufferPointer, from start: Int64) -> UnsafeRawBufferPointer {
        BytesFunctions.slice(text, offset(of: max(start, 1) - 1, in: text), text.count)
    }

    static func substring(
        _ text: UnsafeRawBufferPointer,
        from start: Int64,
        for length: Int64
    ) throws(EvaluationError) -> UnsafeRawBufferPointer {
        let (first, count) = try BytesFunctions.window(start, length)
        let begin = offset(of: first, in: text)
        return BytesFunctions.slice(text, begin, offset(of: count, in: text, from: begin))
    }

    /// The first `count` characters, or all but the last `-count`.
    static func left(_ text: UnsafeRawBufferPointer, _ count: Int64) -> UnsafeRawBufferPointer {
        let kept = count >= 0 ? count : Int64(characterCount(text)) + count
        return kept <= 0 ? BytesFunctions.slice(text, 0, 0) : BytesFunctions.slice(text, 0, offset(of: kept, in: text))
    }

    /// The last `count` characters, or all but the first `-count`; all for the least int4, whose negation is itself to Postgres.
    static func right(_ text: UnsafeRawBufferPointer, _ count: Int64) -> UnsafeRawBufferPointer {
        if count == Int64(Int32.min) { return text }
        let skipped = count >= 0 ? max(Int64(characterCount(text)) - count, 0) : -count
        return BytesFunctions.slice(text, offset(of: skipped, in: text), text.count)
    }

    /// The text, if it has at most `limit` characters after its trailing blanks are cut as far as needed.
    static func fitted(
        _ text: UnsafeRawBufferPointer,
        to limit: Int64
    ) throws(EvaluationError) -> UnsafeRawBufferPointer {
        let end = offset(of: max(limit, 0), in: text)
        for index in end..<text.count where text[index] != 0x20 { throw .stringDataRightTruncation }
        return BytesFunctions.slice(text, 0, end)
    }

    /// The character position, 1-based, of the first occurrence; 0 when it does not occur.
    static func position(of needle: UnsafeRawBufferPointer, in text: UnsafeRawBufferPointer) -> Int64 {
        guard let offset = BytesFunctions.find(needle, in: text) else { return 0 }
        return Int64(characterCount(BytesFunctions.slice(text, 0, offset))) + 1
    }

    // MARK: New text

    static func mapASCIICase(
        _ text: UnsafeRawBufferPointer,
        isLower: Bool,
        _ arena: inout Arena
    ) -> UnsafeRawBufferPointer {
        let place = arena.allocate(text.count)
        let first: UInt8 = isLower ? 0x41 : 0x61
        for index in 0..<text.count {
            let byte = text[index]
            let isMapped = byte >= first && byte <= first + 25
            place.storeBytes(of: isMapped ? byte ^ 0x20 : byte, toByteOffset: index, as: UInt8.self)
        }
        return UnsafeRawBufferPointer(start: place, count: text.count)
    }

    static func mapCase(
        _ text: UnsafeRawBufferPointer,
        isLower: Bool,
        _ arena: inout Arena
    ) throws(EvaluationError) -> UnsafeRawBufferPointer {
        if text.allSatisfy({ $0 < 0x80 }) { return mapASCIICase(text, isLower: isLower, &arena) }
        // A mapped character may be longer than its origin, never beyond four bytes.
        let place = arena.allocate(text.count * 4)
        var count = 0
        var index = 0
        while index < text.count {
            let width = min(characterWidth(text[index]), text.count - index)
            let scalar = decode(text, index, width)
            let mapped = isLower ? CaseMapping.lower(scalar) : CaseMapping.upper(scalar)
            count += encode(mapped, place + count)
            index += width
        }
        arena.trim(place, to: count)
        guard count <= Arena.valueBytesMax else { throw .valueTooLong }
        return UnsafeRawBufferPointer(start: place, count: count)
    }

    private static func decode(_ text: UnsafeRawBufferPointer, _ index: Int, _ width: Int) -> UInt32 {
        let first = UInt32(text[index])
        if width == 1 { return first }
        var scalar = first & (width == 2 ? 0x1F : width == 3 ? 0x0F : 0x07)
        for next in 1..<width { scalar = scalar << 6 | UInt32(text[index + next] & 0x3F) }
        return scalar
    }

    private static func encode(_ scalar: UInt32, _ place: UnsafeMutableRawPointer) -> Int {
        func store(_ byte: UInt32, _ index: Int) {
            place.storeBytes(of: UInt8(truncatingIfNeeded: byte), toByteOffset: index, as: UInt8.self)
        }
        if scalar < 0x80 {
            store(scalar, 0)
            return 1
        }
        if scalar < 0x800 {
            store(0xC0 | scalar >> 6, 0)
            store(0x80 | scalar & 0x3F, 1)
            return 2
        }
        if scalar < 0x10000 {
            store(0xE0 | scalar >> 12, 0)
            store(0x80 | scalar >> 6 & 0x3F, 1)
            store(0x80 | scalar & 0x3F, 2)
            return 3
        }
        store(0xF0 | scalar >> 18, 0)
        store(0x80 | scalar >> 12 & 0x3F, 1)
        store(0x80 | scalar >> 6 & 0x3F, 2)
        store(0x80 | scalar & 0x3F, 3)
        return 4
    }

    static func reversed(_ text: UnsafeRawBufferPointer, _ arena: inout Arena) -> UnsafeRawBufferPointer {
        let place = arena.allocate(text.count)
        var end = text.count
        var index = 0
        while index < text.count {
            let width = min(characterWidth(text[index]), text.count - index)
            end -= width
            for byte in 0..<width {
                place.storeBytes(of: text[index + byte], toByteOffset: end + byte, as: UInt8.self)
            }
            index += width
        }
        return UnsafeRawBufferPointer(start: place, count: text.count)
    }

    static func replace(
        _ text: UnsafeRawBufferPointer,
        _ old: UnsafeRawBufferPointer,
        _ new: UnsafeRawBufferPointer,
        _ arena: inout Arena
    ) throws(EvaluationError) -> UnsafeRawBufferPointer {
        guard !old.isEmpty, !text.isEmpty else { return text }
        var count = 0
        var start = 0
        while let found = BytesFunctions.find(old, in: text, from: start) {
            count += 1
            start = found + old.count
        }
        if count == 0 { return text }
        let total = text.count + count * (new.count - old.count)
        guard total <= Arena.valueBytesMax else { throw .valueTooLong }
        let place = arena.allocate(total)
        var written = 0
        func copy(_ part: UnsafeRawBufferPointer) {
            if let base = part.baseAddress { (place + written).copyMemory(from: base, byteCount: part.count) }
            written += part.count
        }
        start = 0
        while let found = BytesFunctions.find(old, in: text, from: start) {
            copy(BytesFunctions.slice(text, start, found))
            copy(new)
            start = found + old.count
        }
        copy(BytesFunctions.slice(text, start, text.count))
        return UnsafeRawBufferPointer(start: place, count: total)
    }
}
