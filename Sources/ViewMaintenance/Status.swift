/// What `leftfold status` shows. Encoded with snake_case keys; LSNs are `pg_lsn` text.
public struct Status: Codable, Sendable {
    public var version: String
    /// Whether a daemon says this; else it is what the files and the stores tell.
    public var isDaemonRunning = true
    public var source: Source
    public var log: Log
    public var stores: [String: Store]
    public var views: [View]
    /// How views are compared with the source in the background; nil when they are not.
    public var verify: Schedule?
    /// The rebuild that is not finished.
    public var rebuild: UnfinishedRebuild?
    /// Nil where no state is kept.
    public var state: FoldState?
    /// Nil where no daemon runs.
    public var memory: Memory?

    public init(version: String, source: Source, log: Log, stores: [String: Store], views: [View]) {
        self.version = version
        self.source = source
        self.log = log
        self.stores = stores
        self.views = views
    }

    /// The database that is tailed.
    public struct Source: Codable, Sendable {
        public var kind: String
        /// `connecting`, `snapshotting`, `streaming`, `waiting`, `stopped`, `error`.
        public var state: String
        public var slot: String
        public var publication: String
        public var confirmedFlushLsn: String?
        public var receivedLsn: String?
        public var serverLsn: String?
        /// Bytes of WAL between what the server has written and what is durable in the log.
        public var lagBytes: Int64?
        public var retainedWalBytes: Int64?
        /// What it is doing, with rate and time left during a snapshot.
        public var progress: String?
        public var error: String?

        public init(kind: String, state: String, slot: String, publication: String) {
            self.kind = kind
            self.state = state
            self.slot = slot
            self.publication = publication
        }
    }

    /// The event log.
    public struct Log: Codable, Sendable {
        public var id: String
        public var firstOffset: Int64
        public var nextOffset: Int64
        public var horizon: Int64
        public var bytes: Int64
        public var segments: Int
        public var durableLsn: String
        /// `open`, `waiting` (for space on its disk; nothing is lost and it goes on by itself), `closed`.
        public var state = "open"
        /// What it waits for, where, and what to do.
        public var error: Failure?
        /// How compaction stands; nil where nobody compacts.
        public var compaction: Compaction?

        public init(
            id: String,
            firstOffset: Int64,
            nextOffset: Int64,
            horizon: Int64,
            bytes: Int64,
            segments: Int,
            durableLsn: String
        ) {
            self.id = id
            self.firstOffset = firstOffset
            self.nextOffset = nextOffset
            self.horizon = horizon
            self.bytes = bytes
            self.segments = segments
            self.durableLsn = durableLsn
        }
    }

    /// One store.
    public struct Store: Codable, Sendable {
        public var kind: String
        public var location: String
        /// `opening`, `open`; `retrying` (it fails, its rows wait), `detached` (more waited than is kept, or it was not there: its views are
        /// built again when it is); `closed`, `not made yet`, `error` where no daemon runs.
        public var state: String
        public var error: String?
        public var detail: String?
        /// The next command to run.
        public var hint: String?
        /// Failures in a row.
        public var failures: Int?
        /// UTC, ISO 8601.
        public var failingSince: String?
        /// Until it is tried again.
        public var nextAttemptMs: Int64?
        /// Bytes of rows that wait for it.
        public var queuedBytes: Int64?
        /// How many may wait; nil where no daemon runs.
        public var queueLimitBytes: Int64?
        /// What its readers or its server should mend, although it works.
        public var warning: String?

        public init(kind: String, location: String, state: String, error: String? = nil) {
            self.kind = kind
            self.location = location
            self.state = state
            self.error = error
        }
    }

    /// One view.
    public struct View: Codable, Sendable {
        public var name: String
        public var store: String
        public var state: State
        public var frontierLsn: String
        public var frontierOffset: Int64
        /// Bytes of WAL between the log's durable end and the view's frontier.
        public var lagBytes: Int64
        /// Age of the newest commit in the view, while the log holds newer ones; 0 when it holds none.
        public var lagMs: Int64
        public var rows: Int64?
        public var stateBytes: Int64
        /// Where the view was last found equal to the source's answer.
        public var verifiedThrough: String?
        /// The part of the rows that was compared there; nil for all of them.
        public var verifiedShare: Double?
        /// How a build or rebuild gets on, with rate and time left.
        public var progress: String?
        public var error: Failure?
        /// What was found wrong while the view goes on.
        public var warning: Failure?
        /// The view whose version before it is, kept for a rollback; nil for an ordinary view.
        public var previousOf: String?

        public init(name: String, store: String, state: State) {
            self.name = name
            self.store = store
            self.state = state
            frontierLsn = "0/0"
            frontierOffset = 0
            lagBytes = 0
            lagMs = 0
            stateBytes = 0
        }
    }

    /// Comparing views with the source in the background.
    public struct Schedule: Codable, Sendable, Hashable {
        /// How often each view is compared.
        public var everySeconds: Double
        /// The part of its rows that is compared, at most 1.
        public var share: Double
        /// The view that is being compared now.
        public var running: String?
        /// Why the last attempt could not be made; it is made again.
        public var error: Failure?

        public init(everySeconds: Double, share: Double) {
            self.everySeconds = everySeconds
            self.share = share
        }
    }

    /// Where a view stands.
    public enum State: String, Codable, Sendable {
        case building
        case live
        case rebuilding
        case error
        case parked
        /// No daemon runs: its rows stay as they are.
        case stopped
        /// No daemon runs, and its store cannot be read.
        case unknown
    }

    /// Why a view is in error or parked, or the log takes nothing.
    public struct Failure: Codable, Sendable, Hashable {
        public var code: String
        public var message: String
        public var hint: String?
        public var offset: Int64?

        public init(code: String, message: String, hint: String? = nil, offset: Int64? = nil) {
            self.code = code
            self.message = message
            self.hint = hint
            self.offset = offset
        }
    }
}
