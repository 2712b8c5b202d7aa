import Relational
import StateFiles
import Synchronization

/// Reads the runs of an arrangement into a table, on a thread that is not the fold's.
final class StateLoading: Sendable {
    private let runs: [Run]
    private let codec: RowCodec
    private let cache: BlockCache
    private let outcome = Mutex<Result<SealedTable, StateError>?>(nil)

    init(runs: [Run], codec: RowCodec, cache: BlockCache) {
        self.runs = runs
        self.codec = codec
        self.cache = cache
    }

    /// What came of it; nil until it is done.
    var result: Result<SealedTable, StateError>? { outcome.withLock { $0 } }

    /// Reads everything.
    func run() {
        let result: Result<SealedTable, StateError>
        do throws(StateError) {
            result = .success(SealedTable(try read(), codec: codec))
        } catch {
            result = .failure(error)
        }
        outcome.withLock { $0 = result }
    }

    private func read() throws(StateError) -> ShardedTable {
        var table = ShardedTable(holdsDeltas: true)
        var reader = RunReader(runs, rule: .sum, cache: cache)
        reader.scan()
        var found = FoundEntries()
        var rows = ZSet()
        var keys = KeyBatch()
        while try reader.next(into: &found) {
            rows.removeAll()
            keys.removeAll()
            for index in 0..<found.count {
                guard rows.append(found.payload(at: index), weight: found.weight(at: index), with: codec) else {
                    throw StateError(.corrupt, "a row of state is damaged", hint: "leftfold state check")
                }
                keys.append(found.key(at: index))
            }
            do {
                try table.stage(rows, keys: keys)
            } catch {
                throw StateError(.corrupt, "rows of state contradict each other: \(error)")
            }
            table.seal()
        }
        return table
    }
}

extension ZSet {
    /// Adds a row that a codec wrote; false when it is damaged.
    mutating func append(_ payload: UnsafeRawBufferPointer, weight: Int64, with codec: RowCodec) -> Bool {
        guard let row = codec.decode(payload, into: &slab) else { return false }
        noteRow(row, weight: weight)
        return true
    }
}
