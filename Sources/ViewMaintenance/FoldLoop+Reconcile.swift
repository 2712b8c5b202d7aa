import Dataflow
import EventLog
import Logging
import Relational
import ViewPlan
import ViewStores

/// Changing the running views: the new set is folded in a shadow on a thread of its own and takes over at one cut.
///
/// 1. `begin` compiles the folder, decides what is new, changed, dropped, unaffected, and starts the shadow.
/// 2. The shadow replays the log through a new circuit of the whole new set, never past the running fold, which goes on meanwhile, and has
///    the new rows written where nobody reads them (`ShadowBuild`).
/// 3. `finishShadow` brings the shadow to exactly the running frontier, attaches new rows, drops what went, and switches.
extension FoldLoop {
    /// A shadow that is being built, and who waits for it.
    struct PendingShadow {
        var report: ApplyReport
        /// The whole new set.
        var views: [FoldedView] = []
        /// The views to build.
        var building: [(name: String, store: String)]
        var dropped: [(view: String, store: String)]
        var failures: [String: (store: String, failure: Status.Failure)]
        /// The views that were asked for; nil for all.
        var asked: Set<String>?
        /// How much of the log the shadow reads in a second; nil for as fast as it goes.
        var bytesPerSecond: Int?
        /// Called on the fold's thread.
        var reply: (Result<ApplyReport, MaintenanceError>) -> Void
        var isRebuild = false
        let isCancelled = Flag()
    }

    func begin(_ asked: FoldRequest.Reconciliation) {
        guard let engine, isUp else { return asked.reply(.failure(Self.notReady)) }
        if join(asked) { return }
        guard let reconciliation = admitted(asked) else { return }
        let reply = reconciliation.reply
        guard shadow == nil, exchanging == nil, !isPlacing(reconciliation) else {
            let message = "views are being built already"
            return reply(.failure(MaintenanceError(.fold, message, hint: "see: leftfold status")))
        }
        do {
            if try beginExchange(reconciliation, engine) { return }
            guard let rest = reconciliation.rest else {
                let report = ApplyReport(exchanged: reconciliation.exchanged)
                return reply(.success(finished(report, engine, only: Set(reconciliation.exchanged))))
            }
            var (pending, views) = try plan(rest, engine)
            let isSameSet = Set(views.map(\.name)) == Set(engine.views.map(\.name))
            // A changed view of a store that is not there is compiled into the circuit all the same.
            let isSameText = views.allSatisfy { view in engine.views.contains { $0.isSame(as: view) } }
            guard !pending.building.isEmpty || !pending.dropped.isEmpty || !isSameSet || !isSameText else {
                failures = pending.failures
                noteApplied(views, isComplete: true)
                publish(engine)
                return reply(.success(finished(pending.report, engine, only: pending.asked)))
            }
            if case .rebuild(let request) = rest.scope {
                let asked = pending.report.rebuilt + pending.report.created + pending.report.failed.keys
                try note(request, views: asked, for: reply)
                pending.isRebuild = true
                pending.reply = { self.endRebuild($0) }
            }
            shadow = pending
            publish(engine)
            start(pending)
        } catch {
            nextAttach = clock.now + stores.limits.retryDelayMax
            reply(.failure(Self.describe(error)))
        }
    }

    // MARK: Plan

    /// What a reconciliation has to do. Views to build come back unattached, the others with an offset that the shadow never reaches.
    private func plan(
        _ reconciliation: FoldRequest.Reconciliation,
        _ engine: FoldEngine
    ) throws -> (PendingShadow, [FoldedView]) {
        let running = Dictionary(engine.views.map { ($0.name, $0) }) { first, _ in first }
        var pending = PendingShadow(
            report: ApplyReport(exchanged: reconciliation.exchanged),
            building: [],
            dropped: [],
            failures: [:],
            reply: reconciliation.reply
        )
        var views: [FoldedView]
        var forced: Set<String> = []
        var isRepair = false
        switch reconciliation.scope {
        case .folder(let request):
            let compiled = try compiler.compile(log.newestSchemas)
            views = try folder(compiled)
            keep(request.previous, beside: &views, engine, &pending)
            pending.dropped = try drops(request.allowDrops, compiled, kept: views)
        case .attach(let names):
            (views, forced) = (engine.views.map { FoldedView($0.definition) }, names)
            pending.failures = failures
        case .rebuild(let request):
            let compiled = try compiler.compile(log.newestSchemas)
            let request = takenUp(request, known: Set(compiled.map(\.name) + engine.views.map(\.name)))
            (views, forced) = try rebuilds(request, compiled, engine.views)
            keep(.asBefore, beside: &views, engine, &pending)
            pending.dropped = strays(beside: views)
            pending.failures = failures.filter { !forced.contains($0.key) }
            pending.bytesPerSecond = request.bytesPerSecond
            isRepair = request.isRepair
        }
        if reconciliation.scope.isPart { pending.asked = forced }
        for index in views.indices {
            let name = views[index].name
            if let failure = placement(of: views[index]) {
                throw MaintenanceError(.unknownName, "view \(name): \(failure.message)", hint: failure.hint)
            }
            let old = running[name]
            let isSame =
                old?.table == views[index].table && old?.store == views[index].store && old?.isFollowing == true
            if isSame, !forced.contains(name) {
                views[index].attachedThrough = Offset(.max)
                pending.report.noteUnchanged(views[index])
                continue
            }
            // What a rebuild was not asked to touch stays as it stands.
            if let old, !old.isFollowing, reconciliation.scope.isPart, !forced.contains(name) {
                views[index].attachedThrough = Offset(.max)
                views[index].stop = old.stop
                views[index].detachedAt = old.detachedAt
                continue
            }
            views[index].oldRows = old?.detachedAt ?? old?.stop?.frontier ?? old?.oldRows
            if let glance = stores.glance(views[index].store), glance.isDetached, !glance.isReady {
                if let outage = glance.outage { pending.report.failed[name] = Self.away(views[index].store, outage) }
                views[index].detach(at: views[index].oldRows ?? .start)
                continue
            }
            pending.report.noteBuilding(views[index], isNew: old == nil)
            views[index].isDifference = keepsTable(views[index], old?.definition, isRepair: isRepair)
            pending.building.append((name, views[index].store))
        }
        pending.report.dropped = Set(pending.dropped.map(\.view)).sorted()
        pending.views = views
        return (pending, views)
    }

    /// Every view of the folder; all files have to compile.
    private func folder(_ compiled: [CompiledView]) throws(MaintenanceError) -> [FoldedView] {
        var views: [FoldedView] = []
        for file in compiled { views.append(FoldedView(try Self.definition(of: file))) }
        return views
    }

    /// The running views, and in the place of those to rebuild what their files say now.
    private func rebuilds(
        _ request: RebuildRequest,
        _ compiled: [CompiledView],
        _ running: [FoldedView]
    ) throws(MaintenanceError) -> (views: [FoldedView], forced: Set<String>) {
        let names = request.views
        let known = Set(compiled.map(\.name)).union(running.map(\.name))
        // Kept versions are added by whoever calls.
        let running = running.filter { $0.previousOf == nil }
        for name in names where !known.contains(name) { throw Self.unknown(name) }
        let forced = names.isEmpty ? known : Set(names)
        var views = running.filter { !forced.contains($0.name) }.map { FoldedView($0.definition) }
        for name in forced.sorted() {
            if let view = running.first(where: { $0.name == name }), request.isRepair {
                views.append(FoldedView(view.definition))
            } else if let file = compiled.first(where: { $0.name == name }) {
                views.append(FoldedView(try Self.definition(of: file)))
            } else if let view = running.first(where: { $0.name == name }) {
                views.append(FoldedView(view.definition))
            }
        }
        return (views, forced)
    }

    private static func definition(of file: CompiledView) throws(MaintenanceError) -> ViewDefinition {
        switch file.result {
        case .success(let definition): definition
        case .failure(let reason):
            throw MaintenanceError(
                .definition,
                "view \(file.name) does not compile",
                detail: reason.failure.message,
                hint: reason.failure.hint ?? "correct \(file.file), then: leftfold plan"
            )
        }
    }

    private func drops(
        _ allowDrops: Bool,
        _ compiled: [CompiledView],
        kept: [FoldedView]
    ) throws -> [(view: String, store: String)] {
        let missing = missing(compiled, stores.holdings, kept: kept.filter { $0.previousOf != nil }.map(\.name))
        let asked = missing.map(\.view).filter { PreviousView.original(of: $0) == nil }
        guard allowDrops || asked.isEmpty else { throw Self.wouldDrop(asked) }
        return missing
    }

    /// Adds the versions before that are kept beside `views`.
    private func keep(
        _ wish: ApplyRequest.Previous,
        beside views: inout [FoldedView],
        _ engine: FoldEngine,
        _ pending: inout PendingShadow
    ) {
        let before = engine.views.filter { $0.previousOf == nil }.map(\.definition)
        let kept = engine.views.filter { $0.previousOf != nil }.map(\.definition)
        let keeping = keeping(wish, beside: views, before: before, kept: kept)
        pending.report.notKept = keeping.refused
        views += keeping.views
    }

    static func wouldDrop(_ views: [String]) -> MaintenanceError {
        MaintenanceError(
            .definition,
            "this would drop \(Set(views).sorted().joined(separator: ", "))",
            detail: "their files are not in the views folder any more",
            hint: "confirm with: leftfold apply --yes"
        )
    }

    static func describe(_ error: any Error) -> MaintenanceError {
        switch error {
        case let error as MaintenanceError: error
        case let error as DataflowError:
            MaintenanceError(.fold, error.message, detail: error.detail, hint: error.hint)
        case let error as StoreError:
            MaintenanceError(.store, error.message, detail: error.detail, hint: error.hint)
        case let error as LogError:
            MaintenanceError(.log, error.message, detail: error.detail, hint: error.hint ?? "leftfold log check")
        default: MaintenanceError(.definition, "\(error)")
        }
    }
}

extension FoldRequest.Reconciliation {
    /// What is left to do after views have changed places; nil when that was all.
    fileprivate var rest: Self? {
        guard case .rebuild(var request) = scope, request.isRollback, !exchanged.isEmpty else { return self }
        request.views.removeAll { exchanged.contains($0) }
        var rest = self
        rest.scope = .rebuild(request)
        return request.views.isEmpty ? nil : rest
    }
}
