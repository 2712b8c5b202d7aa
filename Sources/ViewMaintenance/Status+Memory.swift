import EventLog
import Relational
import StateFiles
import Synchronization

extension Status {
    /// Who holds what of the memory that is bounded by the budget.
    public struct Memory: Codable, Sendable, Hashable {
        /// What all of it may be, the program itself included.
        public var budget: Int64
        /// See docs/state.md for what each is.
        public var holders: [Holder]

        /// One of those who hold memory.
        public struct Holder: Codable, Sendable, Hashable {
            /// `state`, `unwritten`, `building`, `blocks`, `epoch`, `store NAME`, `source`, `log`, `compaction`.
            public var name: String
            public var bytes: Int64
            /// Nil for what has no limit of its own: it counts in another's.
            public var limit: Int64?

            public init(_ name: String, bytes: Int64, limit: Int64? = nil) {
                (self.name, self.bytes, self.limit) = (name, bytes, limit)
            }
        }

        public init(budget: Int64, holders: [Holder]) {
            self.budget = budget
            self.holders = holders
        }

        /// Of all holders together.
        public var bytes: Int64 { holders.reduce(0) { $0 + $1.bytes } }
    }
}

/// What the fold has told of the memory that it holds.
struct FoldMemory: Sendable {
    /// Of the running circuit's state, without what waits to be written.
    var stateBytes = 0
    /// Kept only until it is written.
    var unwrittenBytes = 0
    /// State of the views that are being built beside the running ones.
    var buildingBytes = 0
    /// Of the records of the epoch that was folded last; 0 at the log's end.
    var epochBytes = 0
}

extension StatusBoard {
    var foldMemory: FoldMemory { state.withLock { $0.memory } }

    func update(memory change: (inout FoldMemory) -> Void) { state.withLock { change(&$0.memory) } }
}

extension Daemon {
    /// Who holds what now.
    func memory(_ stores: [String: Status.Store]) -> Status.Memory {
        let (memory, fold) = (parts.memory, board.foldMemory)
        var holders = [
            Status.Memory.Holder("state", bytes: Int64(fold.stateBytes), limit: Int64(memory.stateByteMax)),
            Status.Memory.Holder("unwritten", bytes: Int64(fold.unwrittenBytes)),
            Status.Memory.Holder("epoch", bytes: Int64(fold.epochBytes), limit: Int64(memory.epochByteMax)),
        ]
        if fold.buildingBytes > 0 { holders.append(.init("building", bytes: Int64(fold.buildingBytes))) }
        if let cache = parts.state?.cache {
            holders.append(.init("blocks", bytes: Int64(cache.byteCount), limit: Int64(cache.byteLimit)))
        }
        for (name, store) in stores.sorted(by: { $0.key < $1.key }) {
            holders.append(.init("store \(name)", bytes: store.queuedBytes ?? 0, limit: store.queueLimitBytes))
        }
        if let source = parts.source {
            holders.append(
                .init("source", bytes: source.bufferedBytes, limit: source.bufferLimitBytes)
            )
        }
        let (log, logMax) = (parts.log.statistics.bufferedByteCount, 2 * parts.log.bufferByteLimit)
        holders.append(.init("log", bytes: Int64(log), limit: Int64(logMax)))
        if let (now, max) = compactor?.keyMapByteCounts {
            holders.append(.init("compaction", bytes: Int64(now), limit: Int64(max)))
        }
        return Status.Memory(budget: Int64(memory.byteMax), holders: holders)
    }
}
