import Relational

/// The rows of one group: one entry in place, a vector, or a vector with an index of positions.
extension MemoryTable {
    @inline(__always)
    func weight(of entry: UInt32, at cut: Cut) -> Int64 {
        let place = arena.pointer(entry)
        let weight = place.load(as: Int64.self)
        if cut == .before { return weight }
        let touch = place.load(fromByteOffset: 8, as: UInt32.self)
        return touch == 0 ? weight : weight &+ touches[Int(touch) &- 1].staged
    }

    @inline(__always)
    func row(of entry: UInt32) -> RowView { RowView(UnsafeRawPointer(arena.pointer(entry) + Self.entryHeader)) }

    @inline(__always)
    func forEachEntry(of group: UInt32, _ body: (UInt32) -> Void) {
        let place = arena.pointer(group)
        let rows = place.load(fromByteOffset: 8, as: UInt32.self)
        if place.load(fromByteOffset: 12, as: UInt32.self) == 0 {
            if rows != Arena.none { body(rows) }
            return
        }
        let count = Int(place.load(fromByteOffset: 4, as: UInt32.self))
        let vector = arena.pointer(rows).assumingMemoryBound(to: UInt64.self)
        var position = 0
        while position < count {
            body(UInt32(truncatingIfNeeded: vector[position]))
            position &+= 1
        }
    }

    /// The entry of a row with this image, or none.
    func findEntry(_ row: RowView, in group: UInt32) -> UInt32 {
        let place = arena.pointer(group)
        let rows = place.load(fromByteOffset: 8, as: UInt32.self)
        let capacity = Int(place.load(fromByteOffset: 12, as: UInt32.self))
        if capacity == 0 {
            return rows != Arena.none && self.row(of: rows).hasSameImage(as: row) ? rows : Arena.none
        }
        return find(row, Self.hash(row), place, rows, capacity)
    }

    @inline(__always)
    mutating func findOrInsertEntry(_ row: RowView, in group: UInt32) -> UInt32 {
        let place = arena.pointer(group)
        let rows = place.load(fromByteOffset: 8, as: UInt32.self)
        let capacity = Int(place.load(fromByteOffset: 12, as: UInt32.self))
        if capacity == 0 {
            if rows == Arena.none {
                let entry = insertEntry(row, hash: 0)
                let place = arena.pointer(group)
                place.storeBytes(of: entry, toByteOffset: 8, as: UInt32.self)
                place.storeBytes(of: 1, toByteOffset: 4, as: UInt32.self)
                return entry
            }
            if self.row(of: rows).hasSameImage(as: row) { return rows }
            if isUnique { crowded.append(group) }
            makeVector(of: group, first: rows)
            return append(row, Self.hash(row), to: group)
        }
        let hash = Self.hash(row)
        let found = find(row, hash, place, rows, capacity)
        if found != Arena.none { return found }
        if isUnique { crowded.append(group) }
        return append(row, hash, to: group)
    }

    @inline(__always)
    static func hash(_ row: RowView) -> UInt32 { UInt32(truncatingIfNeeded: KeyHash.hash(row.bytes) >> 32) }

    @inline(__always)
    static func vectorByteCount(_ capacity: Int) -> Int { capacity <= scanLimit ? capacity &* 8 : capacity &* 16 }

    @inline(__always)
    private mutating func insertEntry(_ row: RowView, hash: UInt32) -> UInt32 {
        let byteCount = row.byteCount
        let entry = arena.allocate(Self.entryHeader &+ byteCount)
        let place = arena.pointer(entry)
        place.storeBytes(of: 0, as: Int64.self)
        place.storeBytes(of: UInt64(hash) << 32, toByteOffset: 8, as: UInt64.self)
        (place + Self.entryHeader).copyMemory(from: row.base, byteCount: byteCount)
        return entry
    }

    private func find(
        _ row: RowView,
        _ hash: UInt32,
        _ group: UnsafeMutableRawPointer,
        _ rows: UInt32,
        _ capacity: Int
    ) -> UInt32 {
        let vector = arena.pointer(rows).assumingMemoryBound(to: UInt64.self)
        if capacity <= Self.scanLimit {
            let count = Int(group.load(fromByteOffset: 4, as: UInt32.self))
            var position = 0
            while position < count {
                let element = vector[position]
                if element >> 32 == UInt64(hash) {
                    let entry = UInt32(truncatingIfNeeded: element)
                    if self.row(of: entry).hasSameImage(as: row) { return entry }
                }
                position &+= 1
            }
            return Arena.none
        }
        let positions = Self.positions(vector, capacity)
        let mask = 2 &* capacity &- 1
        var slot = Int(hash) & mask
        while positions[slot] != 0 {
            let element = vector[Int(positions[slot]) &- 1]
            if element >> 32 == UInt64(hash) {
                let entry = UInt32(truncatingIfNeeded: element)
                if self.row(of: entry).hasSameImage(as: row) { return entry }
            }
            slot = (slot &+ 1) & mask
        }
        return Arena.none
    }

    /// The index behind a vector's elements: 1 + position, by row hash.
    @inline(__always)
    private static func positions(_ vector: UnsafeMutablePointer<UInt64>, _ capacity: Int) -> UnsafeMutablePointer<
        UInt32
    > {
        UnsafeMutableRawPointer(vector + capacity).assumingMemoryBound(to: UInt32.self)
    }

    private mutating func makeVector(of group: UInt32, first entry: UInt32) {
        let hash = Self.hash(row(of: entry))
        arena.pointer(entry).storeBytes(of: hash, toByteOffset: 12, as: UInt32.self)
        let vector = arena.allocate(Self.vectorByteCount(2))
        arena.pointer(vector).storeBytes(of: UInt64(hash) << 32 | UInt64(entry), as: UInt64.self)
        let place = arena.pointer(group)
        place.storeBytes(of: vector, toByteOffset: 8, as: UInt32.self)
        place.storeBytes(of: 2, toByteOffset: 12, as: UInt32.self)
    }

    private mutating func append(_ row: RowView, _ hash: UInt32, to group: UInt32) -> UInt32 {
        let entry = insertEntry(row, hash: hash)
        var place = arena.pointer(group)
        let count = Int(place.load(fromByteOffset: 4, as: UInt32.self))
        var capacity = Int(place.load(fromByteOffset: 12, as: UInt32.self))
        if count == capacity {
            capacity &*= 2
            resizeVector(of: group, to: capacity)
            place = arena.pointer(group)
        }
        let vector = arena.pointer(place.load(fromByteOffset: 8, as: UInt32.self)).assumingMemoryBound(to: UInt64.self)
        vector[count] = UInt64(hash) << 32 | UInt64(entry)
        if capacity > Self.scanLimit { Self.insertPosition(count, hash, vector, capacity) }
        place.storeBytes(of: UInt32(truncatingIfNeeded: count &+ 1), toByteOffset: 4, as: UInt32.self)
        return entry
    }

    @inline(__always)
    private static func insertPosition(
        _ position: Int,
        _ hash: UInt32,
        _ vector: UnsafeMutablePointer<UInt64>,
        _ capacity: Int
    ) {
        let positions = positions(vector, capacity)
        let mask = 2 &* capacity &- 1
        var slot = Int(hash) & mask
        while positions[slot] != 0 { slot = (slot &+ 1) & mask }
        positions[slot] = UInt32(truncatingIfNeeded: position &+ 1)
    }

    private mutating func resizeVector(of group: UInt32, to capacity: Int) {
        let fresh = arena.allocate(Self.vectorByteCount(capacity))
        let place = arena.pointer(group)
        let count = Int(place.load(fromByteOffset: 4, as: UInt32.self))
        let old = place.load(fromByteOffset: 8, as: UInt32.self)
        let oldCapacity = Int(place.load(fromByteOffset: 12, as: UInt32.self))
        let vector = arena.pointer(fresh).assumingMemoryBound(to: UInt64.self)
        vector.update(from: arena.pointer(old).assumingMemoryBound(to: UInt64.self), count: count)
        if capacity > Self.scanLimit {
            Self.positions(vector, capacity).update(repeating: 0, count: 2 &* capacity)
            for position in 0..<count {
                Self.insertPosition(position, UInt32(truncatingIfNeeded: vector[position] >> 32), vector, capacity)
            }
        }
        place.storeBytes(of: fresh, toByteOffset: 8, as: UInt32.self)
        place.storeBytes(of: UInt32(truncatingIfNeeded: capacity), toByteOffset: 12, as: UInt32.self)
        arena.free(old, Self.vectorByteCount(oldCapacity))
    }

    /// Frees an entry and takes it out of its group; the group goes with its last entry.
    mutating func remove(_ entry: UInt32, from group: UInt32, _ groupHash: UInt64) {
        let hash = arena.pointer(entry).load(fromByteOffset: 12, as: UInt32.self)
        let entryByteCount = Self.entryHeader &+ row(of: entry).byteCount
        let place = arena.pointer(group)
        let capacity = Int(place.load(fromByteOffset: 12, as: UInt32.self))
        if capacity == 0 {
            removeGroup(group, groupHash)
            arena.free(entry, entryByteCount)
            return
        }
        let count = Int(place.load(fromByteOffset: 4, as: UInt32.self)) &- 1
        let rows = place.load(fromByteOffset: 8, as: UInt32.self)
        let vector = arena.pointer(rows).assumingMemoryBound(to: UInt64.self)
        let element = UInt64(hash) << 32 | UInt64(entry)
        if capacity <= Self.scanLimit {
            var position = 0
            while vector[position] != element { position &+= 1 }
            vector[position] = vector[count]
        } else {
            removeIndexed(element, hash, vector, capacity, last: count)
        }
        place.storeBytes(of: UInt32(truncatingIfNeeded: count), toByteOffset: 4, as: UInt32.self)
        arena.free(entry, entryByteCount)
        if count == 0 {
            arena.free(rows, Self.vectorByteCount(capacity))
            removeGroup(group, groupHash)
        } else if count &* 4 <= capacity {
            shrinkVector(of: group, count, rows, capacity)
        }
    }

    private func removeIndexed(
        _ element: UInt64,
        _ hash: UInt32,
        _ vector: UnsafeMutablePointer<UInt64>,
        _ capacity: Int,
        last: Int
    ) {
        let positions = Self.positions(vector, capacity)
        let mask = 2 &* capacity &- 1
        var hole = Int(hash) & mask
        while vector[Int(positions[hole]) &- 1] != element { hole = (hole &+ 1) & mask }
        let position = Int(positions[hole]) &- 1
        var slot = hole
        while true {
            slot = (slot &+ 1) & mask
            if positions[slot] == 0 { break }
            let home = Int(vector[Int(positions[slot]) &- 1] >> 32) & mask
            if (slot &- home) & mask >= (slot &- hole) & mask {
                positions[hole] = positions[slot]
                hole = slot
            }
        }
        positions[hole] = 0
        guard position != last else { return }
        let moved = vector[last]
        vector[position] = moved
        slot = Int(moved >> 32) & mask
        while Int(positions[slot]) != last &+ 1 { slot = (slot &+ 1) & mask }
        positions[slot] = UInt32(truncatingIfNeeded: position &+ 1)
    }

    private mutating func shrinkVector(of group: UInt32, _ count: Int, _ rows: UInt32, _ capacity: Int) {
        if count > 1 {
            resizeVector(of: group, to: capacity / 2)
            return
        }
        let entry = UInt32(truncatingIfNeeded: arena.pointer(rows).load(as: UInt64.self))
        let place = arena.pointer(group)
        place.storeBytes(of: entry, toByteOffset: 8, as: UInt32.self)
        place.storeBytes(of: 0, toByteOffset: 12, as: UInt32.self)
        arena.free(rows, Self.vectorByteCount(capacity))
    }
}
