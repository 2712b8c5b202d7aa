import Relational

extension MemoryTable {
    /// Moves everything into a fresh arena when less than half of a large one is live; call only without staged weights.
    ///
    /// Amortised: as many bytes were freed before as are copied now.
    mutating func compactIfSparse() {
        guard arena.byteCount > (1 << 20) / Shards.count, arena.liveByteCount &* 5 < arena.byteCount &* 2 else {
            return
        }
        var fresh = Arena()
        var moved = KeyIndex()
        for position in 0...index.mask {
            let slot = index.slots[position]
            if slot != 0 { moved.insert(slot, copyGroup(UInt32(truncatingIfNeeded: slot), into: &fresh)) }
        }
        arena = fresh
        index = moved
    }

    private func copyGroup(_ group: UInt32, into fresh: inout Arena) -> UInt32 {
        let place = arena.pointer(group)
        let capacity = Int(place.load(fromByteOffset: 12, as: UInt32.self))
        let rows = place.load(fromByteOffset: 8, as: UInt32.self)
        var movedRows = Arena.none
        if capacity == 0 {
            movedRows = copyBlock(rows, Self.entryHeader &+ row(of: rows).byteCount, into: &fresh)
        } else {
            movedRows = copyBlock(rows, Self.vectorByteCount(capacity), into: &fresh)
            for position in 0..<Int(place.load(fromByteOffset: 4, as: UInt32.self)) {
                let entry = UInt32(
                    truncatingIfNeeded: arena.pointer(rows).load(fromByteOffset: 8 &* position, as: UInt64.self)
                )
                let movedEntry = copyBlock(entry, Self.entryHeader &+ row(of: entry).byteCount, into: &fresh)
                // The hash in the upper half stays.
                fresh.pointer(movedRows).storeBytes(of: movedEntry, toByteOffset: 8 &* position, as: UInt32.self)
            }
        }
        let movedGroup = copyBlock(group, Self.groupHeader &+ Int(place.load(as: UInt32.self)), into: &fresh)
        fresh.pointer(movedGroup).storeBytes(of: movedRows, toByteOffset: 8, as: UInt32.self)
        return movedGroup
    }

    private func copyBlock(_ block: UInt32, _ byteCount: Int, into fresh: inout Arena) -> UInt32 {
        let copy = fresh.allocate(byteCount)
        fresh.pointer(copy).copyMemory(from: arena.pointer(block), byteCount: byteCount)
        return copy
    }
}
