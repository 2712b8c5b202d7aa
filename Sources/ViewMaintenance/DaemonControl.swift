public import Relational

/// What a running daemon does for others: the one control surface, behind the HTTP routes.
public protocol DaemonControl: Sendable {
    func status() async -> Status

    func health() async -> DaemonHealth

    /// Returns when `view` (or every view) shows every commit up to `lsn`. Asks the source for its position, so it also returns on a
    /// quiet database.
    func wait(for lsn: LSN, view: String?, timeout: Duration) async -> StatusBoard.WaitResult

    /// Makes the running views those of the views folder; returns when new ones are live.
    ///
    /// Views that the folder does not change go on meanwhile.
    /// - Throws: `definition` when a file does not compile or a view would be dropped and the request does not allow it; nothing is changed then.
    func apply(_ request: ApplyRequest) async throws -> ApplyReport

    /// Builds views again from the log, in one pass, and puts them in place of the old ones in one step.
    ///
    /// A view's file says what it is built to, unless it is repaired; other views and files are left alone. It is done whether or not somebody
    /// waits for it, and after a stop at the next start. Who asks for the same meanwhile waits for it too.
    func rebuild(_ request: RebuildRequest) async throws -> ApplyReport

    /// Gives up the rebuild that is not finished, and returns it; nil when there is none.
    ///
    /// - Throws: `refused` when its views are being put in place.
    func cancelRebuild() async throws -> UnfinishedRebuild?

    /// Stops the fold where it is, or, with an LSN, where exactly the commits up to it are in the views: until `release`, or for 60 s.
    /// A hold that is there already moves on to the LSN, and lasts 60 s from there.
    ///
    /// - Throws: `fold` when the views are past the LSN already (hold first without one, then with the one you want) or somebody else
    ///   holds them; `timeout` when the log does not reach the LSN.
    func hold(at lsn: LSN?) async throws -> HoldReport

    /// Lets the fold go on. False when that hold was over already: what was read since may be of a later LSN.
    func release(_ ticket: UInt64) async -> Bool

    /// Takes note of what a comparison of a view with the source found, for `status`.
    func note(_ verification: ViewVerification) async throws

    /// The newest schema of every relation in the log.
    func schemas() async -> [RelationSchema]

    func logReport() async -> LogReport

    /// Compacts the log now, of all relations or of one alone, and returns when that is done.
    ///
    /// - Throws: `unknownName` or `refused` for a relation that cannot be compacted; `log` when the run fails.
    func compact(_ relation: String?, isDryRun: Bool) async throws -> CompactionOutcome

    /// Change envelopes from `offset` on; see `LogTailPage.read`.
    func tail(from offset: Offset, limit: Int, patience: Duration) async throws -> LogTailPage
}

extension DaemonControl {
    /// The same, with kept versions as they are.
    public func apply(allowDrops: Bool) async throws -> ApplyReport {
        try await apply(ApplyRequest(allowDrops: allowDrops))
    }
}

/// Whether a daemon can go on, and whether its views can be read.
public struct DaemonHealth: Sendable {
    public var isHealthy: Bool
    /// Every view is live.
    public var isReady: Bool
    public var reason: String

    public init(isHealthy: Bool, isReady: Bool, reason: String) {
        self.isHealthy = isHealthy
        self.isReady = isReady
        self.reason = reason
    }
}

/// What `apply` or `rebuild` did.
public struct ApplyReport: Codable, Sendable {
    public var created: [String] = []
    public var rebuilt: [String] = []
    /// Views that kept their table and were brought right by a difference, with how many rows it had.
    public var corrected: [String: Int] = [:]
    public var dropped: [String] = []
    public var unchanged: [String] = []
    /// Views that have changed places with their kept version: nothing was folded.
    public var exchanged: [String] = []
    /// Views whose version before was put beside them.
    public var kept: [String] = []
    /// Why the version before of views is not kept.
    public var notKept: [String: String] = [:]
    /// Views that could not be brought up, with the reason.
    public var failed: [String: Status.Failure] = [:]
    /// Where the views stood when they were put in place.
    public var frontierLsn = "0/0"
    public var records: UInt64 = 0

    public init() {}
}

/// The fold stands still at a cut.
public struct HoldReport: Codable, Sendable {
    public var ticket: UInt64
    public var frontierLsn: String
    public var frontierOffset: Int64
    /// Stores that fail, so that their views are not at the cut.
    public var storesAway: [String] = []

    public init(ticket: UInt64, frontierLsn: String, frontierOffset: Int64) {
        self.ticket = ticket
        self.frontierLsn = frontierLsn
        self.frontierOffset = frontierOffset
    }
}

/// The body of an answer that is an error.
public struct ControlFailure: Codable, Sendable {
    public var error: Reason

    public init(error: Reason) { self.error = error }

    /// One error, as every module of ours words it.
    public struct Reason: Codable, Sendable {
        public var code: String
        public var message: String
        public var detail: String?
        public var hint: String?

        public init(code: String, message: String, detail: String? = nil, hint: String? = nil) {
            self.code = code
            self.message = message
            self.detail = detail
            self.hint = hint
        }
    }
}
