import Relational
import StateFiles

/// Reading an arrangement to its end, once nobody stages in it any more.
///
/// Its spine is left alone: a checkpoint that was begun before may still be writing the same parts.
extension Arrangement {
    /// Writes what only memory has, which is free then; the runs that have every row, oldest first.
    ///
    /// - Throws: as `StateFolder.write`; what was not written stays in memory.
    func writeRest(batchByteMax: Int) throws(StateError) -> [Run] {
        guard let folder else { return [] }
        _ = handOver()
        let rest = try folder.write(handedOver.map(\.source), rule: .sum, batchByteMax: batchByteMax)
        runs += rest
        handedOver = []
        whole = nil
        return runs
    }

    /// Gives the rows of runs in the order of their keys, each once with its weight, and all of a key in one batch.
    ///
    /// - Throws: what `body` throws; `negativeWeight`; `storage`.
    func scan(_ runs: [Run], batch body: (borrowing ZSet) throws -> Void) throws {
        guard let folder else { return }
        var reader = RunReader(runs, rule: .sum, cache: folder.cache)
        reader.scan()
        var found = FoundEntries()
        var rows = ZSet()
        var key = ByteSlab()
        while try reader.nextEntries(into: &found) {
            for entry in 0..<found.count {
                if rows.count >= MatchBatch.preferredCount, !found.key(at: entry).isSame(as: key.bytes) {
                    try body(rows)
                    rows.removeAll()
                }
                let weight = found.weight(at: entry)
                if weight < 0, !holdsChanges {
                    throw DataflowError(.negativeWeight, "a row would be held \(weight) times")
                }
                guard rows.append(found.payload(at: entry), weight: weight, with: codec) else {
                    throw DataflowError.damagedState(name)
                }
                if rows.count >= MatchBatch.preferredCount {
                    key.removeAll()
                    key.append(found.key(at: entry))
                }
            }
        }
        if !rows.isEmpty { try body(rows) }
    }
}

extension StateFolder {
    /// Writes what is in `sources`, oldest first, as runs; `batchByteMax` are sorted at once.
    func write(
        _ sources: [any StateSource],
        rule: MergeRule,
        batchByteMax: Int
    ) throws(StateError) -> [Run] {
        var runs: [Run] = []
        var batch = EntryBatch()
        // An empty batch holds some bytes already.
        let byteLimit = max(batchByteMax, 4 << 10)
        for source in sources {
            var place: Int? = 0
            while let next = place {
                place = source.append(from: next, to: &batch, byteLimit: byteLimit)
                guard place != nil else { break }
                if let run = try write(batch, rule: rule) { runs.append(run) }
                batch = EntryBatch()
            }
        }
        if batch.count > 0, let run = try write(batch, rule: rule) { runs.append(run) }
        return runs
    }
}
