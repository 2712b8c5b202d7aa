/// The index over the blocks of a partition, or over the partitions of a run, as it lies in a block.
///
/// | bytes | content |
/// |---|---|
/// | 0..<4 | `n`, the blocks that it lists, 1 at least |
/// | 4..<8 | `f`, the lines of its filter, 64 bytes each |
/// | 8..<12 | the bits of a line that each key sets |
/// | 12..<16 | `k`, bytes of keys |
/// | 16..<64 | 0 |
/// | 64 f | the filter (`KeyFilter`) |
/// | 24 n | for each block: offset in the file (8), its bytes (4), CRC32C (4), where its key begins in the keys (4), its bytes (4) |
/// | k | the keys |
///
/// The key of a block is one that lies above every key before the block and not above any in it, as short as can be. The highest bit of
/// its length says that the block goes on with the key that the block before ends with; then that is the key, whole.
///
/// Unsafe: a view into a block that the owner holds.
struct BlockIndex: BitwiseCopyable {
    static let headByteCount = 64
    static let rowByteCount = 24
    static let continuation: UInt32 = 1 << 31

    let count: Int
    let filter: KeyFilter
    private let rows: UnsafeRawPointer
    private let keys: UnsafeRawPointer

    /// The index in a block that `isWellFormed` has seen.
    init(_ base: UnsafeRawPointer) {
        count = Int(Self.word(base, 0))
        filter = KeyFilter(
            lines: base + Self.headByteCount,
            lineCount: Int(Self.word(base, 4)),
            probeCount: Int(Self.word(base, 8))
        )
        rows = filter.lines + filter.lineCount &* KeyFilter.lineByteCount
        keys = rows + count &* Self.rowByteCount
    }

    /// Whether nothing in the block leads outside of it, and its blocks lie in `range` of the file.
    static func isWellFormed(_ bytes: UnsafeRawBufferPointer, listing range: Range<Int64>) -> Bool {
        guard let base = bytes.baseAddress, bytes.count >= headByteCount else { return false }
        let count = Int(word(base, 0))
        let lineCount = Int(word(base, 4))
        let keyByteCount = Int(word(base, 12))
        // Each is below 2^32: the sum fits.
        let needed = headByteCount + lineCount * KeyFilter.lineByteCount + count * rowByteCount + keyByteCount
        guard count > 0, needed == bytes.count, word(base, 8) <= KeyFilter.probeCountMax else { return false }
        let index = BlockIndex(base)
        for row in 0..<count {
            let place = index.place(row)
            let start = Int(word(index.rows, row * rowByteCount + 16))
            guard place.offset >= range.lowerBound, place.offset <= range.upperBound,
                Int64(place.byteCount) <= range.upperBound - place.offset,
                start + index.keyCount(row) <= keyByteCount
            else { return false }
        }
        return true
    }

    @inline(__always)
    func place(_ row: Int) -> BlockPlace {
        let start = rows + row &* Self.rowByteCount
        return BlockPlace(
            offset: Int64(littleEndian: start.loadUnaligned(as: Int64.self)),
            byteCount: Int(Self.word(start, 8)),
            checksum: Self.word(start, 12)
        )
    }

    @inline(__always)
    func continues(_ row: Int) -> Bool { Self.word(rows, row &* Self.rowByteCount &+ 20) & Self.continuation != 0 }

    func key(_ row: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: keys + keyStart(row), count: keyCount(row))
    }

    /// Whether the first entry of a key, if there is one, lies in this block or one after it.
    @inline(__always)
    func begins(_ row: Int, atOrBefore key: UnsafeRawPointer, _ keyCount: Int) -> Bool {
        let order = KeyOrder.compare(keys + keyStart(row), self.keyCount(row), key, keyCount)
        return order < 0 || (order == 0 && !continues(row))
    }

    /// The block in which a key's first entry lies if there is one: the last that begins at or before it. `row` is one that does.
    ///
    /// Gallops: keys that follow each other closely take few comparisons.
    func last(from row: Int, atOrBefore key: UnsafeRawPointer, _ keyCount: Int) -> Int {
        var low = row
        var step = 1
        while low + step < count, begins(low + step, atOrBefore: key, keyCount) {
            low += step
            step *= 2
        }
        var high = min(low + step, count)
        while low + 1 < high {
            let middle = (low + high) >> 1
            if begins(middle, atOrBefore: key, keyCount) { low = middle } else { high = middle }
        }
        return low
    }

    /// The block in which a key's last entry lies if there is one.
    func last(having key: UnsafeRawPointer, _ keyCount: Int) -> Int {
        var low = 0
        var high = count
        while low + 1 < high {
            let middle = (low + high) >> 1
            if KeyOrder.compare(keys + keyStart(middle), self.keyCount(middle), key, keyCount) <= 0 {
                low = middle
            } else {
                high = middle
            }
        }
        return low
    }

    /// Whether a block goes on with this very key.
    func continues(_ row: Int, _ key: UnsafeRawPointer, _ keyCount: Int) -> Bool {
        continues(row) && KeyOrder.compare(keys + keyStart(row), self.keyCount(row), key, keyCount) == 0
    }

    @inline(__always)
    private func keyStart(_ row: Int) -> Int { Int(Self.word(rows, row &* Self.rowByteCount &+ 16)) }

    @inline(__always)
    private func keyCount(_ row: Int) -> Int {
        Int(Self.word(rows, row &* Self.rowByteCount &+ 20) & ~Self.continuation)
    }

    @inline(__always)
    private static func word(_ base: UnsafeRawPointer, _ offset: Int) -> UInt32 {
        UInt32(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
}
