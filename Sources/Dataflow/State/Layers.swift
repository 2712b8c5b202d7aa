import Relational
import StateFiles

/// The tables of deltas above the runs, looked at key by key while the runs are read.
///
/// For each key in turn: `begin`, then `weight` for every row that the runs have, then `forEachLeft` for the rows that only the tables have.
struct Layers {
    private let sealed: [SealedTable]
    /// The key's group in the live table, then in each of the others.
    private var groups: [UInt32]
    /// Entries of this key that were given already; the table's number in the upper half.
    private var met: Set<UInt64> = []
    private(set) var hasKey = false
    /// The key's.
    private var shard = 0
    private let cut: Cut
    /// Kept, so that not every key takes memory.
    private var left: [(row: RowView, weight: Int64)] = []

    init(_ sealed: [SealedTable], cut: Cut) {
        self.sealed = sealed
        self.cut = cut
        groups = Array(repeating: Arena.none, count: sealed.count + 1)
    }

    /// Looks a key up in all tables.
    @inline(__always)
    mutating func begin(_ key: UnsafeRawBufferPointer, _ hash: UInt64, _ live: borrowing ShardedTable) {
        if !met.isEmpty { met.removeAll(keepingCapacity: true) }
        shard = Shards.shard(of: hash)
        var any = live.shards[shard].findGroup(key, hash)
        groups[0] = any
        for index in 0..<sealed.count {
            let group = sealed[index].table.shards[shard].findGroup(key, hash)
            groups[index + 1] = group
            any |= group
        }
        hasKey = any != Arena.none
    }

    /// What the tables add to the weight of a row that the runs have.
    mutating func weight(of row: RowView, _ live: borrowing ShardedTable) -> Int64 {
        var sum: Int64 = 0
        if groups[0] != Arena.none {
            let entry = live.shards[shard].findEntry(row, in: groups[0])
            if entry != Arena.none {
                sum &+= live.shards[shard].weight(of: entry, at: cut)
                met.insert(UInt64(entry))
            }
        }
        for index in 0..<sealed.count where groups[index + 1] != Arena.none {
            sum &+= weight(of: row, in: index)
        }
        return sum
    }

    private mutating func weight(of row: RowView, in index: Int) -> Int64 {
        let entry = sealed[index].table.shards[shard].findEntry(row, in: groups[index + 1])
        guard entry != Arena.none else { return 0 }
        met.insert(UInt64(index + 1) << 32 | UInt64(entry))
        return sealed[index].table.shards[shard].weight(of: entry, at: .before)
    }

    /// Gives the rows of this key that the runs do not have, each once, with a weight that is not 0.
    mutating func forEachLeft<Failure: Error>(
        _ live: borrowing ShardedTable,
        _ body: (RowView, Int64) throws(Failure) -> Void
    ) throws(Failure) {
        guard hasKey else { return }
        var left: [(row: RowView, weight: Int64)] = []
        swap(&left, &self.left)
        defer {
            left.removeAll(keepingCapacity: true)
            swap(&left, &self.left)
        }
        if groups[0] != Arena.none {
            live.shards[shard].forEachEntry(of: groups[0]) { entry in
                if met.isEmpty || !met.contains(UInt64(entry)) {
                    left.append((live.shards[shard].row(of: entry), live.shards[shard].weight(of: entry, at: cut)))
                }
            }
            for place in left.indices {
                for index in 0..<sealed.count where groups[index + 1] != Arena.none {
                    left[place].weight &+= weight(of: left[place].row, in: index)
                }
            }
        }
        for (row, weight) in left where weight != 0 { try body(row, weight) }
        for index in 0..<sealed.count where groups[index + 1] != Arena.none {
            try forEachLeft(in: index, &left, body)
        }
    }

    private mutating func forEachLeft<Failure: Error>(
        in index: Int,
        _ left: inout [(row: RowView, weight: Int64)],
        _ body: (RowView, Int64) throws(Failure) -> Void
    ) throws(Failure) {
        let table = sealed[index]
        left.removeAll(keepingCapacity: true)
        table.table.shards[shard].forEachEntry(of: groups[index + 1]) { entry in
            if met.isEmpty || !met.contains(UInt64(index + 1) << 32 | UInt64(entry)) {
                left.append(
                    (table.table.shards[shard].row(of: entry), table.table.shards[shard].weight(of: entry, at: .before))
                )
            }
        }
        for place in left.indices {
            for other in (index + 1)..<sealed.count where groups[other + 1] != Arena.none {
                left[place].weight &+= weight(of: left[place].row, in: other)
            }
        }
        for (row, weight) in left where weight != 0 { try body(row, weight) }
    }
}
