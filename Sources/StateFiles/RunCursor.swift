/// A place in one run, for keys looked for in ascending order (`RunCursor+Find.swift`), entry by entry (`RunCursor+Scan.swift`), or for the
/// ends of a key's entries (`RunEndCursor`).
///
/// It holds the partition's index and the data block that it stands in, and nothing more. Without a cache data blocks are read ahead in
/// one piece, and what is read is not kept.
struct RunCursor: ~Copyable {
    static let readAheadByteCount = 256 << 10

    let run: Run
    var cache: BlockCache?

    let top: BlockIndex
    private var partitionBlock: Block?
    private var blockPlace = BlockPlace(offset: 0, byteCount: 0, checksum: 0)
    /// Holds the data block, and blocks behind it when read ahead.
    private var block: Block?
    private var blockStart: Int64 = 0

    /// Where it stands; -1 is before the first one.
    private(set) var partitionIndex = -1
    private(set) var partition: BlockIndex
    private(set) var blockIndex = -1
    var entries: BlockEntries

    /// The key in the list that the current block was asked for last, -1 for none.
    var lastKey = -1

    // MARK: Scanning
    /// The current entry's key, put together.
    var key = KeyBuffer()
    // Unsafe: the bytes are the owner's, who keeps them until the next `begin`.
    var prefix: UnsafeRawBufferPointer?
    var isExhausted = false

    init(_ run: Run, cache: BlockCache?) {
        self.run = run
        self.cache = cache
        top = run.topIndex
        partition = top
        entries = BlockEntries(none: UnsafeRawPointer(run.top.base))
    }

    /// Goes before the first entry and lets go of all blocks.
    mutating func reset() {
        partitionIndex = -1
        blockIndex = -1
        lastKey = -1
        partitionBlock = nil
        block = nil
        isExhausted = false
        entries = BlockEntries(none: UnsafeRawPointer(run.top.base))
    }

    /// Goes to the partition that has a key's first entry, if there is one.
    @inline(__always)
    mutating func movePartition(to key: UnsafeRawPointer, _ count: Int) throws(StateError) {
        var index = partitionIndex
        if index < 0 {
            index = top.last(from: 0, atOrBefore: key, count)
        } else if index &+ 1 < top.count, top.begins(index &+ 1, atOrBefore: key, count) {
            index = top.last(from: index &+ 1, atOrBefore: key, count)
        }
        if index != partitionIndex { try openPartition(index) }
    }

    /// Goes to the data block within the partition that has a key's first entry, if there is one; whether that is far from where it was.
    @inline(__always)
    mutating func moveBlock(to key: UnsafeRawPointer, _ count: Int) throws(StateError) -> Bool {
        var index = blockIndex
        if index < 0 {
            index = partition.last(from: 0, atOrBefore: key, count)
        } else if index &+ 1 < partition.count, partition.begins(index &+ 1, atOrBefore: key, count) {
            index = partition.last(from: index &+ 1, atOrBefore: key, count)
        }
        if index == blockIndex { return false }
        let isFar = index != blockIndex &+ 1
        try openBlock(index)
        return isFar
    }

    /// Goes to the start of the next data block; false at the end of the run, or, with `onlyContinued`, when it begins with another key
    /// than this one ends with.
    mutating func moveToNextBlock(onlyContinued: Bool) throws(StateError) -> Bool {
        if blockIndex + 1 < partition.count, partitionIndex >= 0 {
            if onlyContinued, !partition.continues(blockIndex + 1) { return false }
            try openBlock(blockIndex + 1)
            return true
        }
        guard partitionIndex + 1 < top.count else { return false }
        if onlyContinued, !top.continues(partitionIndex + 1) { return false }
        try openPartition(partitionIndex + 1)
        try openBlock(0)
        return true
    }

    func malformed() -> StateError { run.malformed(blockPlace) }

    mutating func openPartition(_ index: Int) throws(StateError) {
        let place = top.place(index)
        let block = if let cache { try run.block(place, .index, cache) } else { try run.read(place, .index) }
        partition = BlockIndex(UnsafeRawPointer(block.base))
        partitionBlock = block
        partitionIndex = index
        blockIndex = -1
    }

    mutating func openBlock(_ index: Int) throws(StateError) {
        let place = partition.place(index)
        let bytes: UnsafeRawBufferPointer
        if let cache {
            let block = try run.block(place, .entries, cache)
            bytes = block.bytes
            self.block = block
        } else {
            bytes = try readAhead(place, index)
        }
        guard let base = bytes.baseAddress else { throw run.malformed(place) }
        entries = BlockEntries(bytes, base: base)
        blockPlace = place
        blockIndex = index
        lastKey = -1
    }

    /// The bytes of a data block out of what was read ahead, or reads it with those that follow it in the file.
    private mutating func readAhead(_ place: BlockPlace, _ index: Int) throws(StateError) -> UnsafeRawBufferPointer {
        if let block, place.offset >= blockStart, place.end <= blockStart + Int64(block.byteCount) {
            let start = Int(place.offset - blockStart)
            let bytes = UnsafeRawBufferPointer(rebasing: block.bytes[start..<start + place.byteCount])
            try run.verify(bytes, place, .entries)
            return bytes
        }
        var end = place.end
        var next = index + 1
        while next < partition.count, partition.place(next).offset == end,
            partition.place(next).end - place.offset <= Int64(Self.readAheadByteCount)
        {
            end = partition.place(next).end
            next += 1
        }
        block = nil
        let block = try run.read(at: place.offset, byteCount: Int(end - place.offset))
        self.block = block
        blockStart = place.offset
        let bytes = UnsafeRawBufferPointer(rebasing: block.bytes[..<place.byteCount])
        try run.verify(bytes, place, .entries)
        return bytes
    }
}

/// Cursors in several runs, oldest first.
struct RunCursors: ~Copyable {
    // Unsafe: cursors are changed in place, one among many, without a check of exclusive access for each call.
    let base: UnsafeMutablePointer<RunCursor>
    let count: Int

    init(_ runs: [Run], cache: BlockCache?) {
        count = runs.count
        base = .allocate(capacity: max(runs.count, 1))
        for (index, run) in runs.enumerated() { (base + index).initialize(to: RunCursor(run, cache: cache)) }
    }

    deinit {
        base.deinitialize(count: count)
        base.deallocate()
    }

    func reset() {
        for index in 0..<count { base[index].reset() }
    }
}
