/// LIKE: `%` is any run of characters, `_` one character, `\` takes the next one literally.
///
/// 1. Walk text and pattern together until they differ.
/// 2. At a `%`, remember the pattern behind it and the place in the text; on a later mismatch, start again there one character on.
/// 3. Only the latest `%` matters: what stands before it has matched already. So the time is text × pattern at most, without recursion.
enum LikePattern {
    /// - Throws: `invalidEscapeSequence` when matching comes to an escape at the pattern's end, as in Postgres: a text that fails earlier
    ///   raises nothing.
    static func matches(
        _ text: UnsafeRawBufferPointer,
        _ pattern: UnsafeRawBufferPointer,
        isText: Bool
    ) throws(EvaluationError) -> Bool {
        let (percent, underscore, escape): (UInt8, UInt8, UInt8) = (0x25, 0x5F, 0x5C)
        var t = 0
        var p = 0
        var resumePattern = -1
        var resumeText = 0
        while t < text.count {
            var isMatch = false
            if p < pattern.count {
                switch pattern[p] {
                case percent:
                    // Also take the `_` and `%` that follow, as long as there is text for them.
                    p += 1
                    while p < pattern.count, pattern[p] == percent || pattern[p] == underscore {
                        if pattern[p] == underscore {
                            if t >= text.count { return false }
                            t = next(text, t, isText)
                        }
                        p += 1
                    }
                    if p == pattern.count { return true }
                    if pattern[p] == escape, p + 1 == pattern.count { throw .invalidEscapeSequence }
                    resumePattern = p
                    resumeText = t
                    continue
                case underscore:
                    t = next(text, t, isText)
                    p += 1
                    continue
                case escape:
                    guard p + 1 < pattern.count else { throw .invalidEscapeSequence }
                    isMatch = pattern[p + 1] == text[t]
                    if isMatch { p += 1 }
                case let byte:
                    isMatch = byte == text[t]
                }
            }
            if isMatch {
                t += 1
                p += 1
            } else {
                guard resumePattern >= 0 else { return false }
                resumeText = next(text, resumeText, isText)
                t = resumeText
                p = resumePattern
            }
        }
        while p < pattern.count, pattern[p] == percent { p += 1 }
        return p == pattern.count
    }

    @inline(__always)
    private static func next(_ text: UnsafeRawBufferPointer, _ index: Int, _ isText: Bool) -> Int {
        isText ? min(index + TextFunctions.characterWidth(text[index]), text.count) : index + 1
    }

    /// The pattern of `LIKE pattern ESCAPE escape`, rewritten to use `\`. An empty escape means that nothing escapes.
    static func escaped(
        _ pattern: UnsafeRawBufferPointer,
        _ escape: UnsafeRawBufferPointer,
        isText: Bool,
        _ arena: inout Arena
    ) throws(EvaluationError) -> UnsafeRawBufferPointer {
        let backslash: UInt8 = 0x5C
        if escape.count == 1, escape[0] == backslash { return pattern }
        if !escape.isEmpty {
            guard escape.count == (isText ? TextFunctions.characterWidth(escape[0]) : 1) else {
                throw .invalidEscapeSequence
            }
        }
        guard pattern.count <= Arena.valueBytesMax / 2 else { throw .valueTooLong }
        let place = arena.allocate(pattern.count * 2)
        var count = 0
        func append(_ byte: UInt8) {
            place.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
            count += 1
        }
        var isEscaped = false
        var index = 0
        while index < pattern.count {
            let end = next(pattern, index, isText)
            let character = BytesFunctions.slice(pattern, index, end)
            if !escape.isEmpty, !isEscaped, BytesFunctions.equal(character, escape) {
                append(backslash)
                isEscaped = true
            } else {
                if character[0] == backslash, !isEscaped { append(backslash) }
                for byte in character { append(byte) }
                isEscaped = false
            }
            index = end
        }
        arena.trim(place, to: count)
        return UnsafeRawBufferPointer(start: place, count: count)
    }
}
