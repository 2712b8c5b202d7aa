import Dataflow
import EventLog
import Logging
import Relational
import StateFiles
import ViewPlan
import ViewStores

/// The fold as it runs: reads epochs, leaves their deltas for the stores, serves requests in between. Owned by the fold's thread.
///
/// 1. `start` compiles the views, replays the log through one circuit and attaches the views whose rows are not in their store.
/// 2. `run` folds what the log gets, epoch by epoch. At the log's end an epoch closes at once.
/// 3. Each store takes its deltas on a thread of its own (`FoldLoop+Stores`).
/// 4. A change of the views is built in a shadow (`FoldLoop+Reconcile`) and takes over at one cut; so are views whose store was away.
/// 5. Compaction that went on without the fold makes it begin again (`FoldLoop+Compaction`).
///
/// Requests are served between epochs alone: nothing changes views or engine within an epoch.
final class FoldLoop {
    /// What a loop is made of.
    struct Parts {
        var log: EventLog
        var compiler: any ViewCompiling
        var board: StatusBoard
        var mailbox: FoldMailbox
        var stores: StoreSet
        var logger: Logger
        var limit = FoldLimit.none
        /// How long a hold lasts that nobody releases.
        var holdDuration = Duration.seconds(60)
        /// Whether a store that fails is waited for; else its failure is thrown.
        var isPatient = true
        /// How much of the log a replay takes in at once; nil for what memory allows.
        var replayBudget: EpochBudget?
        /// Where the state of the views goes; nil for a fold that keeps all of it in memory.
        var state: StateFolder?
        /// Whether a later start may begin with that state.
        var takesCheckpoints = true
        /// What the fold and its queues may take.
        var memory = MemoryBudget()
        /// Who does the work of a step.
        var crew = Crew.alone
        /// The time between two checkpoints of a fold that follows the log's end.
        var checkpointInterval = Duration.seconds(5)
        /// Where a rebuild is noted until it is done; nil for one that goes with the process.
        var rebuilds: RebuildLedger?
    }

    let log: EventLog
    let compiler: any ViewCompiling
    let board: StatusBoard
    let mailbox: FoldMailbox
    let logger: Logger
    let stores: StoreSet
    let limit: FoldLimit
    let holdDuration: Duration
    let isPatient: Bool
    let replayBudget: EpochBudget
    let rebuilds: RebuildLedger?
    let memory: MemoryBudget
    let crew: Crew
    /// Nil for a fold that keeps all state in memory.
    let checkpoints: FoldCheckpoints?
    let clock = ContinuousClock()
    var engine: FoldEngine?
    /// Views that are in no circuit, and why: files that do not compile, plans that cannot run.
    var failures: [String: (store: String, failure: Status.Failure)] = [:]
    var shadow: PendingShadow?
    /// The rebuild that is not finished.
    var rebuilding: Rebuilding?
    /// The views of the folder until they are built beside those that ran last.
    var folderStart: FolderStart?
    /// The exchange of two views that the fold waits for.
    var exchanging: Exchanging?
    var hold: Hold?
    var lastTicket: UInt64 = 0
    var budget: EpochBudget
    /// The speed of a replay at rest; nil for as fast as it goes.
    var pace: ReplayPace?
    /// What `FoldLoop+Status` remembers from one publication to the next.
    var shown = Shown()
    private var waiting: [FoldRequest] = []
    private(set) var isStopping = false
    /// Whether the views have been brought up, so that views may be built beside them.
    var isUp = false
    /// When it is looked again for views to attach after that has failed; nil when only news bring some.
    var nextAttach: ContinuousClock.Instant?
    /// Attachments that somebody waits for.
    var attaching: [Attaching] = []
    /// Stores that were away when it was last looked.
    var storesAway: Set<String> = []
    /// Whether the fold stands because the queue of a store is full.
    var isFull = false
    /// When there was no room in the queue of a store that has not been idle since.
    var fullSince: [String: ContinuousClock.Instant] = [:]

    init(_ parts: Parts) {
        log = parts.log
        compiler = parts.compiler
        board = parts.board
        mailbox = parts.mailbox
        stores = parts.stores
        logger = parts.logger
        limit = parts.limit
        holdDuration = parts.holdDuration
        isPatient = parts.isPatient
        memory = parts.memory
        crew = parts.crew
        replayBudget = parts.replayBudget ?? .replay(within: parts.memory)
        budget = EpochBudget(within: parts.memory)
        rebuilds = parts.rebuilds
        checkpoints = parts.state.map { FoldCheckpoints(parts, in: $0) }
    }

    /// Folds until it is told to stop; calls `whenBuilt` once, when the views have been brought up.
    ///
    /// - Throws: only what makes going on unsafe: the log cannot be read, or the stores belong to somebody else.
    func run(appliesFolder: Bool, whenBuilt: @escaping @Sendable () -> Void) throws {
        defer { end() }
        try follow(appliesFolder: appliesFolder, whenBuilt: whenBuilt)
        leaveCheckpoint()
    }

    /// Folds until it is told to stop.
    private func follow(appliesFolder: Bool, whenBuilt: @escaping @Sendable () -> Void) throws {
        guard try waitForTables() else { return }
        try start(appliesFolder: appliesFolder)
        if isStopping { return }
        if folderStart == nil {
            attaching.append(Attaching(tickets: attachingTickets) { _ in whenBuilt() })
        }
        folderStart?.whenBuilt = whenBuilt
        isUp = true
        takeUpRebuild()
        applyFolder()
        stores.news.tell()
        while true {
            let wakeCount = log.wakeCount
            let seen = log.frontier.nextOffset
            // Nothing changes the views inside a transaction that is folded in parts.
            if engine?.isInsideUnit == true { noteRequests() } else { try serveRequests() }
            if isStopping { return }
            try hearStores()
            settleExchange()
            if engine?.isInsideUnit != true { retryFolder() }
            if try foldOnce() { continue }
            if limit != .none, engine?.isAtLimit == true { board.noteLimit() }
            endHoldIfDue()
            _ = try log.waitForFrontier(beyond: isFull ? Offset(.max) : seen, timeout: idleWait, since: wakeCount)
        }
    }

    /// Views are compiled against the tables in the log: the first snapshot has to be there.
    private func waitForTables() throws -> Bool {
        while true {
            let wakeCount = log.wakeCount
            let frontier = log.frontier
            guard frontier.source == .none else { return true }
            try stores.check()
            noteRequests()
            if isStopping { return false }
            for request in waiting { request.refuse(Self.notReady) }
            waiting = []
            _ = try log.waitForFrontier(beyond: frontier.nextOffset, timeout: .seconds(1), since: wakeCount)
        }
    }

    static let notReady = MaintenanceError(
        .fold,
        "the first snapshot is not in the log yet",
        hint: "see its progress with: leftfold status"
    )

    /// Whoever waits for an answer gets one.
    private func end() {
        let error = MaintenanceError(.stopping, "the daemon is stopping", hint: "start it with: leftfold run")
        mailbox.close(error)
        for request in waiting { request.refuse(error) }
        waiting = []
        for one in folderStart?.waiting ?? [] { one.reply(.failure(error)) }
        folderStart = nil
        shadow?.isCancelled.set()
        shadow?.reply(.failure(error))
        shadow = nil
        hold?.reply?(.failure(error))
        hold = nil
        exchanging?.whenDone(.failure(error))
        exchanging = nil
        for one in attaching { one.refuse?(error) }
        attaching = []
        checkpoints?.end()
        board.close(error.message)
    }

    // MARK: Epochs

    /// Folds one epoch and leaves it for the stores; false when there is nothing to fold, or no room for it.
    private func foldOnce() throws -> Bool {
        guard let engine, exchanging == nil else { return false }
        var limits = [limit]
        if let hold {
            guard let target = hold.target else { return false }
            limits.append(.lsn(target))
        }
        // The parts of a transaction go to no store before its end.
        guard engine.isInsideUnit || makeRoom(engine) else { return false }
        let begun = clock.now
        let next: Epoch?
        do {
            guard try hasMemory(engine) else { return false }
            next = try engine.nextEpoch(budget, limits: limits)
            board.noteMemory(of: engine, epochBytes: next?.bytes ?? 0)
            if let next {
                try deliver(next, of: engine)
                try engine.seal(next)
            }
        } catch let part as CompactedPart {
            try meet(part, engine)
            return true
        } catch let error as DataflowError where error.code == .storage {
            try foldAgain(because: error, engine)
            return true
        }
        guard let epoch = next else {
            try keepCheckpoints(engine)
            return false
        }
        budget.adapt(records: epoch.records, elapsed: clock.now - begun)
        publish(engine, epochs: 1, records: epoch.records)
        try keepCheckpoints(engine)
        return true
    }

    // MARK: Requests

    /// Takes in what was posted; a request to stop is heard at once, the others wait for `serveRequests`.
    func noteRequests() {
        for request in mailbox.takeAll() {
            if request.isStop { isStopping = true } else { waiting.append(request) }
        }
    }

    func serveRequests() throws {
        noteRequests()
        guard !isStopping else { return }
        while !waiting.isEmpty {
            switch waiting.removeFirst() {
            case .stop: isStopping = true
            case .reconcile(let reconciliation): begin(reconciliation)
            case .shadowReady(let result): try finishShadow(result)
            case .folderApplied(let result): endFolder(result)
            case .hold(let lsn, let reply): begin(holdAt: lsn, reply)
            case .release(let ticket, let reply): reply(release(ticket))
            case .noteProgress(let reply): noteProgress(reply)
            case .cancelRebuild(let reply): reply(Result { () throws(MaintenanceError) in try cancelRebuild() })
            }
        }
    }
}
