#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif
import Relational

/// The groups of an aggregate: one block each, found by the group's key.
///
/// | bytes | content |
/// |---|---|
/// | 0..<8 | row count |
/// | 8..<12 | 1 + place among the groups touched in this epoch, 0 for none |
/// | 12..<16 | key length; the highest bit says that the group is not written as it is |
/// | 16..<20 | byte count of the image |
/// | 20..<24 | zero |
/// | 24..<24+a | accumulators; then a `ValueSlot` of images, where equal keys may have different ones |
/// | then | image: the row of the group columns; none where `images` holds them |
/// | then | key |
struct GroupTable: ~Copyable {
    static let accumulatorsStart = 24

    private let imageStart: Int
    private(set) var arena = Arena()
    private var index = KeyIndex()

    init(accumulatorByteCount: Int) { imageStart = Self.accumulatorsStart + accumulatorByteCount }

    var count: Int { index.count }

    var byteCount: Int { arena.byteCount + index.byteCount }

    @inline(__always)
    func pointer(_ group: UInt32) -> UnsafeMutableRawPointer { arena.pointer(group) }

    /// The row of the group columns.
    @inline(__always)
    func image(_ group: UInt32) -> RowView { RowView(UnsafeRawPointer(arena.pointer(group) + imageStart)) }

    @inline(__always)
    func find(_ key: UnsafeRawBufferPointer, _ hash: UInt64) -> UInt32 {
        let tag = KeyIndex.tag(hash)
        var position = index.home(hash)
        while true {
            let slot = index.slots[position]
            if slot == 0 { return Arena.none }
            if slot >> 32 == tag {
                let group = UInt32(truncatingIfNeeded: slot)
                if self.key(group).isSame(as: key) { return group }
            }
            position = (position &+ 1) & index.mask
        }
    }

    /// A word of the part of a block that lies behind the accumulators; only where keys are not empty.
    @inline(__always)
    func read(_ group: UInt32) -> UInt64 { arena.pointer(group).load(fromByteOffset: imageStart, as: UInt64.self) }

    @inline(__always)
    func key(_ group: UInt32) -> UnsafeRawBufferPointer {
        let place = arena.pointer(group)
        let imageByteCount = Int(place.load(fromByteOffset: 16, as: UInt32.self))
        return UnsafeRawBufferPointer(start: place + imageStart + imageByteCount, count: Self.keyByteCount(place))
    }

    @inline(__always)
    private static func keyByteCount(_ place: UnsafeMutableRawPointer) -> Int {
        Int(place.load(fromByteOffset: 12, as: UInt32.self) & ~unwrittenBit)
    }

    private static let unwrittenBit: UInt32 = 1 << 31

    /// Whether the group has changed since it was written.
    @inline(__always)
    func isUnwritten(_ group: UInt32) -> Bool {
        arena.pointer(group).load(fromByteOffset: 12, as: UInt32.self) & Self.unwrittenBit != 0
    }

    func setUnwritten(_ isUnwritten: Bool, _ group: UInt32) {
        let place = arena.pointer(group)
        let length = UInt32(truncatingIfNeeded: Self.keyByteCount(place))
        place.storeBytes(of: length | (isUnwritten ? Self.unwrittenBit : 0), toByteOffset: 12, as: UInt32.self)
    }

    /// The groups, in the order of the index.
    func forEachGroup(_ body: (UInt32) -> Void) {
        for position in 0...index.mask where index.slots[position] != 0 {
            body(UInt32(truncatingIfNeeded: index.slots[position]))
        }
    }

    /// Makes the accumulators zero.
    func clearAccumulators(_ group: UInt32) {
        memset(arena.pointer(group) + Self.accumulatorsStart, 0, imageStart - Self.accumulatorsStart)
    }

    /// Adds a group that is not there, its accumulators zero.
    mutating func insert(
        _ key: UnsafeRawBufferPointer,
        _ hash: UInt64,
        image: UnsafeRawBufferPointer
    ) throws(DataflowError) -> UInt32 {
        let byteCount = imageStart + image.count + key.count
        guard arena.fits(byteCount: byteCount) else {
            throw DataflowError(.stateTooLarge, "the groups of an aggregate take more than 64 GiB")
        }
        let group = arena.allocate(byteCount)
        let place = arena.pointer(group)
        memset(place, 0, imageStart)
        place.storeBytes(of: UInt32(truncatingIfNeeded: key.count), toByteOffset: 12, as: UInt32.self)
        place.storeBytes(of: UInt32(truncatingIfNeeded: image.count), toByteOffset: 16, as: UInt32.self)
        if let source = image.baseAddress { (place + imageStart).copyMemory(from: source, byteCount: image.count) }
        if let source = key.baseAddress {
            (place + imageStart + image.count).copyMemory(from: source, byteCount: key.count)
        }
        index.insert(hash, group)
        return group
    }

    mutating func remove(_ group: UInt32, _ hash: UInt64) {
        index.remove(hash, group)
        let place = arena.pointer(group)
        let imageByteCount = Int(place.load(fromByteOffset: 16, as: UInt32.self))
        let keyByteCount = Self.keyByteCount(place)
        arena.free(group, imageStart + imageByteCount + keyByteCount)
    }

    /// Moves everything into a fresh arena when less than 2/5 of a large one is live; call only while no group is touched.
    mutating func compactIfSparse() {
        guard arena.byteCount > (1 << 20) / Shards.count, arena.liveByteCount &* 5 < arena.byteCount &* 2 else {
            return
        }
        var fresh = Arena()
        var moved = KeyIndex()
        for position in 0...index.mask where index.slots[position] != 0 {
            let slot = index.slots[position]
            let place = arena.pointer(UInt32(truncatingIfNeeded: slot))
            let imageByteCount = Int(place.load(fromByteOffset: 16, as: UInt32.self))
            let keyByteCount = Self.keyByteCount(place)
            let byteCount = imageStart + imageByteCount + keyByteCount
            let group = fresh.allocate(byteCount)
            fresh.pointer(group).copyMemory(from: place, byteCount: byteCount)
            moved.insert(slot, group)
        }
        arena = fresh
        index = moved
    }
}
