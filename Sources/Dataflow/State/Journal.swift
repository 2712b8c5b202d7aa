import Relational
import StateFiles

/// What was staged in an arrangement since its rows were last written, in the order in which it came.
///
/// Unchecked: written by the fold's thread alone, and by nobody once it is handed over.
final class Journal: StateSource, @unchecked Sendable {
    private(set) var rows = ZSet()
    private(set) var keys = KeyBatch()
    private let codec: RowCodec
    /// Rows before this are sealed.
    private var sealedCount = 0

    init(codec: RowCodec) { self.codec = codec }

    var byteCount: Int { rows.byteCount + keys.byteCount }

    var isEmpty: Bool { sealedCount == 0 }

    func append(_ delta: borrowing ZSet, keys other: borrowing KeyBatch) {
        rows.append(contentsOf: delta)
        keys.append(contentsOf: other)
    }

    func seal() { sealedCount = rows.count }

    func discard() {
        rows.removeLast(keeping: sealedCount)
        keys.removeLast(keeping: sealedCount)
    }

    func append(from place: Int, to batch: inout EntryBatch, byteLimit: Int) -> Int? {
        var payload = ByteSlab()
        for index in place..<rows.count {
            if batch.byteCount >= byteLimit { return index }
            if keys.isNull(at: index) || rows.weight(at: index) == 0 { continue }
            payload.removeAll()
            codec.encode(rows.row(at: index), into: &payload)
            batch.append(key: keys.bytes(at: index), payload: payload.bytes, weight: rows.weight(at: index))
        }
        return nil
    }
}

/// A table that nobody stages in any more.
///
/// Unchecked: it is only read, until the fold's thread takes the table back, which nobody else reads then.
final class SealedTable: StateSource, @unchecked Sendable {
    private(set) var table: ShardedTable
    private let codec: RowCodec

    init(_ table: consuming ShardedTable, codec: RowCodec) {
        self.table = table
        self.codec = codec
    }

    var byteCount: Int { table.byteCount }

    /// The table; an empty one stays.
    func take() -> ShardedTable {
        var taken = ShardedTable()
        swap(&taken, &table)
        return taken
    }

    func append(from place: Int, to batch: inout EntryBatch, byteLimit: Int) -> Int? {
        var payload = ByteSlab()
        // The shard above, the slot of its index below.
        var slot = place & 0xFFFF_FFFF
        for shard in place >> 32..<Shards.count {
            while slot <= table.shards[shard].index.mask {
                if batch.byteCount >= byteLimit { return shard << 32 | slot }
                table.shards[shard].forEachEntry(atSlot: slot, at: .before) { key, row, weight in
                    payload.removeAll()
                    codec.encode(row, into: &payload)
                    batch.append(key: key, payload: payload.bytes, weight: weight)
                }
                slot += 1
            }
            slot = 0
        }
        return nil
    }
}
