/// An open-addressing table from hashes to blocks of an arena: linear probing, eight bytes a slot, no tombstones.
///
/// A slot is a tag (the upper half of the hash) and a block's offset; the tag also gives the slot's home, so growing and deleting never
/// look at the blocks. The owner compares the bytes: a tag decides nothing.
struct KeyIndex: ~Copyable {
    private(set) var slots: UnsafeMutablePointer<UInt64>
    private(set) var mask: Int
    private(set) var count = 0
    private static let smallestCapacity = 16

    init() {
        slots = .allocate(capacity: Self.smallestCapacity)
        slots.initialize(repeating: 0, count: Self.smallestCapacity)
        mask = Self.smallestCapacity - 1
    }

    deinit { slots.deallocate() }

    var byteCount: Int { (mask + 1) * 8 }

    @inline(__always)
    static func tag(_ hash: UInt64) -> UInt64 { hash >> 32 }

    /// The first slot to look at for a hash.
    @inline(__always)
    func home(_ hash: UInt64) -> Int { Int(truncatingIfNeeded: Self.tag(hash)) & mask }

    /// Adds a block; the caller knows that its key is not there.
    @inline(__always)
    mutating func insert(_ hash: UInt64, _ offset: UInt32) {
        if (count &+ 1) &* 3 > (mask &+ 1) &* 2 { resize(to: (mask &+ 1) &* 2) }
        place(Self.tag(hash) << 32 | UInt64(offset))
        count &+= 1
    }

    @inline(__always)
    private func place(_ slot: UInt64) {
        var position = Int(truncatingIfNeeded: slot >> 32) & mask
        while slots[position] != 0 { position = (position &+ 1) & mask }
        slots[position] = slot
    }

    /// Removes a block that was added under this hash.
    mutating func remove(_ hash: UInt64, _ offset: UInt32) {
        let wanted = Self.tag(hash) << 32 | UInt64(offset)
        var hole = home(hash)
        while slots[hole] != wanted {
            precondition(slots[hole] != 0, "a block is removed from the index it was added to")
            hole = (hole &+ 1) & mask
        }
        // Backward shift: later slots of the run that may stand at the hole move into it.
        var position = hole
        while true {
            position = (position &+ 1) & mask
            let slot = slots[position]
            if slot == 0 { break }
            let home = Int(truncatingIfNeeded: slot >> 32) & mask
            if (position &- home) & mask >= (position &- hole) & mask {
                slots[hole] = slot
                hole = position
            }
        }
        slots[hole] = 0
        count &-= 1
        if mask >= Self.smallestCapacity && count &* 8 < mask { resize(to: (mask &+ 1) / 4) }
    }

    private mutating func resize(to wanted: Int) {
        let capacity = max(wanted, Self.smallestCapacity)
        let old = slots
        let oldCapacity = mask + 1
        slots = .allocate(capacity: capacity)
        slots.initialize(repeating: 0, count: capacity)
        mask = capacity - 1
        for position in 0..<oldCapacity where old[position] != 0 { place(old[position]) }
        old.deallocate()
    }
}
