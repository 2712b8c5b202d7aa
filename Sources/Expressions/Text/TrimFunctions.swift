/// `trim`, `btrim`, `ltrim` and `rtrim`: results are parts of the argument, not copies.
enum TrimFunctions {
    enum Side { case leading, trailing, both }

    /// Blanks are spaces alone, not other white space.
    static func blanks(_ bytes: UnsafeRawBufferPointer, _ side: Side) -> UnsafeRawBufferPointer {
        var start = 0
        var end = bytes.count
        if side != .trailing {
            while start < end, bytes[start] == 0x20 { start += 1 }
        }
        if side != .leading {
            while end > start, bytes[end - 1] == 0x20 { end -= 1 }
        }
        return BytesFunctions.slice(bytes, start, end)
    }

    /// Removes bytes that occur in `set`.
    static func bytes(
        _ bytes: UnsafeRawBufferPointer,
        _ set: UnsafeRawBufferPointer,
        _ side: Side
    ) -> UnsafeRawBufferPointer {
        var start = 0
        var end = bytes.count
        if side != .trailing {
            while start < end, set.contains(bytes[start]) { start += 1 }
        }
        if side != .leading {
            while end > start, set.contains(bytes[end - 1]) { end -= 1 }
        }
        return BytesFunctions.slice(bytes, start, end)
    }

    /// Removes UTF-8 characters that occur in `set`.
    static func characters(
        _ text: UnsafeRawBufferPointer,
        _ set: UnsafeRawBufferPointer,
        _ side: Side
    ) -> UnsafeRawBufferPointer {
        if set.allSatisfy({ $0 < 0x80 }) { return bytes(text, set, side) }
        var start = 0
        var end = text.count
        if side != .trailing {
            while start < end {
                let next = min(start + TextFunctions.characterWidth(text[start]), end)
                guard contains(set, text, start, next) else { break }
                start = next
            }
        }
        if side != .leading {
            while end > start {
                var first = end - 1
                while first > start, text[first] & 0xC0 == 0x80 { first -= 1 }
                guard contains(set, text, first, end) else { break }
                end = first
            }
        }
        return BytesFunctions.slice(text, start, end)
    }

    private static func contains(
        _ set: UnsafeRawBufferPointer,
        _ text: UnsafeRawBufferPointer,
        _ start: Int,
        _ end: Int
    ) -> Bool {
        let character = BytesFunctions.slice(text, start, end)
        var index = 0
        while index < set.count {
            let next = min(index + TextFunctions.characterWidth(set[index]), set.count)
            if BytesFunctions.equal(BytesFunctions.slice(set, index, next), character) { return true }
            index = next
        }
        return false
    }
}
