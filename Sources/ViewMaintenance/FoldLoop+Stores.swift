import Dataflow
import EventLog
import Logging
import Relational
import ViewStores

/// The fold beside its stores: it leaves deltas for them, hears what becomes of them, and waits for nobody.
///
/// 1. A store that fails keeps its deltas and is tried again. A short outage is caught up from its queue.
/// 2. More than `StoreLimits.queueByteMax` is not kept: the store's views are detached, and the others go on.
/// 3. When the store is back, its views are built again in a shadow and attached.
extension FoldLoop {
    /// Leaves the deltas of an epoch for the stores.
    ///
    /// - Throws: `DataflowError.storage`.
    func deliver(_ epoch: Epoch, of engine: FoldEngine) throws(DataflowError) {
        try stores.deliver(epoch, of: engine, batchByteMax: memory.batchByteMax) { view, error in
            stop(view, of: engine, because: error, at: engine.frontier)
        }
    }

    /// Waits until every store is open or has failed; false when told to stop.
    ///
    /// - Throws: when a store belongs to somebody else; any failure when the loop is not patient.
    func awaitStores() throws -> Bool {
        let end = clock.now + stores.limits.openingPatience
        while true {
            let wakeCount = log.wakeCount
            try stores.check()
            noteRequests()
            if isStopping { return false }
            let left = end - clock.now
            if stores.areTried || left <= .zero && isPatient { return true }
            _ = try log.waitForFrontier(beyond: Offset(.max), timeout: max(left, .milliseconds(100)), since: wakeCount)
        }
    }

    // MARK: What stores say

    /// Takes in what the stores' threads have said since the last time.
    ///
    /// - Throws: when a store belongs to somebody else; any failure when the loop is not patient.
    func hearStores() throws {
        if nextAttach == nil, areViewsLeft { nextAttach = clock.now + Self.attachPause }
        let isDue = nextAttach.map { clock.now >= $0 } ?? false
        guard stores.news.take() || isDue else { return }
        nextAttach = nil
        try stores.check()
        guard let engine else { return }
        for (name, worker) in stores.workers where worker.takeLoss() { detach(name, of: engine, isLoss: true) }
        hearRefusals(engine)
        hearFreedNames(engine)
        noteStoresBack()
        try settleAttachments(engine)
        publish(engine)
        attachDetached(engine)
    }

    /// Stops the views that their stores refuse; a refusal of rows that are not the view's any more is over.
    func hearRefusals(_ engine: FoldEngine) {
        for worker in stores.workers.values {
            for refusal in worker.takeRefusals() {
                let isMeant = engine.views.contains { $0.name == refusal.view && $0.attachment == refusal.attachment }
                if isMeant { stop(refusal.view, of: engine, because: refusal.error, at: refusal.frontier) }
            }
        }
    }

    /// Views that were refused for their name are detached once it is free: they are built again as those of a store that is back.
    private func hearFreedNames(_ engine: FoldEngine) {
        for worker in stores.workers.values {
            for attachment in worker.takeFreed() {
                guard let index = engine.views.firstIndex(where: { $0.attachment == attachment && $0.awaitsName })
                else {
                    continue
                }
                engine.views[index].stop = nil
                engine.views[index].isNameFree = true
                engine.views[index].detach(at: engine.views[index].oldRows ?? .start)
            }
        }
    }

    /// The store contradicts the fold: the view's rows are left as they are and it stops, the others go on.
    func stop(_ name: String, of engine: FoldEngine, because error: StoreError, at rows: Frontier) {
        guard let index = engine.views.firstIndex(where: { $0.name == name }) else { return }
        if error.code == .rowsLost, isPatient {
            logger.warning("\(error.message); they are folded from the log again: \(error.detail ?? "")")
            return engine.views[index].detach(at: engine.views[index].oldRows ?? .start)
        }
        let isTaken = error.code == .nameTaken
        let rows = isTaken ? engine.views[index].oldRows ?? .start : rows
        var hint = error.hint ?? "leftfold rebuild \(name)"
        if isTaken, isPatient { hint += "; the view comes by itself then, at once with: leftfold rebuild \(name)" }
        let failure = Status.Failure(
            code: isTaken ? FoldedView.nameTaken : "store",
            message: error.message + (isTaken ? error.detail.map { ": \($0)" } ?? "" : ""),
            hint: hint,
            offset: isTaken ? nil : rows.offset.rawValue
        )
        engine.views[index].stop(because: failure, at: rows)
    }

    // MARK: Room

    /// Whether an epoch may be folded: every queue has room, or its store's views were detached for the sake of the others.
    ///
    /// The fold waits where that delays nobody else; for a store that works, until the views are up, and for a while between two moments
    /// at which the store has nothing left to do.
    func makeRoom(_ engine: FoldEngine) -> Bool {
        isFull = false
        for (name, worker) in stores.workers {
            var glance = worker.glance
            if glance.isIdle { fullSince[name] = nil }
            guard glance.waitingBytes >= worker.limits.queueByteMax else { continue }
            let since = fullSince[name] ?? clock.now
            fullSince[name] = since
            // Looked at once more: what was done before this is not told.
            stores.news.listen(true)
            glance = worker.glance
            guard glance.waitingBytes >= worker.limits.queueByteMax else { continue }
            let hasOthers = engine.views.contains { $0.store != name && $0.stop == nil }
            let isOver = glance.isFailing || isUp && clock.now - since >= stores.limits.slowStorePatience
            if hasOthers, isOver { detach(name, of: engine) } else { isFull = true }
        }
        if !isFull, hold == nil, attaching.isEmpty { stores.news.listen(false) }
        return !isFull
    }

    /// Gives up the deltas that wait for a store; its views are built again when it is back.
    func detach(_ name: String, of engine: FoldEngine, isLoss: Bool = false) {
        guard let worker = stores.workers[name] else { return }
        fullSince[name] = nil
        let rows = worker.glance.applied
        for index in engine.views.indices where engine.views[index].store == name && engine.views[index].stop == nil {
            let view = engine.views[index]
            guard view.detachedAt == nil else { continue }
            engine.views[index].detach(at: isAttaching(view) ? view.oldRows ?? .start : rows)
            engine.circuit.dropIntegral(of: view.circuitName)
        }
        stores.detach(name)
        giveUpExchange(in: name)
        if !isLoss { logger.warning("store \(name) lags too far; its views are built again when it is back") }
        publish(engine)
        // It may be back by now, with nothing left to say.
        stores.news.tell()
    }

    /// How long detached views whose store is there wait before they are looked at without any news.
    private static let attachPause = Duration.milliseconds(200)

    /// Whether detached views could be attached and nobody is about to: whatever was told may have been heard at a bad moment.
    private var areViewsLeft: Bool {
        guard isUp, shadow == nil, exchanging == nil, let engine else { return false }
        return engine.views.contains { view in
            guard view.detachedAt != nil, view.stop == nil, let glance = stores.glance(view.store) else { return false }
            return glance.isReady && glance.isIdle && glance.buildsAfter == nil
        }
    }

    /// Starts to build the views again whose stores are back.
    func attachDetached(_ engine: FoldEngine) {
        guard isUp, shadow == nil, exchanging == nil else { return }
        var names: [String] = []
        for (name, worker) in stores.workers {
            let glance = worker.glance
            guard glance.isReady, glance.isIdle else { continue }
            if let end = glance.buildsAfter {
                nextAttach = min(nextAttach ?? end, end)
                continue
            }
            let views = engine.views.filter { $0.store == name && $0.detachedAt != nil && $0.stop == nil }
            if views.isEmpty, glance.isDetached {
                worker.rejoin(at: engine.frontier)
                stores.news.tell()
            }
            names += views.map(\.name)
        }
        guard !names.isEmpty else { return }
        let logger = logger
        begin(
            FoldRequest.Reconciliation(scope: .attach(Set(names))) { result in
                guard case .failure(let error) = result else { return }
                logger.error("views of a store that is back could not be built: \(error.message)")
            }
        )
    }

    // MARK: Rest

    /// Waits until the stores have everything and every attachment is over. For a loop that nobody runs.
    func drain() throws {
        stores.news.listen(true)
        while true {
            let wakeCount = log.wakeCount
            try hearStores()
            guard let engine else { return }
            try settleAttachments(engine)
            if attaching.isEmpty, stores.areSettled(at: engine.frontier) {
                hearRefusals(engine)
                return publish(engine)
            }
            _ = try log.waitForFrontier(beyond: Offset(.max), timeout: .seconds(1), since: wakeCount)
        }
    }

    /// Waits until no store has anything left to do, and detaches those that fail; false when told to stop.
    func quiesce(_ engine: FoldEngine) throws -> Bool {
        let end = clock.now + stores.limits.slowStorePatience
        stores.news.listen(true)
        while true {
            let wakeCount = log.wakeCount
            try stores.check()
            noteRequests()
            if isStopping { return false }
            let busy = stores.workers.filter { !$0.value.glance.isIdle }
            if busy.isEmpty { return true }
            for (name, worker) in busy where worker.glance.outage != nil || clock.now >= end {
                detach(name, of: engine)
            }
            if clock.now >= end { return true }
            _ = try log.waitForFrontier(beyond: Offset(.max), timeout: .milliseconds(100), since: wakeCount)
        }
    }
}
