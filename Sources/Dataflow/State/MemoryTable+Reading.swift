import Relational

extension MemoryTable {
    func forEach(
        at cut: Cut,
        to batch: inout MatchBatch,
        _ body: (borrowing MatchBatch) throws(DataflowError) -> Void
    ) throws(DataflowError) {
        for position in 0...index.mask {
            let group = UInt32(truncatingIfNeeded: index.slots[position])
            if group != Arena.none { try append(group, 0, cut, to: &batch, body) }
        }
    }

    /// Gives every row of the group in a slot of the index with its key.
    @inline(__always)
    func forEachEntry(
        atSlot slot: Int,
        at cut: Cut,
        _ body: (_ key: UnsafeRawBufferPointer, _ row: RowView, _ weight: Int64) -> Void
    ) {
        let group = UInt32(truncatingIfNeeded: index.slots[slot])
        guard group != Arena.none else { return }
        let key = key(of: group)
        forEachEntry(of: group) { entry in
            let weight = weight(of: entry, at: cut)
            if weight != 0 { body(key, row(of: entry), weight) }
        }
    }

    @inline(__always)
    func key(of group: UInt32) -> UnsafeRawBufferPointer {
        let place = arena.pointer(group)
        return UnsafeRawBufferPointer(
            start: place + Self.groupHeader,
            count: Int(place.load(as: UInt32.self))
        )
    }

    /// Adds the rows of a group, and hands the batch over whenever it is full.
    @inline(__always)
    func append(
        _ group: UInt32,
        _ key: Int,
        _ cut: Cut,
        to batch: inout MatchBatch,
        _ body: (borrowing MatchBatch) throws(DataflowError) -> Void
    ) throws(DataflowError) {
        let place = arena.pointer(group)
        let rows = place.load(fromByteOffset: 8, as: UInt32.self)
        if place.load(fromByteOffset: 12, as: UInt32.self) == 0 {
            if rows != Arena.none {
                let weight = weight(of: rows, at: cut)
                if weight != 0 { batch.append(keyIndex: key, row: row(of: rows), weight: weight) }
            }
        } else {
            let count = Int(place.load(fromByteOffset: 4, as: UInt32.self))
            let vector = arena.pointer(rows).assumingMemoryBound(to: UInt64.self)
            var position = 0
            while position < count {
                let entry = UInt32(truncatingIfNeeded: vector[position])
                let weight = weight(of: entry, at: cut)
                if weight != 0 { batch.append(keyIndex: key, row: row(of: entry), weight: weight) }
                position &+= 1
                if batch.count >= MatchBatch.preferredCount {
                    try body(batch)
                    batch.removeAll()
                }
            }
        }
        if batch.count >= MatchBatch.preferredCount {
            try body(batch)
            batch.removeAll()
        }
    }

    func hasRow(_ group: UInt32, _ cut: Cut) -> Bool {
        let place = arena.pointer(group)
        let rows = place.load(fromByteOffset: 8, as: UInt32.self)
        if place.load(fromByteOffset: 12, as: UInt32.self) == 0 {
            return rows != Arena.none && weight(of: rows, at: cut) != 0
        }
        let vector = arena.pointer(rows).assumingMemoryBound(to: UInt64.self)
        for position in 0..<Int(place.load(fromByteOffset: 4, as: UInt32.self))
        where weight(of: UInt32(truncatingIfNeeded: vector[position]), at: cut) != 0 {
            return true
        }
        return false
    }
}
