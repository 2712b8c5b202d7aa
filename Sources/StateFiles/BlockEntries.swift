/// The entries of a data block, read one after the other.
///
/// | bytes | content |
/// |---|---|
/// | entries | see below, in ascending order |
/// | 4 r | where the restarts begin, ascending, the first at 0 |
/// | 4 | `r`, the restarts, 1 at least |
///
/// An entry: a tag · the rest of the shared length when its five bits in the tag are all set (that is 31 more) · the key's length, unless
/// bit 1 of the tag says that it is that of the entry before · the payload's length, unless bit 2 says so · the weight, zig-zag, unless
/// bit 0 says that it is 1 · the key without the front that it shares with the key before · the payload. Numbers have seven bits a byte, the
/// lowest first. A restart shares nothing and tells all lengths, so that reading can begin there.
///
/// Every length is checked against the block before it is used, because a checksum that fits is no proof. The head of an entry is read
/// without a check: the block's memory goes on for longer than a head (`Block.slack`).
///
/// Unsafe: a cursor into a block that the owner holds.
struct BlockEntries: BitwiseCopyable {
    static let isOne: UInt8 = 1
    static let hasSameKeyCount: UInt8 = 2
    static let hasSamePayloadCount: UInt8 = 4
    static let sharedMax = 31

    enum Step { case entry, end, malformed }

    let base: UnsafeRawPointer
    /// Where the entries end and the restarts begin.
    let end: Int
    let restartCount: Int

    /// Where the next entry begins.
    var next = 0
    /// The entry read last: how much of its key is that of the key before, and where the rest lies.
    var shared = 0
    var suffix = 0
    var keyCount = 0
    var payload = 0
    var payloadCount = 0
    var weight: Int64 = 0
    /// Whether an entry at or above the key looked for last is current (`BlockEntries+Seek.swift`).
    var isPlaced = false
    /// How many bytes at the front the current key shares with the key looked for.
    var matched = 0

    /// The entries of a block that `isWellFormed` has seen.
    init(_ bytes: UnsafeRawBufferPointer, base: UnsafeRawPointer) {
        self.base = base
        restartCount = Int(Self.word(base, bytes.count &- 4))
        end = bytes.count &- 4 &- 4 &* restartCount
    }

    /// No entries at all; `base` is not read.
    init(none base: UnsafeRawPointer) {
        self.base = base
        end = 0
        restartCount = 0
    }

    /// Whether the restarts lie where entries are.
    static func isWellFormed(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let base = bytes.baseAddress, bytes.count >= 8, bytes.count <= UInt32.max else { return false }
        let count = Int(word(base, bytes.count - 4))
        guard count > 0, 4 + 4 * count < bytes.count else { return false }
        let entries = BlockEntries(bytes, base: base)
        guard entries.restart(0) == 0, entries.restart(count - 1) < entries.end else { return false }
        var index = 1
        while index < count {
            guard entries.restart(index) > entries.restart(index &- 1) else { return false }
            index &+= 1
        }
        return true
    }

    /// Reads the next entry.
    @inline(__always)
    mutating func step() -> Step {
        if next >= end { return .end }
        var position = next &+ 1
        let tag = base.load(fromByteOffset: next, as: UInt8.self)
        var shared = Int(tag &>> 3)
        if shared == Self.sharedMax { shared &+= varint(&position) }
        let keyCountBefore = keyCount
        if tag & Self.hasSameKeyCount == 0 { keyCount = varint(&position) }
        if tag & Self.hasSamePayloadCount == 0 { payloadCount = varint(&position) }
        if tag & Self.isOne != 0 {
            weight = 1
        } else {
            let bits = longVarint(&position)
            weight = Int64(bitPattern: bits &>> 1 ^ (0 &- (bits & 1)))
        }
        // All lengths are below 2^36: no sum overflows.
        let payload = position &+ keyCount &- shared
        let after = payload &+ payloadCount
        guard shared <= keyCountBefore, shared <= keyCount, after <= end else { return .malformed }
        self.shared = shared
        suffix = position
        self.payload = payload
        next = after
        return .entry
    }

    /// Lets reading go on at a restart.
    @inline(__always)
    mutating func jump(to restart: Int) {
        next = self.restart(restart)
        keyCount = 0
        payloadCount = 0
        matched = 0
    }

    @inline(__always)
    func restart(_ index: Int) -> Int { Int(Self.word(base, end &+ 4 &* index)) }

    var payloadBytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base + payload, count: payloadCount) }

    /// A number of five bytes at most.
    @inline(__always)
    private func varint(_ position: inout Int) -> Int {
        var byte = base.load(fromByteOffset: position, as: UInt8.self)
        position &+= 1
        if byte < 128 { return Int(byte) }
        var value = Int(byte & 127)
        var shift = 7
        repeat {
            byte = base.load(fromByteOffset: position, as: UInt8.self)
            position &+= 1
            value |= Int(byte & 127) &<< shift
            shift &+= 7
        } while byte >= 128 && shift < 35
        return value
    }

    /// A number of ten bytes at most.
    private func longVarint(_ position: inout Int) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        var byte: UInt8
        repeat {
            byte = base.load(fromByteOffset: position, as: UInt8.self)
            position &+= 1
            value |= UInt64(byte & 127) &<< shift
            shift &+= 7
        } while byte >= 128 && shift < 70
        return value
    }

    @inline(__always)
    static func word(_ base: UnsafeRawPointer, _ offset: Int) -> UInt32 {
        UInt32(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
}
