#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif
import Relational

/// Key bytes → rows with weights, in one arena: one shard of a `ShardedTable`.
///
/// | block | bytes |
/// |---|---|
/// | group | 0..<4 key length, 4..<8 row count, 8..<12 rows, 12..<16 capacity, 16.. key |
/// | entry | 0..<8 weight, 8..<12 touch, 12..<16 row hash, 16.. row |
/// | vector | 8 bytes a row: row hash (high), entry (low); above `scanLimit` also 8 bytes a row of index |
///
/// 1. A group with capacity 0 holds one row: `rows` is its entry. Otherwise `rows` is a vector.
/// 2. A vector of more than `scanLimit` places carries a hash index of positions, so a row of a hot key is found and removed in constant
///    time; `rowHash` is kept in entry and vector from the moment a group has a vector.
/// 3. Staging adds to the *touch* of an entry (1 + place in `touches`), never to its weight: `before` is the weight, `after` weight and
///    staged. Sealing adds the staged weights and removes the entries that came to 0.
struct MemoryTable: ~Copyable {
    /// One entry with a staged weight.
    struct Touch: BitwiseCopyable {
        var group: UInt32
        var entry: UInt32
        var staged: Int64
        var groupHash: UInt64
    }

    static let groupHeader = 16
    static let entryHeader = 16
    static let scanLimit = 32

    var arena = Arena()
    var index = KeyIndex()
    var touches = GrowableBuffer<Touch>()
    /// Touches that came below zero while staging, to be looked at again when the batch is in.
    var suspects = GrowableBuffer<Int>()
    /// Groups of a unique table that got a second entry while staging.
    var crowded = GrowableBuffer<UInt32>()
    var isUnique: Bool
    /// Whether it holds changes of rows that are elsewhere, so that weights may be below 0.
    var holdsDeltas: Bool
    /// What `readAhead` read; kept so that the reads happen.
    private var ahead = GrowableBuffer<UInt64>(capacity: 64)

    init(isUnique: Bool = false, holdsDeltas: Bool = false) {
        self.isUnique = isUnique
        self.holdsDeltas = holdsDeltas
    }

    var isEmpty: Bool { index.count == 0 }

    var byteCount: Int { arena.byteCount + index.byteCount + touches.byteCapacity }

    // MARK: Staging

    /// Adds the weights of the rows at some places of a batch, whose keys are not NULL.
    mutating func stage(
        _ delta: borrowing ZSet,
        keys: borrowing KeyBatch,
        at places: UnsafeBufferPointer<UInt32>
    ) throws(DataflowError) {
        guard places.count > 0 else { return }
        guard arena.fits(byteCount: 2 * delta.byteCount + 2 * keys.byteCount + 128 * delta.count) else {
            throw DataflowError(.stateTooLarge, "an arrangement holds at most \(Shards.count * 64) GiB")
        }
        suspects.removeAll()
        crowded.removeAll()
        var groups = GrowableBuffer<UInt32>(capacity: Self.chunk)
        var start = 0
        while start < places.count {
            let end = min(start &+ Self.chunk, places.count)
            findGroups(keys, at: UnsafeBufferPointer(rebasing: places[start..<end]), into: &groups)
            readAhead(groups)
            for index in start..<end {
                let row = Int(places[index])
                let hash = keys.hash(at: row)
                var group = groups[index &- start]
                if group == Arena.none {
                    // A row before it in the chunk may have brought the group.
                    group = findGroup(keys.bytes(at: row), hash)
                    if group == Arena.none { group = insertGroup(keys.bytes(at: row), hash) }
                }
                try stageRow(delta.row(at: row), delta.weight(at: row), in: group, hash)
            }
            start = end
        }
        try checkSuspects()
    }

    /// Finds the groups of a chunk of keys: slots first, then groups, so that cache misses overlap.
    private func findGroups(
        _ keys: borrowing KeyBatch,
        at places: UnsafeBufferPointer<UInt32>,
        into groups: inout GrowableBuffer<UInt32>
    ) {
        groups.removeAll()
        for place in places { groups.append(firstGroup(keys.hash(at: Int(place)))) }
        for index in 0..<places.count where groups[index] != Arena.none {
            let key = Int(places[index])
            groups[index] = findGroup(keys.bytes(at: key), keys.hash(at: key))
        }
    }

    @inline(__always)
    private mutating func stageRow(
        _ row: RowView,
        _ weight: Int64,
        in group: UInt32,
        _ hash: UInt64
    ) throws(DataflowError) {
        let entry = findOrInsertEntry(row, in: group)
        let place = arena.pointer(entry)
        let touch = place.load(fromByteOffset: 8, as: UInt32.self)
        let before = place.load(as: Int64.self)
        let staged: Int64
        let position: Int
        if touch == 0 {
            position = touches.count
            staged = weight
            touches.append(Touch(group: group, entry: entry, staged: weight, groupHash: hash))
            place.storeBytes(of: UInt32(truncatingIfNeeded: position &+ 1), toByteOffset: 8, as: UInt32.self)
        } else {
            position = Int(touch) &- 1
            let (sum, overflow) = touches[position].staged.addingReportingOverflow(weight)
            if overflow { throw DataflowError(.weightOverflow, "a row's weight is out of range") }
            staged = sum
            touches[position].staged = sum
        }
        let (after, overflow) = before.addingReportingOverflow(staged)
        if overflow { throw DataflowError(.weightOverflow, "a row's weight is out of range") }
        if (after < 0 && !holdsDeltas) || (isUnique && after > 1) { suspects.append(position) }
    }

    private func checkSuspects() throws(DataflowError) {
        for index in 0..<suspects.count {
            let touch = touches[suspects[index]]
            let after = arena.pointer(touch.entry).load(as: Int64.self) &+ touch.staged
            if after < 0 {
                throw DataflowError(.negativeWeight, "a row would be held \(after) times")
            }
            if isUnique && after > 1 { throw DataflowError(.duplicateKey, "two rows have the same key") }
        }
        for index in 0..<crowded.count {
            var live = 0
            forEachEntry(of: crowded[index]) { entry in if weight(of: entry, at: .after) != 0 { live += 1 } }
            if live > 1 { throw DataflowError(.duplicateKey, "two rows have the same key") }
        }
    }

    // MARK: Ending the epoch

    mutating func seal() {
        guard touches.count > 0 else { return }
        var befores = GrowableBuffer<Int64>(capacity: Self.chunk)
        var start = 0
        while start < touches.count {
            let end = min(start &+ Self.chunk, touches.count)
            befores.removeAll()
            for position in start..<end { befores.append(arena.pointer(touches[position].entry).load(as: Int64.self)) }
            for position in start..<end { seal(touches[position], before: befores[position &- start]) }
            start = end
        }
        endTouches()
    }

    @inline(__always)
    private mutating func seal(_ touch: Touch, before: Int64) {
        let after = before &+ touch.staged
        let place = arena.pointer(touch.entry)
        place.storeBytes(of: after, as: Int64.self)
        place.storeBytes(of: 0, toByteOffset: 8, as: UInt32.self)
        if after == 0 { remove(touch.entry, from: touch.group, touch.groupHash) }
    }

    mutating func discard() {
        for position in 0..<touches.count {
            let touch = touches[position]
            let place = arena.pointer(touch.entry)
            place.storeBytes(of: 0, toByteOffset: 8, as: UInt32.self)
            if place.load(as: Int64.self) == 0 { remove(touch.entry, from: touch.group, touch.groupHash) }
        }
        endTouches()
    }

    private mutating func endTouches() {
        touches.endEpoch()
        compactIfSparse()
    }

    // MARK: Groups

    @inline(__always)
    func findGroup(_ key: UnsafeRawBufferPointer, _ hash: UInt64) -> UInt32 {
        let tag = KeyIndex.tag(hash)
        let slots = index.slots
        let mask = index.mask
        var position = index.home(hash)
        while true {
            let slot = slots[position]
            if slot == 0 { return Arena.none }
            if slot >> 32 == tag {
                let group = UInt32(truncatingIfNeeded: slot)
                let place = arena.pointer(group)
                let length = Int(place.load(as: UInt32.self))
                if UnsafeRawBufferPointer(start: place + Self.groupHeader, count: length).isSame(as: key) {
                    return group
                }
            }
            position = (position &+ 1) & mask
        }
    }

    /// What lies at the home of a hash: none when no group can have it.
    @inline(__always)
    func firstGroup(_ hash: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: index.slots[index.home(hash)]) }

    private mutating func insertGroup(_ key: UnsafeRawBufferPointer, _ hash: UInt64) -> UInt32 {
        let group = arena.allocate(Self.groupHeader &+ key.count)
        let place = arena.pointer(group)
        place.storeBytes(of: UInt32(truncatingIfNeeded: key.count), as: UInt32.self)
        place.storeBytes(of: 0, toByteOffset: 4, as: UInt32.self)
        place.storeBytes(of: Arena.none, toByteOffset: 8, as: UInt32.self)
        place.storeBytes(of: 0, toByteOffset: 12, as: UInt32.self)
        if let source = key.baseAddress { (place + Self.groupHeader).copyMemory(from: source, byteCount: key.count) }
        index.insert(hash, group)
        return group
    }

    mutating func removeGroup(_ group: UInt32, _ hash: UInt64) {
        index.remove(hash, group)
        let length = arena.pointer(group).load(as: UInt32.self)
        arena.free(group, Self.groupHeader &+ Int(length))
    }

    /// Reads a word of the rows of each group, so that their cache misses overlap.
    private mutating func readAhead(_ groups: borrowing GrowableBuffer<UInt32>) {
        ahead.removeAll()
        for index in 0..<groups.count where groups[index] != Arena.none {
            let rows = arena.pointer(groups[index]).load(fromByteOffset: 8, as: UInt32.self)
            if rows != Arena.none { ahead.append(arena.pointer(rows).load(as: UInt64.self)) }
        }
    }

    /// Keys to look up at once: the cache misses of a chunk overlap.
    static var chunk: Int { 64 }
}
