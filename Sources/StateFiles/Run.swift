internal import EventLog

/// One immutable sorted run in a file, open for reading. Whoever owns the folder deletes the file; this object only closes it.
public final class Run: Sendable {
    public let reference: RunReference
    public let rule: MergeRule
    let path: String
    let seed: UInt32
    let layout: RunLayout
    /// The index over the partitions, all that is kept in memory.
    let top: Block
    private let file: any LogFile

    init(
        _ file: any LogFile,
        reference: RunReference,
        rule: MergeRule,
        path: String,
        seed: UInt32,
        layout: RunLayout,
        top: Block
    ) {
        self.file = file
        self.reference = reference
        self.rule = rule
        self.path = path
        self.seed = seed
        self.layout = layout
        self.top = top
    }

    /// Memory that is held for as long as the run is open.
    public var byteCount: Int { top.memoryByteCount + 256 }

    var topIndex: BlockIndex { BlockIndex(top.base) }

    /// A block, from the cache or else from the file.
    func block(_ place: BlockPlace, _ content: Block.Content, _ cache: BlockCache) throws(StateError) -> Block {
        if let block = cache.block(of: reference.id, at: place.offset, content), block.byteCount == place.byteCount {
            return block
        }
        let block = try read(place, content)
        cache.keep(block, of: reference.id, at: place.offset, content)
        return block
    }

    /// A block from the file, checked.
    func read(_ place: BlockPlace, _ content: Block.Content) throws(StateError) -> Block {
        let block = try read(at: place.offset, byteCount: place.byteCount)
        try verify(block.bytes, place, content)
        return block
    }

    /// Bytes of the file as they are.
    func read(at offset: Int64, byteCount: Int) throws(StateError) -> Block {
        try Self.read(file, at: offset, byteCount: byteCount, path: path)
    }

    /// Checks a block's bytes: first the checksum, then that nothing in it leads outside.
    func verify(_ bytes: UnsafeRawBufferPointer, _ place: BlockPlace, _ content: Block.Content) throws(StateError) {
        guard Checksum.crc32c(bytes, seed: seed) == place.checksum else {
            throw .damaged("a block's checksum does not fit", at: place.offset, path: path)
        }
        let isWellFormed =
            switch content {
            case .entries: BlockEntries.isWellFormed(bytes)
            case .index:
                BlockIndex.isWellFormed(bytes, listing: Int64(RunLayout.headByteCount)..<max(place.offset, 32))
            }
        guard isWellFormed else { throw malformed(place) }
    }

    /// Bytes whose checksum fits and that still are no block.
    func malformed(_ place: BlockPlace) -> StateError {
        .damaged("a block is malformed", at: place.offset, path: path)
    }

    /// The head, the foot and the index over the partitions, as they are in the file now.
    func readEnds() throws(StateError) -> (RunLayout, top: Block) {
        try Self.readEnds(file, reference, rule: rule, seed: seed, path: path)
    }

    static func readEnds(
        _ file: any LogFile,
        _ reference: RunReference,
        rule: MergeRule,
        seed: UInt32,
        path: String
    ) throws(StateError) -> (RunLayout, top: Block) {
        let byteCount = try length(of: file, path: path)
        guard byteCount == reference.byteCount,
            byteCount >= Int64(RunLayout.headByteCount + RunLayout.footByteCount)
        else {
            throw StateError(
                .corrupt,
                "a state run has \(byteCount) bytes and should have \(reference.byteCount)",
                hint: StateError.damageHint,
                path: path
            )
        }
        let head = try read(file, at: 0, byteCount: RunLayout.headByteCount, path: path)
        let headChecksum = try RunLayout.decodeHead(head.bytes, rule: rule, id: reference.id, seed: seed, path: path)
        let footStart = byteCount - Int64(RunLayout.footByteCount)
        let foot = try read(file, at: footStart, byteCount: RunLayout.footByteCount, path: path)
        let (layout, checksum) = try RunLayout.decodeFoot(foot.bytes, at: footStart, seed: seed, path: path)
        guard checksum == reference.checksum, layout.headChecksum == headChecksum,
            layout.entryCount == reference.entryCount, layout.cancelCount == reference.cancelCount
        else { throw .damaged("the foot is not the one that was written", at: footStart, path: path) }
        let top = try read(file, at: layout.top.offset, byteCount: layout.top.byteCount, path: path)
        guard Checksum.crc32c(top.bytes, seed: seed) == layout.top.checksum else {
            throw .damaged("the index's checksum does not fit", at: layout.top.offset, path: path)
        }
        guard BlockIndex.isWellFormed(top.bytes, listing: Int64(RunLayout.headByteCount)..<layout.top.offset) else {
            throw .damaged("the index is malformed", at: layout.top.offset, path: path)
        }
        return (layout, top)
    }

    private static func length(of file: any LogFile, path: String) throws(StateError) -> Int64 {
        do throws(LogError) { return try file.byteCount() } catch { throw StateError(error, path: path) }
    }

    private static func read(
        _ file: any LogFile,
        at offset: Int64,
        byteCount: Int,
        path: String
    ) throws(StateError) -> Block {
        let block = Block(byteCount: byteCount)
        let count: Int
        do throws(LogError) {
            let buffer = UnsafeMutableRawBufferPointer(start: block.base, count: byteCount)
            count = try file.read(into: buffer, at: offset)
        } catch { throw StateError(error, path: path) }
        guard count == byteCount else { throw .damaged("the file ends early", at: offset, path: path) }
        return block
    }
}
