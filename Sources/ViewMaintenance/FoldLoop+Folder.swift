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
        var building: [FoldedView]
        /// Those that had no file at the start.
        var dropped: Set<String>
        /// Called when the folder's views are there, or when the first attempt has failed.
        var whenBuilt: @Sendable () -> Void = {}
        /// Requests that wait for the attempt that is being made; nil between two.
        var waiting: [FoldRequest.Reconciliation]?
        /// When the newest attempt began.
        var begun: ContinuousClock.Instant?
        /// Why the last attempt failed.
        var failure: Status.Failure?
        var nextAttempt: ContinuousClock.Instant?

        /// Whether a running view is not the one that the folder says.
        func replaces(_ view: FoldedView) -> Bool {
            building.contains { $0.name == view.name && !$0.isSame(as: view) }
        }
    }

    /// What a start leaves to be built, because a checkpoint serves the views that ran last and none serves those of the folder; nil when it begins
    /// with the folder: whatever is wrong with that one is told there.
    func folderStart(_ folder: [CompiledView]) -> FolderStart? {
        guard let checkpoints, checkpoints.takesRestartPoints, (try? rebuilds?.read()) == nil,
            let new = sound(folder),
            let ranLast = (try? compiler.compileApplied(log.newestSchemas)).flatMap(sound), !ranLast.isEmpty
        else { return nil }
        let (views, running, holdings) = (new.map(FoldedView.init), ranLast.map(FoldedView.init), stores.holdings)
        let building = views.filter { view in !running.contains { $0.isSame(as: view) } }
        let dropped = Set(running.map(\.name)).subtracting(views.map(\.name))
        // Most starts end here: nothing has changed.
        guard !building.isEmpty || !dropped.isEmpty,
            (try? Circuit(views: new, schemas: log.schemasByID)) != nil,
            let kept = try? compiler.compilePrevious(log.newestSchemas, applied: true)
        else { return nil }
        let beside = keeping(.asBefore, beside: views, before: ranLast, kept: kept).views
        let (before, after) = (ranLast + kept, new + beside.map(\.definition))
        guard let isServed = try? checkpoints.serves(after),
            !isServed || !building.allSatisfy({ isHeld($0, holdings) }),
            (try? checkpoints.serves(before, standing: before.map { resumed(FoldedView($0), holdings) })) == true
        else { return nil }
        return FolderStart(building: building, dropped: dropped.union(missing(folder, holdings).map(\.view)))
    }

    /// Whether the store has rows of a view, of this version, be it under the name of a kept one that is to change places with it.
    private func isHeld(_ view: FoldedView, _ holdings: [StoreSet.Holding]) -> Bool {
        holdings.contains { held in
            let isKept = PreviousView.original(of: held.progress.view) == view.name
            return held.store == view.store
                && (held.isOf(view) || isKept && held.progress.version == view.table.version)
        }
    }

    /// The definitions of all of them; nil when there is one that cannot run.
    private func sound(_ compiled: [CompiledView]) -> [ViewDefinition]? {
        let definitions = compiled.compactMap { try? $0.result.get() }
        guard definitions.count == compiled.count else { return nil }
        return definitions.allSatisfy { placement(of: FoldedView($0)) == nil } ? definitions : nil
    }

    /// Makes the running views those of the folder; other requests to change them wait until that is done.
    ///
    /// A view whose file has gone since the start is not dropped unasked.
    func applyFolder() {
        guard let start = folderStart, start.waiting == nil else { return }
        if start.failure == nil {
            logger.notice("the views that ran last go on; those of the folder are built beside them")
        }
        let gone = (try? compiler.compile(log.newestSchemas)).map { missing($0, stores.holdings).map(\.view) }
        let request = ApplyRequest(allowDrops: gone.map { start.dropped.isSuperset(of: $0) } ?? false)
        begin(FoldRequest.Reconciliation(scope: .folder(request)) { _ in })
    }

    /// Makes the next attempt when it is due.
    func retryFolder() {
        guard let due = folderStart?.nextAttempt, clock.now >= due, shadow == nil, exchanging == nil else { return }
        applyFolder()
    }

    /// What is to be begun of a request; nil when it waits for the folder's views. An apply that comes between two attempts is one.
    func admitted(_ reconciliation: FoldRequest.Reconciliation) -> FoldRequest.Reconciliation? {
        // Not what nobody waits for, and not what goes on after an exchange.
        if case .attach = reconciliation.scope { return reconciliation }
        guard folderStart != nil, reconciliation.exchanged.isEmpty else { return reconciliation }
        guard folderStart?.waiting == nil else {
            folderStart?.waiting?.append(reconciliation)
            return nil
        }
        guard case .folder = reconciliation.scope else { return reconciliation }
        folderStart?.waiting = []
        folderStart?.begun = clock.now
        folderStart?.nextAttempt = nil
        let (mailbox, reply) = (mailbox, reconciliation.reply)
        var attempt = reconciliation
        attempt.reply = { result in
            mailbox.post(.folderApplied(result))
            reply(result)
        }
        return attempt
    }

    /// An attempt is over. One that has failed is made again: a deployment may still be copying its files.
    func endFolder(_ result: Result<ApplyReport, MaintenanceError>) {
        guard var start = folderStart, let waiting = start.waiting else { return }
        start.waiting = nil
        switch result {
        case .success: folderStart = nil
        case .failure(let error):
            let failure = Status.Failure(
                code: "\(error.code)",
                message: error.message + (error.detail.map { ": \($0)" } ?? ""),
                hint: error.hint ?? "it is tried again by itself, or with: leftfold apply"
            )
            if start.failure != failure { logger.error("the views of the folder could not be built: \(error)") }
            start.failure = failure
            // One that fails late is not begun again at once.
            let spent = start.begun.map { clock.now - $0 } ?? .zero
            start.nextAttempt = clock.now + max(stores.limits.retryDelayMax, spent)
            folderStart = start
        }
        start.whenBuilt()
        for one in waiting { begin(one) }
        if let engine { publish(engine) }
        stores.news.tell()
    }
}
