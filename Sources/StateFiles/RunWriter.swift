internal import EventLog
internal import Relational

/// Writes a run in one pass over its entries in order, with memory for one partition.
///
/// 1. Entries go into a data block; one that would outgrow its size is closed first.
/// 2. A closed block is listed in its partition's index; after `blocksPerPartition` of them the index follows in the file, with a filter
///    of the keys in those blocks.
/// 3. Partitions are listed in the top index, which ends the file with the foot. The foot covers the top index by its checksum, that one
///    the partitions, and those the data blocks.
/// 4. The file is made when first bytes are written: nothing is left of a run without entries.
struct RunWriter: ~Copyable {
    static let flushByteCount = 256 << 10

    private let fileSystem: any FileSystem
    private let path: String
    private let id: UInt64
    private let rule: MergeRule
    private let seed: UInt32
    private let options: RunOptions

    private var file: (any LogFile)?
    /// Whether there may be a file that has to go when writing fails.
    private(set) var wasOpened = false
    /// Bytes that wait to be written, and where in the file they begin.
    private var output = ByteSlab()
    private var outputStart: Int64 = 0

    private var block = BlockBuilder()
    private var partition = BlockIndexBuilder()
    private var hashes = GrowableBuffer<UInt64>()
    private var top = BlockIndexBuilder()
    private var layout = RunLayout()

    private var lastKey = ByteSlab()
    /// The key under which the block being made will be listed.
    private var blockKey = ByteSlab()
    private var blockContinues = false

    init(
        _ fileSystem: any FileSystem,
        path: String,
        id: UInt64,
        rule: MergeRule,
        seed: UInt32,
        options: RunOptions
    ) {
        self.fileSystem = fileSystem
        self.path = path
        self.id = id
        self.rule = rule
        self.seed = seed
        // Within what the format addresses, whatever was set.
        self.options = RunOptions(
            blockByteCount: min(options.blockByteCount, 1 << 30),
            blocksPerPartition: options.blocksPerPartition,
            filterBitsPerKey: options.filterBitsPerKey
        )
        layout.headChecksum = RunLayout.encodeHead(rule: rule, id: id, seed: seed, into: &output)
    }

    /// Adds the next entry, which is above the one before.
    mutating func append(
        key: UnsafeRawBufferPointer,
        payload: UnsafeRawBufferPointer,
        weight: Int64
    ) throws(StateError) {
        guard key.count < Int(BlockIndex.continuation), key.count + payload.count < Int(UInt32.max) - 64 else {
            throw StateError(.io, "an entry of state is too long", path: path)
        }
        let limit = min(lastKey.count, key.count)
        let common = KeyOrder.common(lastKey.base, key.baseAddress ?? lastKey.base, limit: limit)
        let isFirst = layout.entryCount == 0
        let isSame = !isFirst && common == key.count && common == lastKey.count
        if !isFirst, !isSame, common == key.count || (common < lastKey.count && lastKey.bytes[common] > key[common]) {
            throw StateError(.corrupt, "entries of state out of order", hint: StateError.damageHint, path: path)
        }
        let needed = BlockBuilder.headByteCountMax + key.count - common + payload.count
        if !block.isEmpty, block.byteCount + needed + 4 > options.blockByteCount { try finishBlock() }
        if block.isEmpty {
            blockContinues = isSame
            blockKey.removeAll()
            blockKey.append(
                UnsafeRawBufferPointer(rebasing: key[..<(isFirst ? 0 : isSame ? key.count : common + 1)])
            )
        }
        // A filter knows every key of its partition, also one that began in the partition before.
        if !isSame || (block.isEmpty && partition.count == 0) { hashes.append(KeyHash.hash(key)) }
        if !isSame {
            layout.keyCount += 1
            lastKey.truncate(to: isFirst ? 0 : common)
            lastKey.append(UnsafeRawBufferPointer(rebasing: key[lastKey.count...]))
        }
        block.append(key: key, common: common, payload: payload, weight: weight)
        layout.entryCount += 1
        if rule == .sum ? weight < 0 : weight == 0 { layout.cancelCount += 1 }
    }

    /// Writes what is left and makes the file durable; nil when there was no entry, and no file then.
    mutating func finish() throws(StateError) -> Run? {
        guard layout.entryCount > 0 else { return nil }
        if !block.isEmpty { try finishBlock() }
        if partition.count > 0 { try finishPartition() }
        let start = output.count
        let empty = GrowableBuffer<UInt64>()
        try top.encode(hashes: empty, bitsPerKey: 0, into: &output, path: path)
        let bytes = UnsafeRawBufferPointer(rebasing: output.bytes[start...])
        layout.top = place(from: start)
        let topBlock = Block(byteCount: bytes.count)
        UnsafeMutableRawBufferPointer(start: topBlock.base, count: bytes.count).copyMemory(from: bytes)
        let checksum = layout.encodeFoot(seed: seed, into: &output)
        try flush()
        guard let file else { return nil }
        do throws(LogError) { try file.synchronize() } catch { throw StateError(error, path: path) }
        let reference = RunReference(
            id: id,
            byteCount: outputStart,
            entryCount: Int(layout.entryCount),
            cancelCount: Int(layout.cancelCount),
            checksum: checksum
        )
        return Run(
            file,
            reference: reference,
            rule: rule,
            path: path,
            seed: seed,
            layout: layout,
            top: topBlock
        )
    }

    private mutating func finishBlock() throws(StateError) {
        block.finish()
        let start = output.count
        output.append(block.slab.bytes)
        partition.append(place(from: start), key: blockKey.bytes, continues: blockContinues)
        block.removeAll()
        if partition.count == options.blocksPerPartition { try finishPartition() }
        if output.count >= Self.flushByteCount { try flush() }
    }

    private mutating func finishPartition() throws(StateError) {
        let start = output.count
        try partition.encode(hashes: hashes, bitsPerKey: options.filterBitsPerKey, into: &output, path: path)
        top.append(place(from: start), key: partition.firstKey, continues: partition.firstContinues)
        partition.removeAll()
        hashes.removeAll()
    }

    /// The block that the output ends with.
    private func place(from start: Int) -> BlockPlace {
        let bytes = UnsafeRawBufferPointer(rebasing: output.bytes[start...])
        return BlockPlace(
            offset: outputStart + Int64(start),
            byteCount: bytes.count,
            checksum: Checksum.crc32c(bytes, seed: seed)
        )
    }

    private mutating func flush() throws(StateError) {
        do throws(LogError) {
            // Before the call: one that fails may leave a file.
            wasOpened = true
            let file = if let file = self.file { file } else { try fileSystem.open(path, .create) }
            self.file = file
            try file.write(output.bytes, at: outputStart)
        } catch { throw StateError(error, path: path) }
        outputStart += Int64(output.count)
        output.removeAll()
        output.shrink(keeping: 4 * Self.flushByteCount)
    }
}
