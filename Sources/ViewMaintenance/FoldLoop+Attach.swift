import Dataflow
import Logging
import Relational
import ViewStores

/// The one way in for a view: its rows as of the engine's frontier, written unseen, then put in place with its progress.
extension FoldLoop {
    /// Attaches every view that is not, and removes `dropped`: one transaction in each store.
    ///
    /// A view whose store refuses it is stopped, the others go on. Rows that a view left in another store go when it is attached.
    ///
    /// - Throws: `StoreError.foreign` alone, or any failure of a store when the loop is not patient.
    func attachPending(_ engine: FoldEngine, dropping dropped: [(view: String, store: String)]) throws {
        var staged: [String: [String]] = [:]
        for index in engine.views.indices where engine.views[index].attachedThrough == nil {
            let view = engine.views[index]
            if view.stop == nil {
                if let failure = try attempt({ () throws(StoreFailure) in try stores.stage(view, of: engine) }) {
                    stop([view.name], of: engine, because: failure.error)
                } else {
                    staged[view.store, default: []].append(view.name)
                }
            }
            engine.circuit.dropIntegral(of: view.name)
        }
        let removed = Dictionary(grouping: dropped, by: \.store).mapValues { $0.map(\.view) }
        for store in Set(staged.keys).union(removed.keys).sorted() {
            try publish(staged[store] ?? [], dropping: removed[store] ?? [], in: store, engine)
        }
        try dropMoved(engine)
    }

    /// One transaction of one store; whoever makes it fail is left out of the next attempt.
    private func publish(
        _ names: [String],
        dropping dropped: [String],
        in store: String,
        _ engine: FoldEngine
    ) throws {
        var (names, dropped) = (names, dropped)
        while !(names.isEmpty && dropped.isEmpty) {
            let views = engine.views.filter { names.contains($0.name) }
            let refusal = try attempt { () throws(StoreFailure) in
                try stores.publish(views, dropping: dropped, in: store, at: engine.frontier)
            }
            guard let refusal else {
                for index in engine.views.indices where names.contains(engine.views[index].name) {
                    engine.views[index].attachedThrough = engine.frontier.offset
                }
                for view in dropped { logger.notice("view \(view) has no file any more; dropped from \(store)") }
                return
            }
            let culprits = refusal.views.isEmpty ? names + dropped : refusal.views
            stop(culprits.filter(names.contains), of: engine, because: refusal.error)
            for view in culprits where dropped.contains(view) {
                logger.error("view \(view) cannot be dropped from \(store): \(refusal.error.message)")
            }
            names.removeAll(where: culprits.contains)
            dropped.removeAll(where: culprits.contains)
        }
    }

    /// A view that now lives in another store leaves no rows behind.
    private func dropMoved(_ engine: FoldEngine) throws {
        let holdings: [StoreSet.Holding]
        do {
            holdings = try stores.holdings()
        } catch {
            logger.error("the stores could not be searched for rows of moved views: \(error.message)")
            return
        }
        for holding in holdings {
            guard let view = engine.views.first(where: { $0.name == holding.progress.view }), view.isFollowing,
                view.store != holding.store
            else { continue }
            try publish([], dropping: [view.name], in: holding.store, engine)
        }
    }

    /// Runs `body` until the store takes it; the refusal when it is for good, or was met too often.
    private func attempt(_ body: () throws(StoreFailure) -> Void) throws -> StoreFailure? {
        for attempt in 1... {
            do throws(StoreFailure) {
                try body()
                noteStoresAreBack()
                return nil
            } catch {
                if error.error.code == .foreign { throw error.error }
                guard error.isTransient else { return error }
                guard isPatient else { throw Self.given(up: error) }
                board.publish(stores: stores.status)
                guard attempt < Self.attachAttemptsMax, try waitForStore() else { return error }
                logger.error("store \(error.store) cannot take a view, trying again: \(error.error.message)")
            }
        }
        return nil
    }
}
