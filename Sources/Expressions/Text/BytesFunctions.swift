#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Functions over bytes as they are: text under a byte order, bytea, uuid and types carried as text.
enum BytesFunctions {
    @inline(__always)
    static func equal(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        guard left.count == right.count else { return false }
        guard let a = left.baseAddress, let b = right.baseAddress else { return true }
        return memcmp(a, b, left.count) == 0
    }

    /// Below, equal or above zero.
    @inline(__always)
    static func compare(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
        let common = min(left.count, right.count)
        if common > 0, let a = left.baseAddress, let b = right.baseAddress {
            let order = memcmp(a, b, common)
            if order != 0 { return Int(order) }
        }
        return left.count - right.count
    }

    static func withoutPadding(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        TrimFunctions.blanks(bytes, .trailing)
    }

    static func blankPaddedEqual(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        equal(withoutPadding(left), withoutPadding(right))
    }

    static func store(_ bytes: [UInt8], _ arena: inout Arena) -> UnsafeRawBufferPointer {
        let place = arena.allocate(bytes.count)
        bytes.withUnsafeBytes { source in
            if let base = source.baseAddress { place.copyMemory(from: base, byteCount: source.count) }
        }
        return UnsafeRawBufferPointer(start: place, count: bytes.count)
    }

    static func concatenate(
        _ left: UnsafeRawBufferPointer,
        _ right: UnsafeRawBufferPointer,
        _ arena: inout Arena
    ) throws(EvaluationError) -> UnsafeRawBufferPointer {
        let count = left.count + right.count
        guard count <= Arena.valueBytesMax else { throw .valueTooLong }
        let place = arena.allocate(count)
        if let base = left.baseAddress { place.copyMemory(from: base, byteCount: left.count) }
        if let base = right.baseAddress { (place + left.count).copyMemory(from: base, byteCount: right.count) }
        return UnsafeRawBufferPointer(start: place, count: count)
    }

    /// The window of SQL's substring: from `start` (1-based, may lie before the value) over `length` units, as an index and a count.
    static func window(_ start: Int64, _ length: Int64) throws(EvaluationError) -> (first: Int64, count: Int64) {
        guard length >= 0 else { throw .substringError }
        let first = max(start, 1)
        let end = start + length
        // Postgres computes the end in 32 bits, and takes the rest of the value when that overflows.
        if end > Int64(Int32.max) { return (first - 1, Int64.max) }
        return (first - 1, max(end - first, 0))
    }

    static func slice(_ bytes: UnsafeRawBufferPointer, _ first: Int, _ end: Int) -> UnsafeRawBufferPointer {
        first >= end
            ? UnsafeRawBufferPointer(start: bytes.baseAddress, count: 0)
            : UnsafeRawBufferPointer(rebasing: bytes[first..<end])
    }

    static func substring(_ bytes: UnsafeRawBufferPointer, from start: Int64) -> UnsafeRawBufferPointer {
        slice(bytes, min(Int(max(start, 1)) - 1, bytes.count), bytes.count)
    }

    static func substring(
        _ bytes: UnsafeRawBufferPointer,
        from start: Int64,
        for length: Int64
    ) throws(EvaluationError) -> UnsafeRawBufferPointer {
        let (first, count) = try window(start, length)
        let begin = min(Int(first), bytes.count)
        return slice(bytes, begin, count >= Int64(bytes.count - begin) ? bytes.count : begin + Int(count))
    }

    static func starts(_ bytes: UnsafeRawBufferPointer, with prefix: UnsafeRawBufferPointer) -> Bool {
        prefix.count <= bytes.count && equal(slice(bytes, 0, prefix.count), prefix)
    }

    /// The byte offset of the first occurrence at or after `start`, or nil.
    static func find(
        _ needle: UnsafeRawBufferPointer,
        in bytes: UnsafeRawBufferPointer,
        from start: Int = 0
    ) -> Int? {
        guard bytes.count - start >= needle.count else { return nil }
        guard !needle.isEmpty, let base = bytes.baseAddress, let wanted = needle.baseAddress else { return start }
        let last = bytes.count - needle.count
        var next = start
        while next <= last, let place = memchr(base + next, Int32(needle[0]), last - next + 1) {
            let found = UnsafeRawPointer(place) - base
            if memcmp(base + found, wanted, needle.count) == 0 { return found }
            next = found + 1
        }
        return nil
    }

    /// 1-based; 0 when it does not occur.
    static func position(of needle: UnsafeRawBufferPointer, in bytes: UnsafeRawBufferPointer) -> Int64 {
        find(needle, in: bytes).map { Int64($0) + 1 } ?? 0
    }
}
