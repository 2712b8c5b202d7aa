#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif
internal import Relational

/// A blocked Bloom filter: tells most keys that are not there apart, and never denies one that is.
///
/// 1. The filter is lines of 64 bytes; the upper half of a key's hash picks one line, so that a question costs one cache line.
/// 2. Seven numbers of 9 bits from the product of the hash and an odd constant pick that many bits of the line; the first `probeCount`
///    are used.
/// 3. Keys are there only if all of them are set. After F. Putze, P. Sanders, J. Singler, "Cache-, Hash- and Space-Efficient Bloom
///    Filters", 2007.
struct KeyFilter: BitwiseCopyable {
    static let lineByteCount = 64
    static let probeCountMax = 7

    // Unsafe: lies in a block that the owner holds.
    let lines: UnsafeRawPointer
    let lineCount: Int
    let probeCount: Int

    /// How many lines `keyCount` keys take, and how many bits each sets.
    static func shape(keyCount: Int, bitsPerKey: Int) -> (lineCount: Int, probeCount: Int) {
        guard bitsPerKey > 0, keyCount > 0 else { return (0, 0) }
        let bits = lineByteCount * 8
        return ((keyCount * bitsPerKey + bits - 1) / bits, min(max(bitsPerKey * 7 / 10, 1), probeCountMax))
    }

    /// Where the line of a key begins.
    @inline(__always)
    static func line(of hash: UInt64, lineCount: Int) -> Int {
        Int(truncatingIfNeeded: ((hash &>> 32) &* UInt64(truncatingIfNeeded: lineCount)) &>> 32) &* lineByteCount
    }

    /// The bits of a key within its line, 9 bits each.
    @inline(__always)
    static func bits(of hash: UInt64) -> UInt64 { hash &* 0x9E37_79B9_7F4A_7C15 }

    /// False: the key is not there.
    @inline(__always)
    func mayContain(_ hash: UInt64) -> Bool {
        if lineCount == 0 { return true }
        let line = lines + Self.line(of: hash, lineCount: lineCount)
        var bits = Self.bits(of: hash)
        var left = probeCount
        while left > 0 {
            let bit = Int(truncatingIfNeeded: bits & 511)
            let byte = line.load(fromByteOffset: bit &>> 3, as: UInt8.self)
            if byte & (1 &<< UInt8(truncatingIfNeeded: bit & 7)) == 0 { return false }
            bits &>>= 9
            left &-= 1
        }
        return true
    }

    /// Makes the filter of these hashes in `lines`.
    static func fill(
        _ lines: UnsafeMutableRawPointer,
        lineCount: Int,
        probeCount: Int,
        hashes: borrowing GrowableBuffer<UInt64>
    ) {
        memset(lines, 0, lineCount * lineByteCount)
        var index = 0
        while index < hashes.count {
            let line = lines + Self.line(of: hashes[index], lineCount: lineCount)
            var bits = Self.bits(of: hashes[index])
            for _ in 0..<probeCount {
                let bit = Int(truncatingIfNeeded: bits & 511)
                let byte = line.load(fromByteOffset: bit &>> 3, as: UInt8.self)
                line.storeBytes(
                    of: byte | (1 &<< UInt8(truncatingIfNeeded: bit & 7)),
                    toByteOffset: bit &>> 3,
                    as: UInt8.self
                )
                bits &>>= 9
            }
            index += 1
        }
    }
}
