internal import Relational

/// A place among the entries of one key in one run, for reading them from either end and only as far as needed.
///
/// 1. The index leads to the block with the key's first entry, or to the one with its last. The payloads of the key in that block are noted.
/// 2. A bound that is not in that block lies in the last of the key's blocks that begins before it. All of them but the first begin with the
///    key, so that this one is found by halving: first the partitions, then the blocks of one.
/// 3. Where the notes end the block before or behind is opened, while that holds the key too.
struct RunEndCursor: ~Copyable {
    private struct Spot: BitwiseCopyable {
        /// Where the payload lies in the block.
        var start: Int
        var count: Int
        var weight: Int64
    }

    private var cursor: RunCursor
    private var end = RunEnd.least
    // Unsafe: the bytes are the owner's, who keeps them until the next `begin`.
    private var key = UnsafeRawBufferPointer(start: nil, count: 0)
    private var spots = GrowableBuffer<Spot>()
    private var place = 0
    /// Whether the key's entries go on to the end of the block.
    private var fillsBlock = false
    private(set) var isExhausted = true

    init(_ run: Run, cache: BlockCache) { cursor = RunCursor(run, cache: cache) }

    var path: String { cursor.run.path }

    /// The current entry's; valid until the next move.
    var payload: UnsafeRawBufferPointer { payload(place) }

    var weight: Int64 { spots[place].weight }

    /// Stands on the outermost entry of a key, or the outermost one that a bound does not keep out, or is exhausted.
    mutating func begin(
        _ key: UnsafeRawBufferPointer,
        hash: UInt64,
        at end: RunEnd,
        from bound: UnsafeRawBufferPointer?
    ) throws(StateError) {
        isExhausted = true
        (self.key, self.end) = (key, end)
        guard let base = key.baseAddress else { return }
        let top = cursor.top
        try open(partition: end == .least ? top.last(from: 0, atOrBefore: base, key.count) : lastPartition(base))
        guard cursor.partition.filter.mayContain(hash) else { return }
        try open(block: end == .least ? firstBlock(base) : lastBlock(base))
        guard spots.count > 0 else { return }
        isExhausted = false
        place = end == .least ? 0 : spots.count - 1
        if let bound { try seek(bound, base) }
    }

    /// Moves one entry inward, or is exhausted.
    mutating func advance() throws(StateError) {
        switch end {
        case .least:
            place &+= 1
            if place < spots.count { return }
            isExhausted = try !openNextBlock()
            place = 0
        case .greatest:
            place &-= 1
            if place >= 0 { return }
            isExhausted = try !openBlockBefore()
            place = spots.count - 1
        }
    }

    // MARK: Bounds

    private mutating func seek(_ bound: UnsafeRawBufferPointer, _ base: UnsafeRawPointer) throws(StateError) {
        let nearest = end == .least ? spots.count - 1 : 0
        if !isOutside(payload(nearest), bound) { return settle(bound) }
        // Nothing is to be halved where the key has one block.
        guard end == .least ? fillsBlock : isContinued(base) else { return isExhausted = true }
        var low = cursor.top.last(from: 0, atOrBefore: base, key.count)
        var high = lastPartition(base)
        while low < high {
            let middle = (low + high + 1) / 2
            try open(partition: middle)
            if try isBefore(bound, block: 0) { low = middle } else { high = middle - 1 }
        }
        try open(partition: low)
        low = firstBlock(base)
        high = lastBlock(base)
        while low < high {
            let middle = (low + high + 1) / 2
            if try isBefore(bound, block: middle) { low = middle } else { high = middle - 1 }
        }
        try open(block: low)
        settle(bound)
        if isExhausted, end == .least, fillsBlock {
            isExhausted = try !openNextBlock()
            place = 0
        }
    }

    /// Goes to the outermost entry of the block within the bound, or is exhausted.
    private mutating func settle(_ bound: UnsafeRawBufferPointer) {
        isExhausted = false
        let step = end == .least ? 1 : -1
        place = end == .least ? 0 : spots.count - 1
        while place >= 0, place < spots.count {
            if !isOutside(payload(place), bound) { return }
            place += step
        }
        isExhausted = true
    }

    /// Whether a block of the key, not its first, begins before a bound; one that lies at the greatest end counts as before what begins with it.
    private mutating func isBefore(_ bound: UnsafeRawBufferPointer, block: Int) throws(StateError) -> Bool {
        try open(block: block, noting: 1)
        guard spots.count > 0 else { throw cursor.malformed() }
        let order = RunEnd.order(payload(0), bound)
        return end == .least ? order < 0 : order <= 0
    }

    private func isOutside(_ payload: UnsafeRawBufferPointer, _ bound: UnsafeRawBufferPointer) -> Bool {
        let order = RunEnd.order(payload, bound)
        return end == .least ? order < 0 : order > 0
    }

    // MARK: Blocks

    private func lastPartition(_ base: UnsafeRawPointer) -> Int { cursor.top.last(having: base, key.count) }

    private func firstBlock(_ base: UnsafeRawPointer) -> Int {
        cursor.partition.last(from: 0, atOrBefore: base, key.count)
    }

    private func lastBlock(_ base: UnsafeRawPointer) -> Int { cursor.partition.last(having: base, key.count) }

    /// Whether the block before the open one holds the key too.
    private func isContinued(_ base: UnsafeRawPointer) -> Bool {
        cursor.blockIndex > 0
            ? cursor.partition.continues(cursor.blockIndex, base, key.count)
            : cursor.partitionIndex > 0 && cursor.top.continues(cursor.partitionIndex, base, key.count)
    }

    private mutating func openNextBlock() throws(StateError) -> Bool {
        guard fillsBlock, try cursor.moveToNextBlock(onlyContinued: true) else { return false }
        try note(.max)
        guard spots.count > 0 else { throw cursor.malformed() }
        return true
    }

    private mutating func openBlockBefore() throws(StateError) -> Bool {
        guard let base = key.baseAddress, isContinued(base) else { return false }
        if cursor.blockIndex > 0 {
            try open(block: cursor.blockIndex - 1)
        } else {
            try open(partition: cursor.partitionIndex - 1)
            try open(block: cursor.partition.count - 1)
        }
        guard spots.count > 0 else { throw cursor.malformed() }
        return true
    }

    private mutating func open(partition index: Int) throws(StateError) {
        if index != cursor.partitionIndex { try cursor.openPartition(index) }
    }

    private mutating func open(block index: Int, noting countMax: Int = .max) throws(StateError) {
        if index != cursor.blockIndex { try cursor.openBlock(index) }
        try note(countMax)
    }

    /// Notes where the key's payloads lie in the open block.
    private mutating func note(_ countMax: Int) throws(StateError) {
        spots.removeAll()
        guard let base = key.baseAddress else { return }
        // A copy: the cursor's stay before the block's first entry.
        var entries = cursor.entries
        var outcome = entries.seek(base, key.count, common: 0, isFar: true)
        while outcome == .found, spots.count < countMax {
            spots.append(Spot(start: entries.payload, count: entries.payloadCount, weight: entries.weight))
            outcome = entries.seekAgain(base, key.count)
        }
        if outcome == .malformed { throw cursor.malformed() }
        fillsBlock = outcome == .absent && !entries.isPlaced
    }

    @inline(__always)
    private func payload(_ place: Int) -> UnsafeRawBufferPointer {
        let spot = spots[place]
        return UnsafeRawBufferPointer(start: cursor.entries.base + spot.start, count: spot.count)
    }
}
