#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif
internal import Relational

extension RunFile {
    /// Reads the whole file again: every checksum, the order of entries, what the indexes and filters say of them, and all counts.
    ///
    /// - Throws: the first damage, with its place.
    public static func check(_ run: Run) throws(StateError) {
        let (layout, top) = try run.readEnds()
        var check = RunCheck(run)
        let index = BlockIndex(top.base)
        for row in 0..<index.count { try check.partition(index, row) }
        try check.finish(layout)
    }
}

/// A walk over all blocks of a run that believes nothing.
private struct RunCheck: ~Copyable {
    private let run: Run
    private var position = Int64(RunLayout.headByteCount)
    private var found = RunLayout()
    private var key = KeyBuffer()
    private var keyCount = 0
    /// The payload before, as long as the key is the same.
    private var payload = ByteSlab()
    private var isFirst = true

    init(_ run: Run) { self.run = run }

    mutating func partition(_ top: BlockIndex, _ row: Int) throws(StateError) {
        let place = top.place(row)
        let block = try run.read(place, .index)
        let index = BlockIndex(block.base)
        for child in 0..<index.count {
            let isSame = top.key(row).elementsEqual(index.key(child)) && top.continues(row) == index.continues(child)
            if child == 0, !isSame { throw damage("an index does not agree with the one above it", place) }
            try data(index, child)
        }
        guard place.offset == position else { throw damage("an index is not behind its blocks", place) }
        position = place.end
    }

    mutating func finish(_ layout: RunLayout) throws(StateError) {
        guard position == layout.top.offset, found.entryCount == layout.entryCount,
            found.cancelCount == layout.cancelCount, found.keyCount == layout.keyCount
        else { throw damage("the counts do not fit", layout.top) }
    }

    private mutating func data(_ index: BlockIndex, _ row: Int) throws(StateError) {
        let place = index.place(row)
        guard place.offset == position else { throw damage("a block is not behind the one before", place) }
        position = place.end
        let block = try run.read(place, .entries)
        var entries = BlockEntries(block.bytes, base: block.base)
        var isFirstOfBlock = true
        walk: while true {
            switch entries.step() {
            case .malformed: throw run.malformed(place)
            case .end: break walk
            case .entry:
                try entry(entries, index, row, isFirstOfBlock: isFirstOfBlock, place)
                isFirstOfBlock = false
            }
        }
        if isFirstOfBlock { throw damage("a block has no entry", place) }
    }

    private mutating func entry(
        _ entries: BlockEntries,
        _ index: BlockIndex,
        _ row: Int,
        isFirstOfBlock: Bool,
        _ place: BlockPlace
    ) throws(StateError) {
        let shared = entries.shared
        let suffix = entries.base + entries.suffix
        // Against the key before, whose first bytes are those shared.
        let order =
            isFirst ? 1 : KeyOrder.compare(suffix, entries.keyCount - shared, key.base + shared, keyCount - shared)
        var isAscending = order > 0
        if order == 0, run.rule == .sum, let before = payload.bytes.baseAddress,
            let now = entries.payloadBytes.baseAddress
        {
            isAscending = KeyOrder.compare(now, entries.payloadCount, before, payload.count) > 0
        }
        guard isAscending else { throw damage("entries are out of order", place) }
        if shared > 0, shared < min(keyCount, entries.keyCount),
            suffix.load(as: UInt8.self) == (key.base + shared).load(as: UInt8.self)
        {
            throw damage("an entry does not share all that it could", place)
        }
        if isFirstOfBlock { try listing(entries, index, row, isSame: order == 0, place) }
        key.replace(from: shared, with: suffix, entries.keyCount - shared)
        keyCount = entries.keyCount
        payload.removeAll()
        payload.append(entries.payloadBytes)
        guard index.filter.mayContain(KeyHash.hash(UnsafeRawBufferPointer(start: key.base, count: keyCount))) else {
            throw damage("a filter denies a key that is there", place)
        }
        if run.rule == .sum, entries.weight == 0 { throw damage("an entry weighs nothing", place) }
        isFirst = false
        found.entryCount += 1
        if order != 0 { found.keyCount += 1 }
        if run.rule == .sum ? entries.weight < 0 : entries.weight == 0 { found.cancelCount += 1 }
    }

    /// Whether the key under which a block is listed lies between the key before, still in `key`, and the block's first one.
    private func listing(
        _ entries: BlockEntries,
        _ index: BlockIndex,
        _ row: Int,
        isSame: Bool,
        _ place: BlockPlace
    ) throws(StateError) {
        let listed = index.key(row)
        let first = UnsafeRawBufferPointer(start: entries.base + entries.suffix, count: entries.keyCount)
        guard let listedBase = listed.baseAddress, let firstBase = first.baseAddress, entries.shared == 0 else {
            throw damage("a block does not begin with a whole key", place)
        }
        let toFirst = KeyOrder.compare(listedBase, listed.count, firstBase, first.count)
        let toBefore = isFirst ? 1 : KeyOrder.compare(listedBase, listed.count, key.base, keyCount)
        let fits = isSame ? toFirst == 0 : toFirst <= 0 && toBefore > 0
        guard fits, index.continues(row) == isSame else { throw damage("a block is listed under a wrong key", place) }
    }

    private func damage(_ what: String, _ place: BlockPlace) -> StateError {
        .damaged(what, at: place.offset, path: run.path)
    }
}
