import EventLog
import Logging
import Relational
import ViewPlan
import ViewStores

/// A view and its kept version change places: nothing is folded, and the store does it in one transaction.
///
/// 1. Whatever makes a view's file say what the kept version is leads here: `rollback`, `apply`, and a start after either was cut short.
/// 2. The fold stands meanwhile, so that every delta before the exchange is in the rows, and every later one goes to the other name.
/// 3. The store has one attempt. When it fails, or the fold has waited too long, everything is as it was.
extension FoldLoop {
    /// An exchange that the fold waits for.
    struct Exchanging {
        var store: String
        var job: StoreExchange
        /// When it is taken back; a store that is inside it then is given up, and gets its views anew when it is back.
        var deadline: ContinuousClock.Instant
        var whenDone: (Result<Void, MaintenanceError>) -> Void
    }

    /// Longer than a store waits for its readers.
    private static let patience = Duration.seconds(15)

    // MARK: While it runs

    /// Starts the next exchange that a reconciliation comes to; it goes on when that is done. False when there is none.
    func beginExchange(_ reconciliation: FoldRequest.Reconciliation, _ engine: FoldEngine) throws -> Bool {
        guard let definition = try nextExchange(reconciliation, engine) else { return false }
        let name = definition.name
        guard let present = engine.views.first(where: { $0.name == name }),
            let kept = engine.views.first(where: { $0.previousOf == name }),
            let job = stores.exchange(present.table, kept.table, in: present.store)
        else { return false }
        stores.news.listen(true)
        exchanging = Exchanging(store: present.store, job: job, deadline: clock.now + Self.patience) { result in
            switch result {
            case .failure(let error): reconciliation.reply(.failure(error))
            case .success:
                self.exchange(definition, engine, job.ticket)
                var rest = reconciliation
                rest.exchanged.append(name)
                self.begin(rest)
            }
        }
        return true
    }

    /// The first view whose file says what its kept version is, where both follow the fold.
    private func nextExchange(
        _ reconciliation: FoldRequest.Reconciliation,
        _ engine: FoldEngine
    ) throws -> ViewDefinition? {
        guard engine.views.contains(where: { $0.previousOf != nil }) else { return nil }
        var names: [String]?
        switch reconciliation.scope {
        case .folder: break
        case .rebuild(let request) where request.isRollback: names = request.views
        case .rebuild, .attach: return nil
        }
        for file in try compiler.compile(log.newestSchemas) where names?.contains(file.name) != false {
            guard case .success(let definition) = file.result else { continue }
            if isExchangeable(FoldedView(definition), engine) { return definition }
        }
        return nil
    }

    private func isExchangeable(_ view: FoldedView, _ engine: FoldEngine) -> Bool {
        guard let present = engine.views.first(where: { $0.name == view.name }),
            let kept = engine.views.first(where: { $0.previousOf == view.name }),
            present.store == view.store, kept.store == view.store,
            kept.table.version == view.table.version, present.table.version != view.table.version,
            present.isFollowing, kept.isFollowing, !isAttaching(present), !isAttaching(kept),
            let glance = stores.glance(view.store), glance.isReady, !glance.isDetached, glance.exchangesViews == true
        else { return false }
        return !engine.views.contains { $0.definition.dependencies.contains(view.name) }
    }

    /// The store has done it: from now on deltas go to the other names.
    private func exchange(_ definition: ViewDefinition, _ engine: FoldEngine, _ ticket: UInt64) {
        guard let present = engine.views.firstIndex(where: { $0.name == definition.name }),
            let kept = engine.views.firstIndex(where: { $0.previousOf == definition.name })
        else { return }
        var replaced = engine.views[present].definition
        replaced.name = engine.views[kept].name
        engine.views[present].rename(to: replaced, attachment: ticket)
        engine.views[kept].rename(to: definition, attachment: ticket)
        board.forgetVerifications(of: [definition.name, replaced.name])
        noteApplied(engine.views, isComplete: true)
        shown.nextMeasurement = nil
        logger.notice("view \(definition.name) and its version before have changed places")
        publish(engine)
    }

    /// Hears what has become of an exchange.
    func settleExchange() {
        guard let running = exchanging, let engine else { return }
        if let outcome = running.job.outcome {
            exchanging = nil
            running.whenDone(outcome.mapError(Self.describe))
        } else if clock.now >= running.deadline {
            if running.job.withdraw() { giveUpExchange(in: running.store) } else { detach(running.store, of: engine) }
        }
    }

    /// What the store does from now on is nobody's business: it gets its views anew.
    func giveUpExchange(in store: String) {
        guard let running = exchanging, running.store == store else { return }
        exchanging = nil
        let message = "store \(store) did not have the views change places in time"
        running.whenDone(.failure(MaintenanceError(.store, message, hint: "leftfold status")))
    }

    // MARK: At rest

    /// Has views change places with their kept versions where the stores hold them the other way round; returns their names.
    ///
    /// One that fails is left as it is: the views are built then.
    func exchangeHeld(_ views: [FoldedView], _ kept: [FoldedView]) throws -> [String] {
        var exchanged: [String] = []
        let holdings = stores.holdings
        for previous in kept {
            guard let view = views.first(where: { $0.name == previous.previousOf }), previous.store == view.store,
                let glance = stores.glance(view.store), glance.isReady, !glance.isDetached,
                glance.exchangesViews == true
            else { continue }
            func version(_ name: String) -> String? {
                holdings.first { $0.store == view.store && $0.progress.view == name }?.progress.version
            }
            guard version(view.name) == previous.table.version, version(previous.name) == view.table.version,
                view.table.version != previous.table.version
            else { continue }
            var (present, other) = (previous.table, view.table)
            (present.name, other.name) = (view.name, previous.name)
            guard let job = stores.exchange(present, other, in: view.store) else { continue }
            switch try outcome(of: job) {
            case .success: exchanged.append(view.name)
            case .failure(let error):
                logger.warning("view \(view.name) could not change places with its kept version: \(error.message)")
            case nil:
                if isStopping { return exchanged }
                if !job.withdraw() { stores.detach(view.store) }
            }
        }
        return exchanged
    }

    /// Waits for an exchange; nil when it took too long, or the fold is to stop.
    private func outcome(of job: StoreExchange) throws -> Result<Void, StoreError>? {
        let end = clock.now + Self.patience
        stores.news.listen(true)
        while true {
            let wakeCount = log.wakeCount
            try stores.check()
            noteRequests()
            if let outcome = job.outcome { return outcome }
            if isStopping || clock.now >= end { return nil }
            _ = try log.waitForFrontier(beyond: Offset(.max), timeout: .milliseconds(100), since: wakeCount)
        }
    }

    /// A rollback without a daemon, of a view whose kept version is what its file says; false when it has to be built.
    func rollBackAtRest(_ request: RebuildRequest) throws -> Bool {
        guard request.isRollback, try awaitStores() else { return false }
        let relations = log.newestSchemas
        let views = try compiler.compile(relations).compactMap { try? FoldedView($0.result.get()) }
        let kept = try compiler.compilePrevious(relations, applied: false)
        let keeping = keeping(.asBefore, beside: views, before: definitionsBefore(), kept: kept)
        let asked = keeping.views.filter { request.views.contains($0.previousOf ?? "") }
        guard asked.count == request.views.count, try exchangeHeld(views, asked).count == asked.count else {
            return false
        }
        noteApplied(views.filter { request.views.contains($0.name) } + asked, isComplete: false)
        return true
    }
}
