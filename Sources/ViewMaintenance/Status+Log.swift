public import EventLog
import Relational

extension Status.Log {
    /// The background work that keeps the log small.
    public struct Compaction: Codable, Sendable {
        /// What it is doing.
        public enum State: String, Codable, Sendable {
            case idle
            case running
            /// The last run did not end well; it is tried again, and nothing else waits for it.
            case failed
        }

        public var state = State.idle
        /// The step of the run under way, and its share.
        public var progress: String?
        /// Since the daemon was started.
        public var failedRuns = 0
        /// Why the last run failed; nil when it did not.
        public var error: Status.Failure?
        /// The last run that ended well and had something to do.
        public var lastRun: CompactionOutcome?

        public init() {}
    }

    /// How a log stands that is open in this process.
    public init(_ log: EventLog) {
        let durable = log.frontier
        let first = log.firstOffset.rawValue
        self.init(
            id: log.id.description,
            firstOffset: first,
            nextOffset: durable.nextOffset.rawValue,
            horizon: log.horizon.offset.rawValue,
            bytes: durable.byteCount,
            segments: durable.segmentCount,
            durableLsn: durable.source.lsn.description
        )
        guard let shortage = log.shortage else { return }
        state = "waiting"
        error = Status.Failure(code: "disk_full", message: "\(shortage)", hint: shortage.hint)
    }
}
