import Dataflow
public import EventLog
public import Logging
import Relational
public import StateFiles
import ViewStores

/// Folding without a daemon: `apply`, `rebuild` and `verify` on the files. Owned by one thread; the log must be open.
///
/// A store that fails ends the call: nobody is there to wait for it. State that has no room in memory goes into `state`, where nothing is
/// looked for: the views are folded from the log. When a call returns or throws, nothing is being written there.
public struct FoldAtRest {
    private let loop: FoldLoop

    /// Claims the stores.
    public init(
        log: EventLog,
        compiler: any ViewCompiling,
        stores: [String: NamedStore],
        logger: Logger,
        board: StatusBoard = StatusBoard(),
        rebuilds: RebuildLedger? = nil,
        state: StateFolder? = nil,
        memory: MemoryBudget = MemoryBudget(),
        workers: Int = 1
    ) throws {
        var limits = StoreLimits()
        limits.queueByteMax = min(limits.queueByteMax, memory.queueByteMax(of: stores.count))
        loop = FoldLoop(
            FoldLoop.Parts(
                log: log,
                compiler: compiler,
                board: board,
                mailbox: FoldMailbox(wake: {}),
                stores: StoreSet(
                    stores.mapValues(StoreOpening.init),
                    logID: log.id.description,
                    board: board,
                    isPatient: false,
                    limits: limits,
                    logger: logger,
                    wake: { log.wakeReaders() }
                ),
                logger: logger,
                isPatient: false,
                state: state,
                takesCheckpoints: false,
                memory: memory,
                crew: .threads(workers),
                rebuilds: rebuilds
            )
        )
        _ = try loop.awaitStores()
    }

    /// Views in the stores that have no file; kept versions of views are none.
    public func viewsWithoutFile() throws -> [String] {
        let compiled = try loop.compiler.compile(loop.log.newestSchemas)
        let missing = loop.missing(compiled, loop.stores.holdings).map(\.view)
        return Set(missing.filter { PreviousView.original(of: $0) == nil }).sorted()
    }

    /// Brings every view of the folder to the log's end: new and changed ones are built, others go on where they were.
    ///
    /// Files that do not compile are in the report; their views stay as they are.
    /// - Throws: `definition` when views would be dropped and `allowDrops` is false; nothing is changed then.
    public func apply(allowDrops: Bool) throws -> ApplyReport { try apply(ApplyRequest(allowDrops: allowDrops)) }

    /// The same, with what becomes of replaced versions.
    public func apply(_ request: ApplyRequest) throws -> ApplyReport {
        defer { loop.checkpoints?.waitUntilIdle() }
        var report = ApplyReport()
        let missing = try viewsWithoutFile()
        guard request.allowDrops || missing.isEmpty else { throw FoldLoop.wouldDrop(missing) }
        let before = loop.stores.holdings
        try loop.start(appliesFolder: true, previous: request.previous) { report.note($0, exchanged: $1) }
        try loop.drain()
        report.dropped = missing
        for view in loop.engine?.views ?? [] {
            if let original = view.previousOf {
                if view.resumedAt == nil { report.kept.append(original) }
            } else if report.exchanged.contains(view.name) {
                continue
            } else if view.resumedAt != nil {
                report.unchanged.append(view.name)
            } else if before.contains(where: { $0.progress.view == view.name }) {
                report.rebuilt.append(view.name)
            } else {
                report.created.append(view.name)
            }
        }
        return finished(report)
    }

    /// Builds the named views (all when none is named) from the log, whatever their stores hold. One that was stopped is taken up: what it
    /// has put in place is not built again, and its speed stays unless the request names one.
    ///
    /// The views' files say what they are built to, that of a repair too.
    public func rebuild(_ request: RebuildRequest) throws -> ApplyReport {
        defer { loop.checkpoints?.waitUntilIdle() }
        var report = ApplyReport()
        if try loop.rollBackAtRest(request) {
            report.exchanged = request.views
            report.note(loop.stores.holdings.filter { request.views.contains($0.progress.view) })
            return report
        }
        try loop.rebuildAtRest(request)
        try loop.drain()
        report.rebuilt = loop.engine?.views.map(\.name) ?? []
        return finished(report)
    }

    private func finished(_ report: ApplyReport) -> ApplyReport {
        var report = report
        for (name, failed) in loop.failures { report.failed[name] = failed.failure }
        if let engine = loop.engine { report.note(engine) }
        report.note(differences: loop.stores.differenceRowCounts)
        return report
    }
}
