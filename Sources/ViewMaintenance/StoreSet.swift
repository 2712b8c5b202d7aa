import Dataflow
import Dispatch
import Logging
import Relational
import ViewStores

/// The stores of one installation, each with a thread and a queue of its own. Owned by the fold's thread, which never waits for one of
/// them unless it wants to.
final class StoreSet {
    /// One view in one store.
    struct Holding {
        var store: String
        var progress: StoreProgress

        /// Whether these are the rows of the view as it is defined now.
        func isOf(_ view: FoldedView) -> Bool {
            progress.view == view.name && progress.version == view.table.version
        }
    }

    let workers: [String: StoreWorker]
    let news: StoreNews
    let limits: StoreLimits
    private let hasEnded: DispatchGroup
    private var lastTicket: UInt64 = 0

    /// Starts a thread for every store, which opens it and claims it for this log. `wake` ends the fold's wait for the log.
    init(
        _ openings: [String: StoreOpening],
        logID: String,
        board: StatusBoard,
        isPatient: Bool,
        limits: StoreLimits = StoreLimits(),
        logger: Logger,
        wake: @escaping @Sendable () -> Void
    ) {
        news = StoreNews(board, wake: wake)
        self.limits = limits
        let hasEnded = DispatchGroup()
        self.hasEnded = hasEnded
        var workers: [String: StoreWorker] = [:]
        for (name, opening) in openings {
            var own = limits
            own.queueByteMax = opening.queueByteMax ?? own.queueByteMax
            let worker = StoreWorker(name, opening, own, news, logger)
            workers[name] = worker
            hasEnded.enter()
            OwnThread.start("leftfold-store-\(name)") {
                // Holds the store: gone with it before the group hears of the end.
                StoreKeeper(worker, opening, logID: logID, isPatient: isPatient, logger).run()
                hasEnded.leave()
            }
        }
        self.workers = workers
        let members = workers
        board.watch { members.mapValues { Status.Store($0) } }
    }

    /// Ends the threads. One that is inside a call of its store is not waited for without bound: it can only commit what it is at.
    deinit {
        for worker in workers.values { worker.stop() }
        let (seconds, attoseconds) = limits.closingPatience.components
        _ = hasEnded.wait(timeout: .now() + Double(seconds) + Double(attoseconds) * 1e-18)
        let last = workers.mapValues { Status.Store($0) }
        news.board.watch { last }
    }

    func contains(_ name: String) -> Bool { workers[name] != nil }

    func glance(_ name: String) -> StoreGlance? { workers[name]?.glance }

    /// What the stores hold of this log, by store and view; nothing of one that was never reached.
    var holdings: [Holding] {
        workers.sorted { $0.key < $1.key }.flatMap { name, worker in
            worker.held.sorted { $0.view < $1.view }.map { Holding(store: name, progress: $0) }
        }
    }

    /// How many rows the differences had by which views were attached last, by view.
    var differenceRowCounts: [String: Int] {
        workers.values.reduce(into: [:]) { all, worker in all.merge(worker.differences) { $1 } }
    }

    /// - Throws: why the fold cannot go on, if a store says so.
    func check() throws {
        for worker in workers.values { if let fatal = worker.glance.fatal { throw fatal } }
    }

    /// Whether every store has been opened, or has failed once.
    var areTried: Bool { workers.values.allSatisfy { $0.glance.isTried } }

    /// Whether every store has all up to `frontier`, but for those that fail or whose views are detached.
    func areSettled(at frontier: Frontier) -> Bool {
        workers.values.allSatisfy { worker in
            let glance = worker.glance
            return glance.isAway || glance.applied.offset >= frontier.offset && glance.isIdle
        }
    }

    /// The stores that do not follow the fold.
    var away: [String] { workers.filter { $0.value.glance.isAway }.keys.sorted() }

    // MARK: Jobs

    /// A number for a view's attachment, larger than any before.
    func makeTicket() -> UInt64 {
        lastTicket += 1
        return lastTicket
    }

    /// The stores have everything before `frontier`, as far as views resume there.
    func begin(at frontier: Frontier) {
        for worker in workers.values { worker.begin(at: frontier, settled: lastTicket) }
    }

    /// Leaves the views' rows of an epoch for their stores, whatever the stores are doing.
    ///
    /// A view whose rows end inside the epoch is given to `refuse`.
    ///
    /// - Throws: `DataflowError.storage`.
    func deliver(
        _ epoch: Epoch,
        of engine: FoldEngine,
        batchByteMax: Int,
        refuse: (_ view: String, StoreError) -> Void
    ) throws(DataflowError) {
        guard !epoch.isChunk else { return }
        var deltas: [String: [StoreDelta]] = [:]
        if epoch.isStepped {
            for view in engine.views where view.isFollowing {
                guard let through = view.attachedThrough, epoch.end.offset > through else { continue }
                guard epoch.start.offset >= through else {
                    refuse(
                        view.name,
                        .inconsistent(view.name, "its rows end at offset \(through), inside a source commit")
                    )
                    continue
                }
                if let delta = try StoreDelta.of(view, in: engine.circuit, batchByteMax: batchByteMax) {
                    deltas[view.store, default: []].append(delta)
                }
            }
        }
        for (name, worker) in workers where !worker.glance.isDetached {
            if let deltas = deltas[name] {
                worker.post(.epoch(StoreEpoch(end: epoch.end, deltas: deltas)))
            } else {
                worker.mark(epoch.end)
            }
        }
    }

    /// Leaves new views and drops for a store; returns what `settledTicket` is once that is over.
    func attach(_ views: [StoreAttachment.View], dropping dropped: [String], in name: String, at frontier: Frontier)
        -> UInt64
    {
        let ticket = makeTicket()
        let attachment = StoreAttachment(ticket: ticket, frontier: frontier, views: views, dropped: dropped)
        workers[name]?.post(.attach(attachment))
        return ticket
    }

    /// Has two views of a store change places; nil when there is no such store.
    func exchange(_ view: ViewTable, _ other: ViewTable, in name: String) -> StoreExchange? {
        guard let worker = workers[name] else { return nil }
        let exchange = StoreExchange(ticket: makeTicket(), view, other)
        worker.post(.exchange(exchange))
        return exchange
    }

    /// Gives up what waits for a store. Its views have to be attached again.
    func detach(_ name: String) { workers[name]?.detach(through: lastTicket) }
}
