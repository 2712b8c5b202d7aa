import Relational

/// Key bytes → rows with weights in memory: a table for each shard of the keys, in which a crew stages at once.
///
/// The rows of a shard and their order do not depend on the number of threads.
struct ShardedTable: ~Copyable {
    let shards: Parts<MemoryTable>

    /// `holdsDeltas` says that it has changes of rows that are elsewhere, so that weights may be below 0.
    init(isUnique: Bool = false, holdsDeltas: Bool = false) {
        shards = Parts(Shards.count) { _ in MemoryTable(isUnique: isUnique, holdsDeltas: holdsDeltas) }
    }

    @inline(__always)
    private static func shard(of keys: borrowing KeyBatch, at index: Int) -> Int {
        Shards.shard(of: keys.hash(at: index))
    }

    var isEmpty: Bool {
        for shard in 0..<Shards.count where !shards[shard].isEmpty { return false }
        return true
    }

    var byteCount: Int {
        var sum = 0
        for shard in 0..<Shards.count { sum += shards[shard].byteCount }
        return sum
    }

    /// Whether it is asked for more than one row under a key, and for weights below 0.
    mutating func check(isUnique: Bool, holdsDeltas: Bool) {
        for shard in 0..<Shards.count {
            shards[shard].isUnique = isUnique
            shards[shard].holdsDeltas = holdsDeltas
        }
    }

    // MARK: Epochs

    mutating func stage(
        _ delta: borrowing ZSet,
        keys: borrowing KeyBatch,
        with crew: Crew = .alone
    ) throws(DataflowError) {
        try crew.places.use { places throws(DataflowError) in
            places.fill(keys)
            try crew.run(Shards.count, isSmall: crew.isSmall(delta.count)) { shard throws(DataflowError) in
                try shards[shard].stage(delta, keys: keys, at: places[shard])
            }
            places.endEpoch()
        }
    }

    mutating func seal(with crew: Crew = .alone) {
        var count = 0
        for shard in 0..<Shards.count { count &+= shards[shard].touches.count }
        crew.run(Shards.count, isSmall: crew.isSmall(count)) { shard in shards[shard].seal() }
    }

    mutating func discard() {
        for shard in 0..<Shards.count { shards[shard].discard() }
    }

    /// Adds the rows of another table as of a cut.
    mutating func add(_ other: borrowing ShardedTable, at cut: Cut) throws(DataflowError) {
        try other.forEachBatch(at: cut) { rows, keys throws(DataflowError) in try stage(rows, keys: keys) }
        seal()
    }

    // MARK: Reading

    /// Gives every row under the keys at some places, in the order of the keys.
    func match(
        _ keys: borrowing KeyBatch,
        _ range: Range<Int>,
        at cut: Cut,
        _ body: (borrowing MatchBatch) throws(DataflowError) -> Void
    ) throws(DataflowError) {
        var batch = MatchBatch()
        var groups = GrowableBuffer<UInt32>(capacity: MemoryTable.chunk)
        var start = range.lowerBound
        while start < range.upperBound {
            let end = min(start &+ MemoryTable.chunk, range.upperBound)
            findGroups(keys, start, end, into: &groups)
            for key in start..<end {
                let group = groups[key &- start]
                guard group != Arena.none else { continue }
                try shards[Self.shard(of: keys, at: key)].append(group, key, cut, to: &batch, body)
            }
            start = end
        }
        if batch.count > 0 { try body(batch) }
    }

    func presence(of keys: borrowing KeyBatch, at cut: Cut, into present: inout GrowableBuffer<Bool>) {
        let count = keys.count
        var groups = GrowableBuffer<UInt32>(capacity: MemoryTable.chunk)
        var start = 0
        while start < count {
            let end = min(start &+ MemoryTable.chunk, count)
            findGroups(keys, start, end, into: &groups)
            for key in start..<end {
                let group = groups[key &- start]
                present.append(group != Arena.none && shards[Self.shard(of: keys, at: key)].hasRow(group, cut))
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
            weights.append(keys.isNull(at: index) ? 0 : weight(of: rows.row(at: index), keys, index, cut))
        }
    }

    private func weight(of row: RowView, _ keys: borrowing KeyBatch, _ index: Int, _ cut: Cut) -> Int64 {
        let shard = Self.shard(of: keys, at: index)
        let group = shards[shard].findGroup(keys.bytes(at: index), keys.hash(at: index))
        guard group != Arena.none else { return 0 }
        let entry = shards[shard].findEntry(row, in: group)
        return entry == Arena.none ? 0 : shards[shard].weight(of: entry, at: cut)
    }

    /// Finds the groups of a chunk of keys: slots first, then groups, so that cache misses overlap.
    private func findGroups(
        _ keys: borrowing KeyBatch,
        _ start: Int,
        _ end: Int,
        into groups: inout GrowableBuffer<UInt32>
    ) {
        groups.removeAll()
        for key in start..<end { groups.append(shards[Self.shard(of: keys, at: key)].firstGroup(keys.hash(at: key))) }
        for key in start..<end where groups[key &- start] != Arena.none {
            let shard = Self.shard(of: keys, at: key)
            groups[key &- start] =
                keys.isNull(at: key)
                ? Arena.none : shards[shard].findGroup(keys.bytes(at: key), keys.hash(at: key))
        }
    }

    func forEach(
        at cut: Cut,
        _ body: (borrowing MatchBatch) throws(DataflowError) -> Void
    ) throws(DataflowError) {
        var batch = MatchBatch()
        for shard in 0..<Shards.count { try shards[shard].forEach(at: cut, to: &batch, body) }
        if batch.count > 0 { try body(batch) }
    }

    /// Gives the rows as of a cut with their keys, in batches.
    func forEachBatch(
        at cut: Cut,
        _ body: (borrowing ZSet, borrowing KeyBatch) throws(DataflowError) -> Void
    ) throws(DataflowError) {
        for shard in 0..<Shards.count { try shards[shard].forEachBatch(at: cut, body) }
    }
}
