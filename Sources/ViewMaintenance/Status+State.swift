import EventLog
import Relational
import StateFiles

extension Status {
    /// The state of the views' operators: what it takes, and where a restart begins.
    public struct FoldState: Codable, Sendable {
        /// Of runs and checkpoints; nil when there is no folder of them.
        public var bytesOnDisk: Int64?
        /// Of all operators, as last measured; nil where no daemon runs.
        public var bytesInMemory: Int64?
        /// What state, caches and queues may hold together.
        public var memoryBudget: Int64?
        /// What the settings allow on disk.
        public var diskLimit: Int64?
        /// The one that a restart begins with.
        public var checkpoint: Checkpoint?
        /// What of the log a restart would fold.
        public var restart: Replay
        /// How far a large transaction is, or what the next checkpoint waits for.
        public var progress: String?
        /// Why checkpoints cannot be written, or why none can be used.
        public var error: Failure?

        /// A durable place to begin at.
        public struct Checkpoint: Codable, Sendable, Hashable {
            /// The first offset that is not folded in it.
            public var offset: Int64
            public var lsn: String
            public var ageMs: Int64

            public init(offset: Int64, lsn: String, ageMs: Int64) {
                self.offset = offset
                self.lsn = lsn
                self.ageMs = ageMs
            }
        }

        /// What keeps a restart from being quick; nothing is lost by it.
        public struct Failure: Codable, Sendable, Hashable {
            public var message: String
            public var detail: String?
            /// The next command to run.
            public var hint: String?
            /// UTC, ISO 8601; nil where no daemon runs.
            public var since: String?

            public init(message: String, detail: String? = nil, hint: String? = nil, since: String? = nil) {
                self.message = message
                self.detail = detail
                self.hint = hint
                self.since = since
            }
        }

        public init(restart: Replay) { self.restart = restart }
    }
}

extension Status.FoldState {
    /// As the files tell it when no daemon runs.
    public init(_ report: StateReport) {
        self.init(report, report.checkpoints.first { $0.obstacle == nil }, otherwise: report.restart)
        guard checkpoint == nil, let fault = report.unusable.first else { return }
        error = Failure(message: Self.message(fault.message, fault.path), detail: fault.detail, hint: fault.hint)
    }

    /// As a daemon knows it, whose fold has told the board of `glance`; `folder` is nil when it could not be opened, for the reason in
    /// `failure`.
    init(_ folder: StateFolder?, _ log: EventLog, _ glance: CheckpointGlance, failure: CheckpointFailure?) {
        let whole = Replay(log, from: .zero)
        if let folder {
            let report = StateReport(folder, log)
            let begun = report.checkpoints.first { $0.offset == glance.offset.rawValue }
            self.init(report, begun, otherwise: whole)
        } else {
            self.init(restart: whole)
        }
        guard let failure = failure ?? glance.failure else { return }
        error = Failure(
            message: Self.message(failure.error.message, failure.error.path),
            detail: failure.error.detail,
            hint: failure.error.hint,
            since: PostgresTime.text(failure.since)
        )
    }

    private init(_ report: StateReport, _ begun: StateReport.Checkpoint?, otherwise whole: Replay) {
        self.init(restart: begun?.replay ?? whole)
        bytesOnDisk = report.bytes
        diskLimit = report.diskLimit
        checkpoint = begun.map { Checkpoint(offset: $0.offset, lsn: $0.lsn, ageMs: $0.ageMs) }
    }

    private static func message(_ message: String, _ path: String?) -> String {
        path.map { "\(message): \($0)" } ?? message
    }
}
