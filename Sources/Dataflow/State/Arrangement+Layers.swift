import Relational
import StateFiles

/// Reading an arrangement whose rows are in runs, with tables of deltas above them.
extension Arrangement {
    private var sealedTables: [SealedTable] { handedOver.compactMap { $0.source as? SealedTable } }

    /// Gives every row of each distinct key, or of those in a range, with its weight, key by key in ascending order; the indexes are those
    /// of `sorted`.
    ///
    /// - Throws: what `body` throws; `negativeWeight`; `storage`.
    private func readKeys(
        _ sorted: borrowing SortedKeys,
        _ keys: borrowing KeyBatch,
        in range: Range<Int>? = nil,
        at cut: Cut,
        _ body: (_ rows: borrowing MatchBatch) throws(DataflowError) -> Void
    ) throws(DataflowError) {
        guard let folder else { return }
        let range = range ?? 0..<sorted.count
        var layers = Layers(sealedTables, cut: cut)
        var list = KeyList()
        for index in range {
            let place = sorted.place(of: index)
            list.append(keys.bytes(at: place), hash: keys.hash(at: place))
        }
        var reader = RunReader(runs, rule: .sum, cache: folder.cache)
        reader.find(list)
        var found = FoundEntries()
        var slab = ByteSlab()
        var positions = GrowableBuffer<Int>()
        var batch = MatchBatch()
        var current = range.lowerBound - 1
        while try next(&reader, into: &found, &slab, &positions) {
            for entry in 0..<found.count {
                let index = range.lowerBound + found.keyIndex(at: entry)
                while current < index {
                    try finish(current, &layers, into: &batch)
                    current += 1
                    begin(current, sorted, keys, &layers)
                }
                let row = RowView(slab.base + positions[entry])
                var weight = found.weight(at: entry)
                if layers.hasKey { weight &+= layers.weight(of: row, table) }
                if weight < 0 { throw negativeWeight(weight) }
                if weight > 0 { batch.append(keyIndex: index, row: row, weight: weight) }
            }
            // The rows of the runs lie in the slab until the next ones are read.
            if batch.count > 0 { try body(batch) }
            batch.removeAll()
        }
        while current < range.upperBound {
            try finish(current, &layers, into: &batch)
            current += 1
            if current < range.upperBound { begin(current, sorted, keys, &layers) }
            if batch.count >= MatchBatch.preferredCount {
                try body(batch)
                batch.removeAll()
            }
        }
        if batch.count > 0 { try body(batch) }
    }

    private func begin(
        _ index: Int,
        _ sorted: borrowing SortedKeys,
        _ keys: borrowing KeyBatch,
        _ layers: inout Layers
    ) {
        let place = sorted.place(of: index)
        layers.begin(keys.bytes(at: place), keys.hash(at: place), table)
    }

    /// Adds the rows of a key that no run has.
    private func finish(_ index: Int, _ layers: inout Layers, into batch: inout MatchBatch) throws(DataflowError) {
        guard layers.hasKey else { return }
        try layers.forEachLeft(table) { row, weight throws(DataflowError) in
            if weight < 0 { throw negativeWeight(weight) }
            batch.append(keyIndex: index, row: row, weight: weight)
        }
    }

    private func negativeWeight(_ weight: Int64) -> DataflowError {
        DataflowError(.negativeWeight, "a row would be held \(weight) times")
    }

    /// Reads the next entries of the runs and unpacks their rows.
    private func next(
        _ reader: inout RunReader,
        into found: inout FoundEntries,
        _ slab: inout ByteSlab,
        _ positions: inout GrowableBuffer<Int>
    ) throws(DataflowError) -> Bool {
        guard try reader.nextEntries(into: &found) else { return false }
        slab.removeAll()
        positions.removeAll()
        for entry in 0..<found.count {
            guard let row = codec.decode(found.payload(at: entry), into: &slab) else { throw .damagedState(name) }
            positions.append(row)
        }
        return true
    }

    /// Gives every row of each key while no run has any, key by key as they stand in the batch: nothing has to be sorted then.
    private func readTables(
        _ keys: borrowing KeyBatch,
        in range: Range<Int>? = nil,
        at cut: Cut,
        _ body: (_ key: Int, RowView, Int64) throws(DataflowError) -> Void
    ) throws(DataflowError) {
        var layers = Layers(sealedTables, cut: cut)
        for key in range ?? 0..<keys.count where !keys.isNull(at: key) {
            layers.begin(keys.bytes(at: key), keys.hash(at: key), table)
            guard layers.hasKey else { continue }
            try layers.forEachLeft(table) { row, weight throws(DataflowError) in
                if weight < 0 { throw negativeWeight(weight) }
                try body(key, row, weight)
            }
        }
    }

    // MARK: The arrangement's calls

    func matchLayers(
        _ keys: borrowing KeyBatch,
        _ piece: Int,
        of lookup: borrowing Lookup,
        at cut: Cut,
        _ body: (borrowing MatchBatch) throws(DataflowError) -> Void
    ) throws(DataflowError) {
        var batch = MatchBatch()
        let range = lookup.places(of: piece)
        guard lookup.isSorted else {
            try readTables(keys, in: range, at: cut) { key, row, weight throws(DataflowError) in
                batch.append(keyIndex: key, row: row, weight: weight)
                guard batch.count >= MatchBatch.preferredCount else { return }
                try body(batch)
                batch.removeAll()
            }
            if batch.count > 0 { try body(batch) }
            return
        }
        try readKeys(lookup.sorted, keys, in: range, at: cut) { rows throws(DataflowError) in
            for index in 0..<rows.count {
                for place in lookup.sorted.range(of: rows.keyIndex(at: index)) {
                    batch.append(
                        keyIndex: Int(lookup.sorted.places[place]),
                        row: rows.row(at: index),
                        weight: rows.weight(at: index)
                    )
                    if batch.count >= MatchBatch.preferredCount {
                        try body(batch)
                        batch.removeAll()
                    }
                }
            }
            if batch.count > 0 { try body(batch) }
            batch.removeAll()
        }
    }

    /// Checks what was staged by somebody who does not know the rows: no weight below 0, and one row for each unique key.
    func checkStaged(_ delta: borrowing ZSet, _ keys: borrowing KeyBatch) throws(DataflowError) {
        let isUnique = isUnique
        if runs.isEmpty {
            var (last, sum) = (-1, Int64(0))
            return try readTables(keys, at: .after) { key, _, weight throws(DataflowError) in
                (last, sum) = (key, key == last ? sum &+ weight : weight)
                if isUnique, sum > 1 { throw DataflowError(.duplicateKey, "two rows have the same key") }
            }
        }
        let sorted = SortedKeys(keys) { isUnique || delta.weight(at: $0) < 0 }
        var last = -1
        var sum: Int64 = 0
        try readKeys(sorted, keys, at: .after) { rows throws(DataflowError) in
            for index in 0..<rows.count where isUnique {
                sum = rows.keyIndex(at: index) == last ? sum &+ rows.weight(at: index) : rows.weight(at: index)
                last = rows.keyIndex(at: index)
                if sum > 1 { throw DataflowError(.duplicateKey, "two rows have the same key") }
            }
        }
    }

    func presenceInLayers(
        of keys: borrowing KeyBatch,
        at cut: Cut,
        into present: inout GrowableBuffer<Bool>
    ) throws(DataflowError) {
        guard let folder else { return }
        let start = present.count
        present.resize(to: start + keys.count, filling: false)
        // Where no table knows the key, one entry of a run is enough.
        var layers = Layers(sealedTables, cut: cut)
        var isAbove = GrowableBuffer<Bool>(capacity: keys.count)
        for index in 0..<keys.count {
            if !keys.isNull(at: index) { layers.begin(keys.bytes(at: index), keys.hash(at: index), table) }
            isAbove.append(!keys.isNull(at: index) && layers.hasKey)
        }
        let below = SortedKeys(keys) { !isAbove[$0] }
        var list = KeyList()
        for index in 0..<below.count {
            let place = below.place(of: index)
            list.append(keys.bytes(at: place), hash: keys.hash(at: place))
        }
        var reader = RunReader(runs, rule: .sum, cache: folder.cache)
        reader.find(list, presenceOnly: true)
        var found = FoundEntries()
        while try reader.nextEntries(into: &found) {
            for entry in 0..<found.count {
                for place in below.range(of: found.keyIndex(at: entry)) {
                    present[start + Int(below.places[place])] = true
                }
            }
        }
        let above = SortedKeys(keys) { isAbove[$0] }
        guard above.count > 0 else { return }
        var isPresent = GrowableBuffer<Bool>(capacity: above.count)
        isPresent.resize(to: above.count, filling: false)
        try readKeys(above, keys, at: cut) { rows throws(DataflowError) in
            for index in 0..<rows.count { isPresent[rows.keyIndex(at: index)] = true }
        }
        for index in 0..<above.count where isPresent[index] {
            for place in above.range(of: index) { present[start + Int(above.places[place])] = true }
        }
    }

    func weightsInLayers(
        of wanted: borrowing ZSet,
        keys: borrowing KeyBatch,
        at cut: Cut,
        into weights: inout GrowableBuffer<Int64>
    ) throws(DataflowError) {
        let start = weights.count
        weights.resize(to: start + keys.count, filling: 0)
        // The wanted rows by their images: those of a hot key are not compared one by one.
        var byImage = KeyIndex()
        for index in 0..<wanted.count where !keys.isNull(at: index) {
            byImage.insert(KeyHash.hash(wanted.row(at: index).bytes), UInt32(truncatingIfNeeded: index + 1))
        }
        let sorted = SortedKeys(keys)
        try readKeys(sorted, keys, at: cut) { rows throws(DataflowError) in
            for index in 0..<rows.count {
                let row = rows.row(at: index)
                let key = keys.bytes(at: sorted.place(of: rows.keyIndex(at: index)))
                let hash = KeyHash.hash(row.bytes)
                var position = byImage.home(hash)
                while byImage.slots[position] != 0 {
                    let slot = byImage.slots[position]
                    let place = Int(slot & 0xFFFF_FFFF) - 1
                    if slot >> 32 == KeyIndex.tag(hash), wanted.row(at: place).hasSameImage(as: row),
                        keys.bytes(at: place).isSame(as: key)
                    {
                        weights[start + place] = rows.weight(at: index)
                    }
                    position = (position &+ 1) & byImage.mask
                }
            }
        }
    }

    func forEachInLayers(
        at cut: Cut,
        _ body: (borrowing MatchBatch) throws(DataflowError) -> Void
    ) throws(DataflowError) {
        guard let folder else { return }
        let tables = sealedTables
        // Key and row of what the tables have, consolidated in one table with the cut's weights.
        var above = ShardedTable(holdsDeltas: true)
        for sealed in tables { try above.add(sealed.table, at: .before) }
        try above.add(table, at: cut)
        let isBare = above.isEmpty
        var reader = RunReader(runs, rule: .sum, cache: folder.cache)
        reader.scan()
        var found = FoundEntries()
        var slab = ByteSlab()
        var positions = GrowableBuffer<Int>()
        var batch = MatchBatch()
        // The shard above, the entry below.
        var met = GrowableBuffer<UInt64>()
        while try next(&reader, into: &found, &slab, &positions) {
            for entry in 0..<found.count {
                let row = RowView(slab.base + positions[entry])
                var weight = found.weight(at: entry)
                if let (shard, held) = isBare ? nil : above.find(row, under: found.key(at: entry)) {
                    weight &+= above.shards[shard].weight(of: held, at: .before)
                    met.append(UInt64(shard) << 32 | UInt64(held))
                }
                if weight < 0, !holdsChanges { throw negativeWeight(weight) }
                if weight != 0 { batch.append(keyIndex: 0, row: row, weight: weight) }
            }
            if batch.count > 0 { try body(batch) }
            batch.removeAll()
        }
        for index in 0..<met.count {
            above.shards[Int(met[index] >> 32)].void(UInt32(truncatingIfNeeded: met[index]))
        }
        try above.forEach(at: .before) { rows throws(DataflowError) in
            for index in 0..<rows.count where rows.weight(at: index) < 0 && !holdsChanges {
                throw negativeWeight(rows.weight(at: index))
            }
            try body(rows)
        }
    }
}

extension ShardedTable {
    /// The shard and the entry of a row, when it is there.
    fileprivate func find(_ row: RowView, under key: UnsafeRawBufferPointer) -> (shard: Int, entry: UInt32)? {
        let hash = KeyHash.hash(key)
        let shard = Shards.shard(of: hash)
        let group = shards[shard].findGroup(key, hash)
        guard group != Arena.none else { return nil }
        let entry = shards[shard].findEntry(row, in: group)
        return entry == Arena.none ? nil : (shard, entry)
    }
}

extension MemoryTable {
    /// Makes the weight of an entry 0, so that readers do not see it.
    mutating func void(_ entry: UInt32) { arena.pointer(entry).storeBytes(of: 0, as: Int64.self) }

    /// Gives the rows as of a cut with their keys, in batches.
    borrowing func forEachBatch(
        at cut: Cut,
        _ body: (borrowing ZSet, borrowing KeyBatch) throws(DataflowError) -> Void
    ) throws(DataflowError) {
        var rows = ZSet()
        var keys = KeyBatch()
        for slot in 0...index.mask {
            forEachEntry(atSlot: slot, at: cut) { key, row, weight in
                rows.append(row, weight: weight)
                keys.append(key)
            }
            if rows.count >= MatchBatch.preferredCount {
                try body(rows, keys)
                rows.removeAll()
                keys.removeAll()
            }
        }
        if !rows.isEmpty { try body(rows, keys) }
    }
}
