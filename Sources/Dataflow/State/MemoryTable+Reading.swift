import Relational

extension MemoryTable {
    func match(
        _ keys: borrowing KeyBatch,
        at cut: Cut,
        _ body: (borrowing MatchBatch) throws(DataflowError) -> Void
    ) throws(DataflowError) {
        var batch = MatchBatch()
        let count = keys.count
        var groups = GrowableBuffer<UInt32>(capacity: Self.chunk)
        var start = 0
        while start < count {
            let end = Swift.min(start &+ Self.chunk, count)
            findGroups(keys, start, end, into: &groups)
            for key in start..<end {
                let group = groups[key &- start]
                if group != Arena.none { try append(group, key, cut, to: &batch, body) }
            }
            start = end
        }
        if batch.count > 0 { try body(batch) }
    }

    func presence(of keys: borrowing KeyBatch, at cut: Cut, into present: inout GrowableBuffer<Bool>) {
        let count = keys.count
        var groups = GrowableBuffer<UInt32>(capacity: Self.chunk)
        var start = 0
        while start < count {
            let end = Swift.min(start &+ Self.chunk, count)
            findGroups(keys, start, end, into: &groups)
            for key in start..<end {
                let group = groups[key &- start]
                present.append(group != Arena.none && hasRow(group, cut))
            }
            start = end
        }
    }

    func weights(
        of rows: borrowing ZSet,
        keys: borrowing KeyBatch,
        at cut: Cut,
        into weights: inout GrowableBuffer<Int64>
    ) {
        for index in 0..<rows.count {
            var weight: Int64 = 0
            if !keys.isNull(at: index) {
                let group = findGroup(keys.bytes(at: index), keys.hash(at: index))
                if group != Arena.none {
                    let entry = findEntry(rows.row(at: index), in: group)
                    if entry != Arena.none { weight = self.weight(of: entry, at: cut) }
                }
            }
            weights.append(weight)
        }
    }

    func forEach(
        at cut: Cut,
        _ body: (borrowing MatchBatch) throws(DataflowError) -> Void
    ) throws(DataflowError) {
        var batch = MatchBatch()
        for position in 0...index.mask {
            let group = UInt32(truncatingIfNeeded: index.slots[position])
            if group != Arena.none { try append(group, 0, cut, to: &batch, body) }
        }
        if batch.count > 0 { try body(batch) }
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

    @inline(__always)
    private func append(
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

    private func hasRow(_ group: UInt32, _ cut: Cut) -> Bool {
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

    /// Finds the groups of a chunk of keys: slots first, then groups, so that cache misses overlap.
    func findGroups(
        _ keys: borrowing KeyBatch,
        _ start: Int,
        _ end: Int,
        into groups: inout GrowableBuffer<UInt32>
    ) {
        groups.removeAll()
        let slots = index.slots
        for key in start..<end {
            groups.append(UInt32(truncatingIfNeeded: slots[index.home(keys.hash(at: key))]))
        }
        for key in start..<end {
            let isSettled = groups[key &- start] == Arena.none || keys.isNull(at: key)
            groups[key &- start] = isSettled ? Arena.none : findGroup(keys.bytes(at: key), keys.hash(at: key))
        }
    }
}
