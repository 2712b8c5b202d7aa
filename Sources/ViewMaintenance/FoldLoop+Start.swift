import Dataflow
import EventLog
import Logging
import Relational
import ViewPlan
import ViewStores

/// Bringing a set of views up from the log.
extension FoldLoop {
    /// Compiles the views folder, or the views that ran last, and brings every view up: attached ones go on where their store is, the
    /// others are built.
    ///
    /// Views whose store is not there are detached; they are built when it is. Where a checkpoint serves the views that ran last and none those of
    /// the folder, it is the former that go on (`FoldLoop+Folder`).
    /// `note` is told what becomes of kept versions.
    func start(
        appliesFolder: Bool,
        previous: ApplyRequest.Previous = .asBefore,
        note: (Keeping, _ exchanged: [String]) -> Void = { _, _ in }
    ) throws {
        guard try awaitStores() else { return }
        let relations = log.newestSchemas
        let compiled = try appliesFolder ? compiler.compile(relations) : compiler.compileApplied(relations)
        if appliesFolder, let rest = folderStart(compiled) {
            folderStart = rest
            return try start(appliesFolder: false, previous: previous, note: note)
        }
        let held = stores.holdings
        for (name, worker) in stores.workers where !worker.glance.isOpen { stores.detach(name) }
        let before = definitionsBefore()
        var views: [FoldedView] = []
        for file in compiled {
            switch file.result {
            case .success(let definition):
                let view = FoldedView(definition)
                if let failure = placement(of: view) {
                    failures[view.name] = (view.store, failure)
                } else {
                    views.append(view)
                }
            case .failure(let reason):
                let store = held.first { $0.progress.view == file.name }?.store ?? "main"
                failures[file.name] = (store, reason.failure)
                logger.error("view \(file.name) does not compile: \(reason.failure.message)")
            }
        }
        let kept = try compiler.compilePrevious(relations, applied: !appliesFolder)
        let keeping = keeping(previous, beside: views, before: before, kept: kept)
        for (view, reason) in keeping.refused {
            logger.notice("the version of view \(view) before is not kept: \(reason)")
        }
        note(keeping, try exchangeHeld(views, keeping.views))
        if isStopping { return }
        let holdings = stores.holdings
        views = (views + keeping.views).map { view in
            var view = resumed(view, holdings)
            markDifference(&view, holdings, before)
            return view
        }
        let names = keeping.views.map(\.name) + keptNames(of: failures.keys)
        let dropped = appliesFolder ? missing(compiled, holdings, kept: names) : []
        try bringUp(views, dropping: dropped, isComplete: true)
    }

    /// Builds the named views, all when none is named, from the beginning of the log.
    func rebuildAtRest(_ request: RebuildRequest) throws {
        guard try awaitStores() else { return }
        let before = definitionsBefore()
        let compiled = try compiler.compile(log.newestSchemas)
        try readRebuild()
        let asked = request
        let request = takenUp(request, known: Set(compiled.map(\.name)))
        pace = request.bytesPerSecond.map { ReplayPace(bytesPerSecond: $0) }
        let names = request.views
        for name in names where !compiled.contains(where: { $0.name == name }) { throw Self.unknown(name) }
        var views: [FoldedView] = []
        for file in compiled where names.isEmpty || names.contains(file.name) {
            switch file.result {
            case .success(let definition):
                var view = FoldedView(definition)
                guard let failure = placement(of: view) else {
                    let old = before.first { $0.name == view.name }
                    view.isDifference = keepsTable(view, old, isRepair: request.isRepair)
                    views.append(view)
                    continue
                }
                failures[view.name] = (view.store, failure)
            case .failure(let reason): failures[file.name] = ("main", reason.failure)
            }
        }
        try note(asked, views: views.map(\.name))
        try bringUp(views, dropping: [], isComplete: false)
    }

    static func unknown(_ view: String) -> MaintenanceError {
        MaintenanceError(.unknownName, "view \"\(view)\" does not exist", hint: "see the views with: leftfold status")
    }

    /// What the stores hold without a file of the folder, and that is no version of a view that is kept.
    ///
    /// A file that cannot be read may be the one of any view: then nothing is missing.
    func missing(
        _ compiled: [CompiledView],
        _ holdings: [StoreSet.Holding],
        kept: [String] = []
    ) -> [(view: String, store: String)] {
        let names = Set(compiled.map(\.name) + kept)
        let held = Set(holdings.map(\.progress.view))
        for file in compiled {
            if case .failure = file.result, !held.contains(file.name) { return [] }
        }
        return holdings.filter { !names.contains($0.progress.view) }.map { ($0.progress.view, $0.store) }
    }

    /// Where a view goes on: at the progress of its rows when they are of this definition and this log, else nowhere yet.
    func resumed(_ view: FoldedView, _ holdings: [StoreSet.Holding]) -> FoldedView {
        if stores.glance(view.store)?.isDetached == true {
            var view = view
            view.detach(at: rows(of: view, holdings) ?? .start)
            return view
        }
        guard
            let progress = holdings.first(where: { $0.store == view.store && $0.progress.view == view.name })?.progress,
            progress.version == view.table.version, progress.offset >= .zero
        else { return view }
        guard progress.offset <= log.frontier.nextOffset else {
            logger.warning("the rows of view \(view.name) are ahead of the log; building them again")
            return view
        }
        var view = view
        let horizon = log.horizon
        guard progress.offset >= horizon.offset else {
            logger.notice(
                "view \(view.name) is built again: the log is compacted beyond its rows",
                metadata: ["rows_through": "\(progress.offset)", "horizon": "\(horizon.offset)"]
            )
            view.oldRows = Frontier(offset: progress.offset, position: progress.position)
            return view
        }
        view.attachedThrough = progress.offset
        view.resumedAt = Frontier(offset: progress.offset, position: progress.position)
        view.attachment = stores.makeTicket()
        return view
    }

    /// Where the rows of a view stand that its readers see.
    private func rows(of view: FoldedView, _ holdings: [StoreSet.Holding]) -> Frontier? {
        holdings.first { $0.store == view.store && $0.progress.view == view.name }.map {
            Frontier(offset: max($0.progress.offset, .zero), position: $0.progress.position)
        }
    }

    /// Why a view cannot be placed in its store, nil when it can.
    func placement(of view: FoldedView) -> Status.Failure? {
        guard !stores.contains(view.store) else { return nil }
        return Status.Failure(
            code: "unknown_name",
            message: "store \"\(view.store)\" is not in leftfold.yaml",
            hint: "add it under 'stores:' or drop the option from the view"
        )
    }

    /// Replays the log through a new circuit of these views and attaches the ones that are not.
    func bringUp(
        _ views: [FoldedView],
        dropping dropped: [(view: String, store: String)],
        isComplete: Bool
    ) throws {
        var views = views
        while true {
            let engine = try makeEngine(views)
            self.engine = engine
            stores.begin(at: engine.frontier)
            publish(engine)
            do {
                guard try replay(engine) else { return }
            } catch CompactedPart.overtaken(let horizon) {
                noteOvertaken(engine, horizon)
                guard try quiesce(engine) else { return }
                views = attachedAgain(engine.views)
                continue
            } catch let error as DataflowError where error.code == .storage {
                checkpoints?.drop(because: error)
                guard try quiesce(engine) else { return }
                views = attachedAgain(engine.views)
                continue
            } catch CompactedPart.limit(let limit, let horizon) {
                throw MaintenanceError.unreachable(limit, horizon)
            }
            hearRefusals(engine)
            if case .lsn(let lsn) = limit, let first = engine.firstSnapshotBeyondLimit {
                logger.warning("the first snapshot is at LSN \(first), above the limit \(lsn): the views have its rows")
            }
            try attachPending(engine, dropping: dropped)
            noteApplied(engine.views, isComplete: isComplete)
            shown.nextMeasurement = nil
            publish(engine, epochs: 1)
            return
        }
    }

    /// A circuit of these views; ones that cannot be put into it are set aside as failures.
    private func makeEngine(_ views: [FoldedView]) throws -> FoldEngine {
        if let engine = checkpoints?.restoredEngine(views, crew: crew) { return engine }
        let folder = checkpoints?.folder
        do {
            return try FoldEngine(log: log, views: views, folder: folder, crew: crew)
        } catch let error as DataflowError where error.code == .invalidPlan {
            // One bad plan must not take the others with it: each is tried together with those before it.
            var sound: [FoldedView] = []
            for view in views {
                do {
                    let together = (sound + [view]).map(\.definition)
                    _ = try Circuit(views: together, schemas: log.schemasByID)
                    sound.append(view)
                } catch {
                    setAside(view, because: error)
                }
            }
            guard sound.count < views.count else { throw error }
            return try FoldEngine(log: log, views: sound, folder: folder, crew: crew)
        }
    }

    /// Folds until the durable end, delivering to attached views; false when told to stop.
    private func replay(_ engine: FoldEngine) throws -> Bool {
        let meter = ProgressMeter(clock: clock)
        while true {
            noteRequests()
            if isStopping { return false }
            try hearStores()
            let wakeCount = log.wakeCount
            guard engine.isInsideUnit || makeRoom(engine), try hasMemory(engine) else {
                _ = try log.waitForFrontier(beyond: Offset(.max), timeout: .milliseconds(100), since: wakeCount)
                continue
            }
            guard let epoch = try engine.nextEpoch(pace?.budget ?? replayBudget, limits: [limit]) else { return true }
            try deliver(epoch, of: engine)
            try engine.seal(epoch)
            try moveCheckpoint(engine)
            pace?.pause(after: epoch.bytes) {
                noteRequests()
                return !isStopping
            }
            board.show(unitProgress: engine.openUnit?.progress)
            board.show(
                progress: meter.describe(engine.readOffset, of: log.frontier.nextOffset),
                of: engine.views.filter { $0.attachedThrough == nil }.map(\.name)
            )
        }
    }

    private func setAside(_ view: FoldedView, because error: DataflowError) {
        logger.error("view \(view.name) cannot run: \(error.message)")
        failures[view.name] = (
            view.store,
            Status.Failure(code: "\(error.code)", message: error.message, hint: error.hint)
        )
    }

    /// Lets the compiler take note of the views that run; what it cannot write down costs no view.
    func noteApplied(_ views: [FoldedView], isComplete: Bool) {
        do {
            try compiler.applied(views.map(\.definition), complete: isComplete, failed: Set(failures.keys))
        } catch {
            logger.warning("the statements of the running views could not be kept: \(error)")
        }
    }
}
