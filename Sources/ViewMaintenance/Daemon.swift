import Dataflow
public import EventLog
import Foundation
public import Logging
public import Relational
public import ServiceLifecycle
public import StateFiles
import Synchronization
import ViewStores

/// One installation at work: source → log → fold → stores, each on a thread of its own, under one `ServiceGroup`.
///
/// The daemon is its own control surface. Order of `services`: what takes in is last, so that shutdown stops intake first.
public final class Daemon: DaemonControl, Sendable {
    /// What a daemon is made of.
    public struct Parts: Sendable {
        public var log: EventLog
        public var source: (any ChangeSource)?
        public var compiler: any ViewCompiling
        /// The stores by name; each gets a thread of its own.
        public var stores: [String: StoreOpening]
        public var logger: Logger
        public var version: String
        /// Whether the fold starts with the views of the folder and drops those without a file; else with the ones that ran last.
        public var appliesFolder: Bool
        /// Where the fold stops although the log goes on.
        public var limit: FoldLimit
        /// How the log is compacted; nil leaves it as it is.
        public var compaction: CompactionSettings?
        /// How long the fold stands still for somebody who does not release it.
        public var holdDuration = Duration.seconds(60)
        /// How long the fold bears with a store.
        public var storeLimits = StoreLimits()
        /// Keeps what comparisons with the source found beyond this process.
        public var keepVerification: @Sendable (ViewVerification) throws -> Void = { _ in }
        /// Where the state of the views goes, so that a restart folds the log's tail alone; nil for memory alone.
        public var state: StateFolder?
        /// What the process may take of memory.
        public var memory = MemoryBudget()
        /// Threads that share the work of a step of the fold.
        public var workers = 1
        /// Why there is none although there should be one.
        public var stateFailure: StateError?
        /// The least time between two checkpoints of it.
        public var checkpointInterval = Duration.seconds(5)
        /// Where a rebuild is noted until it is done, for the next start; nil for one that goes with the process.
        public var rebuilds: RebuildLedger?

        public init(
            log: EventLog,
            source: (any ChangeSource)?,
            compiler: any ViewCompiling,
            stores: [String: StoreOpening],
            logger: Logger,
            version: String,
            appliesFolder: Bool,
            limit: FoldLimit = .none
        ) {
            self.log = log
            self.source = source
            self.compiler = compiler
            self.stores = stores
            self.logger = logger
            self.version = version
            self.appliesFolder = appliesFolder
            self.limit = limit
        }
    }

    public let board = StatusBoard()
    let parts: Parts
    private let mailbox: FoldMailbox
    /// Nil for a daemon that leaves the log as it is.
    let compactor: Compactor?
    private let failure = Mutex<String?>(nil)
    private let isLogStopping = Flag()
    private let isBuilt = Flag()
    private let hasEnded = Flag()
    private let stateFailure: CheckpointFailure?

    public init(_ parts: Parts) {
        self.parts = parts
        let log = parts.log
        let mailbox = FoldMailbox(wake: { log.wakeReaders() })
        self.mailbox = mailbox
        stateFailure = parts.stateFailure.map { CheckpointFailure(error: $0) }
        compactor = parts.compaction.map { settings in
            Compactor(log: log, mailbox: mailbox, logger: parts.logger, settings: settings)
        }
    }

    /// The services to run, in starting order.
    public var services: [any Service] {
        var services: [any Service] = [
            ThreadService("leftfold-log", logFlusher.run, stop: { [isLogStopping] in isLogStopping.set() })
        ]
        services.append(ThreadService("leftfold-fold", runFold, stop: { [mailbox] in mailbox.post(.stop) }))
        if let compactor {
            services.append(ThreadService("leftfold-compact", compactor.run, stop: compactor.stop))
        }
        if let source = parts.source {
            let (log, logger) = (parts.log, parts.logger)
            services.append(
                ThreadService(
                    "leftfold-source",
                    { try Self.run(source, into: log, logger) },
                    stop: {
                        source.stop()
                        log.stopWaitingForSpace()
                    }
                )
            )
        }
        return services
    }

    private var logFlusher: LogFlusher {
        LogFlusher(log: parts.log, source: parts.source, logger: parts.logger, isStopping: isLogStopping)
    }

    /// Tails the source. One that is stopped while it waits for space ends well: what the log does not hold was never confirmed.
    private static func run(_ source: any ChangeSource, into log: EventLog, _ logger: Logger) throws {
        do {
            try source.run()
        } catch let error as LogError where error.code == .diskFull && log.isWaitingForSpaceOver {
            logger.warning("the source stopped while the log had no space; the server sends the rest again")
        }
    }

    @Sendable
    private func runFold() throws {
        defer { end() }
        do {
            let log = parts.log
            // A bounded run has nobody who would wait for a store that fails.
            let isPatient = parts.limit == .none
            let stores = StoreSet(
                parts.stores,
                logID: log.id.description,
                board: board,
                isPatient: isPatient,
                limits: parts.storeLimits,
                logger: parts.logger,
                wake: { log.wakeReaders() }
            )
            let loop = FoldLoop(
                FoldLoop.Parts(
                    log: log,
                    compiler: parts.compiler,
                    board: board,
                    mailbox: mailbox,
                    stores: stores,
                    logger: parts.logger,
                    limit: parts.limit,
                    holdDuration: parts.holdDuration,
                    isPatient: isPatient,
                    state: parts.state,
                    memory: parts.memory,
                    crew: .threads(parts.workers),
                    checkpointInterval: parts.checkpointInterval,
                    rebuilds: parts.rebuilds
                )
            )
            try loop.run(appliesFolder: parts.appliesFolder) { [isBuilt] in isBuilt.set() }
        } catch {
            failure.withLock { $0 = "\(error)" }
            throw error
        }
    }

    /// Nobody waits for a fold that is over, however it ended.
    private func end() {
        let error = MaintenanceError(.stopping, "the daemon is stopping", hint: "start it with: leftfold run")
        mailbox.close(error)
        board.close(error.message)
        hasEnded.set()
        parts.log.wakeReaders()
    }

    // MARK: Control

    public func status() async -> Status {
        let views = board.published.views
        let source = parts.source?.status ?? Status.Source(kind: "none", state: "stopped", slot: "", publication: "")
        var log = Status.Log(parts.log)
        log.compaction = compactor?.status
        var status = Status(version: parts.version, source: source, log: log, stores: board.stores, views: [])
        let durable = parts.log.frontier
        let verifications = board.verifications
        for view in views {
            let at = board.frontier(of: view)
            var shown = Status.View(name: view.name, store: view.store, state: view.state)
            shown.frontierLsn = at.position.lsn.description
            shown.frontierOffset = at.offset.rawValue
            let behind = Int64(clamping: durable.source.lsn.rawValue) - Int64(clamping: at.position.lsn.rawValue)
            shown.lagBytes = max(behind, 0)
            if at.offset < durable.nextOffset, at.commitTime > 0 {
                shown.lagMs = max(PostgresTime.now.subtractingReportingOverflow(at.commitTime).partialValue, 0) / 1000
            }
            shown.rows = view.rows
            shown.stateBytes = view.stateBytes
            shown.progress = view.progress
            shown.error = view.failure
            shown.previousOf = PreviousView.original(of: view.name)
            shown.show(verifications[view.name], version: view.version)
            status.views.append(shown)
        }
        status.verify = board.schedule
        status.rebuild = board.rebuild
        status.state = foldState(status.stores)
        status.memory = memory(status.stores)
        return status
    }

    private func foldState(_ stores: [String: Status.Store]) -> Status.FoldState? {
        // That of a bounded run is nothing that stays.
        guard parts.limit == .none, parts.state != nil || stateFailure != nil else { return nil }
        let (checkpoints, memoryBytes, progress) = board.foldState
        var shown = Status.FoldState(parts.state, parts.log, checkpoints, failure: stateFailure)
        shown.bytesInMemory = memoryBytes
        shown.memoryBudget = Int64(parts.memory.byteMax)
        if checkpoints.holdsFold {
            shown.progress =
                "the fold waits for space for its state; the log goes on, and readers keep the rows they have"
            return shown
        }
        if let progress {
            shown.progress = progress
            return shown
        }
        let away = stores.filter { $0.value.state == "retrying" || $0.value.state == "opening" }.keys.sorted()
        if board.frontier.offset.rawValue > (shown.checkpoint?.offset ?? 0), !away.isEmpty {
            shown.progress = "the next checkpoint waits for \(away.joined(separator: ", ")) to take what was folded"
        }
        return shown
    }

    public func health() async -> DaemonHealth {
        if let reason = failure.withLock({ $0 }) {
            return DaemonHealth(isHealthy: false, isReady: false, reason: reason)
        }
        if let shortage = parts.log.shortage {
            return DaemonHealth(isHealthy: true, isReady: false, reason: "the log waits for space: \(shortage)")
        }
        guard isBuilt.isSet else {
            return DaemonHealth(isHealthy: true, isReady: false, reason: "the views are being brought up")
        }
        let views = board.published.views
        let waiting = views.filter { $0.state != .live && PreviousView.original(of: $0.name) == nil }.map {
            "\($0.name): \($0.state.rawValue)"
        }
        return DaemonHealth(
            isHealthy: true,
            isReady: waiting.isEmpty,
            reason: waiting.isEmpty ? "ok" : waiting.joined(separator: ", ")
        )
    }

    public func wait(for lsn: LSN, view: String?, timeout: Duration) async -> StatusBoard.WaitResult {
        let (results, continuation) = AsyncStream<StatusBoard.WaitResult>.makeStream(
            bufferingPolicy: .bufferingOldest(1)
        )
        let number = board.wait(for: lsn, view: view) { result in
            continuation.yield(result)
            continuation.finish()
        }
        parts.source?.requestPosition()
        let board = board
        return await withTaskGroup(of: Void.self) { group in
            group.addTask {
                guard (try? await Task.sleep(for: timeout)) != nil else { return }
                board.endWait(number, with: .timedOut)
            }
            defer {
                group.cancelAll()
                // Whoever asked may have gone: nothing waits for nobody.
                board.endWait(number, with: .timedOut)
            }
            for await result in results { return result }
            return .timedOut
        }
    }

    /// Returns when the views have been brought up from the log, whether they are live or not.
    public func waitUntilBuilt() async throws {
        while !isBuilt.isSet {
            if let reason = failure.withLock({ $0 }) { throw MaintenanceError(.fold, reason) }
            if hasEnded.isSet { throw MaintenanceError(.stopping, "the daemon stopped before the views were built") }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    public func apply(_ request: ApplyRequest) async throws -> ApplyReport {
        try await reconcile(.folder(request))
    }

    public func rebuild(_ request: RebuildRequest) async throws -> ApplyReport {
        try await reconcile(.rebuild(request))
    }

    public func cancelRebuild() async throws -> UnfinishedRebuild? {
        try await withCheckedThrowingContinuation { continuation in
            mailbox.post(.cancelRebuild({ continuation.resume(with: $0) }))
        }
    }

    private func reconcile(_ scope: FoldRequest.Reconciliation.Scope) async throws -> ApplyReport {
        try await withCheckedThrowingContinuation { continuation in
            mailbox.post(.reconcile(.init(scope: scope, reply: { continuation.resume(with: $0) })))
        }
    }

    public func hold(at lsn: LSN?) async throws -> HoldReport {
        if lsn != nil { parts.source?.requestPosition() }
        return try await withCheckedThrowingContinuation { continuation in
            mailbox.post(.hold(lsn, { continuation.resume(with: $0) }))
        }
    }

    public func release(_ ticket: UInt64) async -> Bool {
        await withCheckedContinuation { continuation in
            mailbox.post(.release(ticket, { continuation.resume(returning: $0) }))
        }
    }

    public func note(_ verification: ViewVerification) async throws {
        board.note([verification])
        if !verification.isProven {
            parts.logger.error(
                "view \(verification.view) differs from the source; see: leftfold verify \(verification.view)",
                metadata: ["rows": "\(verification.differenceCount)", "lsn": "\(verification.lsn)"]
            )
        }
        try parts.keepVerification(verification)
    }

    public func schemas() async -> [RelationSchema] { parts.log.newestSchemas }

    public func logReport() async -> LogReport { LogReport(parts.log, parts.compaction ?? CompactionSettings()) }

    public func compact(_ relation: String?, isDryRun: Bool) async throws -> CompactionOutcome {
        guard let compactor else {
            throw MaintenanceError(.refused, "this daemon leaves the log as it is", hint: "start it with: leftfold run")
        }
        return try await withCheckedThrowingContinuation { continuation in
            compactor.post(.init(relation: relation, isDryRun: isDryRun, reply: { continuation.resume(with: $0) }))
        }
    }

    public func tail(from offset: Offset, limit: Int, patience: Duration) async throws -> LogTailPage {
        let (log, version, slot) = (parts.log, parts.version, parts.source?.status.slot ?? "")
        let hasEnded = hasEnded
        return try await OwnThread.run("leftfold-tail") {
            try LogTailPage.read(
                log,
                from: offset,
                limit: limit,
                patience: patience,
                sourceName: slot,
                version: version,
                isOver: { hasEnded.isSet }
            )
        }
    }
}
