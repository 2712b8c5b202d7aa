internal import Relational

/// Collects the blocks of a partition, or the partitions of a run, and writes their `BlockIndex`.
struct BlockIndexBuilder: ~Copyable {
    struct Row: BitwiseCopyable {
        var place: BlockPlace
        var keyStart: Int
        var keyCount: Int
        var continues: Bool
    }

    private var rows = GrowableBuffer<Row>()
    private var keys = ByteSlab()

    var count: Int { rows.count }

    mutating func append(_ place: BlockPlace, key: UnsafeRawBufferPointer, continues: Bool) {
        rows.append(Row(place: place, keyStart: keys.count, keyCount: key.count, continues: continues))
        keys.append(key)
    }

    /// The key of the first block; valid until the next `append`.
    var firstKey: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: keys.base, count: rows[0].keyCount) }

    var firstContinues: Bool { rows[0].continues }

    mutating func removeAll() {
        rows.removeAll()
        keys.removeAll()
    }

    /// Appends the index with a filter of these hashes to `output`.
    ///
    /// - Throws: when the keys are more than the format addresses.
    func encode(
        hashes: borrowing GrowableBuffer<UInt64>,
        bitsPerKey: Int,
        into output: inout ByteSlab,
        path: String
    ) throws(StateError) {
        let (lineCount, probeCount) = KeyFilter.shape(keyCount: hashes.count, bitsPerKey: bitsPerKey)
        guard keys.count <= UInt32.max else {
            throw StateError(.io, "the keys of a state run are too long", path: path)
        }
        for number in [rows.count, lineCount, probeCount, keys.count] {
            output.append(integer: UInt32(truncatingIfNeeded: number))
        }
        for _ in 0..<(BlockIndex.headByteCount - 16) / 8 { output.append(integer: UInt64(0)) }
        let lines = output.extend(by: lineCount * KeyFilter.lineByteCount)
        KeyFilter.fill(lines, lineCount: lineCount, probeCount: probeCount, hashes: hashes)
        for index in 0..<rows.count {
            let row = rows[index]
            output.append(integer: row.place.offset)
            output.append(integer: UInt32(truncatingIfNeeded: row.place.byteCount))
            output.append(integer: row.place.checksum)
            output.append(integer: UInt32(truncatingIfNeeded: row.keyStart))
            let length = UInt32(truncatingIfNeeded: row.keyCount)
            output.append(integer: row.continues ? length | BlockIndex.continuation : length)
        }
        output.append(keys.bytes)
    }
}
