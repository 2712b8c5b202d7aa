import Dataflow
import EventLog
import Logging
import ViewPlan
import ViewStores

/// Starting with another set of views than the one that ran last: that one goes on from its checkpoint, and the folder's is built beside it, as
/// `apply` does. So a new or changed view keeps no other view waiting.
extension FoldLoop {
    /// The views of the folder while those that ran last go on.
    struct FolderStart {
        /// The new and the changed ones.
        var building: [(name: String, store: String)]
        /// Called when they are there, or when the first attempt has failed.
        var whenBuilt: @Sendable () -> Void = {}
        /// Requests that wait for the attempt that is being made; nil between two.
        var waiting: [FoldRequest.Reconciliation]?
        /// Why the last attempt failed.
        var failure: Status.Failure?
        var nextAttempt: ContinuousClock.Instant?
    }

    /// What a start leaves to be built, because a checkpoint serves the views that ran last and none serves those of the folder; nil when it begins
    /// with the folder: whatever is wrong with that one is told there.
    func folderStart(_ folder: [CompiledView]) -> FolderStart? {
        guard let checkpoints, checkpoints.takesRestartPoints, (try? rebuilds?.read()) == nil,
            let new = sound(folder), (try? Circuit(views: new, schemas: log.schemasByID)) != nil,
            let compiled = try? compiler.compileApplied(log.newestSchemas),
            let kept = try? compiler.compilePrevious(log.newestSchemas, applied: true)
        else { return nil }
        let ranLast = compiled.compactMap { try? $0.result.get() }
        let (running, holdings) = (ranLast.map(FoldedView.init), stores.holdings)
        let building = new.map(FoldedView.init).filter { view in
            !running.contains { $0.name == view.name && $0.table == view.table && $0.store == view.store }
        }
        guard !building.isEmpty || compiled.count != new.count else { return nil }
        let beside = keeping(.asBefore, beside: new.map(FoldedView.init), before: ranLast, kept: kept).views
        guard let isServed = try? checkpoints.serves(new + beside.map(\.definition)),
            !isServed || !building.allSatisfy({ isHeld($0, holdings) }),
            !ranLast.isEmpty, (try? checkpoints.serves(ranLast + kept)) == true,
            checkpoints.resumes((ranLast + kept).map { resumed(FoldedView($0), holdings) })
        else { return nil }
        return FolderStart(building: building.map { ($0.name, $0.store) })
    }

    /// Whether the store has rows of a view, of this version, be it under the name of a kept one that is to change places with it.
    private func isHeld(_ view: FoldedView, _ holdings: [StoreSet.Holding]) -> Bool {
        holdings.contains { held in
            let name = held.progress.view
            return held.store == view.store && held.progress.version == view.table.version
                && (name == view.name || PreviousView.original(of: name) == view.name)
        }
    }

    /// The definitions of all of them; nil when there is one that cannot run.
    private func sound(_ compiled: [CompiledView]) -> [ViewDefinition]? {
        let definitions = compiled.compactMap { try? $0.result.get() }
        guard definitions.count == compiled.count else { return nil }
        return definitions.allSatisfy { placement(of: FoldedView($0)) == nil } ? definitions : nil
    }

    /// Makes the running views those of the folder; other requests to change them wait until that is done.
    func applyFolder() {
        guard var start = folderStart else { return }
        if start.failure == nil {
            logger.notice("the views that ran last go on; those of the folder are built beside them")
        }
        let mailbox = mailbox
        folderStart = nil
        let request = ApplyRequest(allowDrops: true)
        begin(FoldRequest.Reconciliation(scope: .folder(request)) { mailbox.post(.folderApplied($0)) })
        start.waiting = []
        start.nextAttempt = nil
        folderStart = start
    }

    /// Makes the next attempt when it is due.
    func retryFolder() {
        guard let due = folderStart?.nextAttempt, clock.now >= due, shadow == nil, exchanging == nil else { return }
        applyFolder()
    }

    /// An attempt is over. One that has failed is made again: a deployment may still be copying its files.
    func endFolder(_ result: Result<ApplyReport, MaintenanceError>) {
        guard var start = folderStart, let waiting = start.waiting else { return }
        start.waiting = nil
        switch result {
        case .success: folderStart = nil
        case .failure(let error):
            if start.failure?.message != error.message {
                logger.error("the views of the folder could not be built: \(error)")
            }
            start.failure = Status.Failure(
                code: "\(error.code)",
                message: error.message + (error.detail.map { ": \($0)" } ?? ""),
                hint: error.hint ?? "it is tried again by itself, or with: leftfold apply"
            )
            start.nextAttempt = clock.now + stores.limits.retryDelayMax
            folderStart = start
        }
        start.whenBuilt()
        for one in waiting { begin(one) }
        if let engine { publish(engine) }
        stores.news.tell()
    }

    /// Lets somebody's request wait for the folder's views; one that comes between two attempts takes their place.
    func isLeft(_ reconciliation: FoldRequest.Reconciliation) -> Bool {
        // Neither what nobody waits for, nor what goes on after an exchange.
        if case .attach = reconciliation.scope { return false }
        guard reconciliation.exchanged.isEmpty else { return false }
        guard folderStart?.waiting == nil else {
            folderStart?.waiting?.append(reconciliation)
            return true
        }
        if case .folder = reconciliation.scope { folderStart = nil }
        return false
    }
}
