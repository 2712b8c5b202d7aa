import Dataflow
import Logging
import Relational
import ViewStores

/// The one way in for a view: its rows as of the engine's frontier, written unseen by its store's thread, then put in place with its
/// progress. Deltas of later epochs wait behind them.
extension FoldLoop {
    /// Attachments under way, and what is done when they are over.
    struct Attaching {
        /// The last one in each store.
        var tickets: [String: UInt64]
        /// Whether rows that views left in other stores were looked for.
        var hasDroppedMoved = false
        /// Whether stores that fail are waited for as well.
        var isPatient = false
        var whenDone: (FoldEngine) -> Void
        /// Called instead when the fold ends before.
        var refuse: ((MaintenanceError) -> Void)?

        init(
            tickets: [String: UInt64],
            refuse: ((MaintenanceError) -> Void)? = nil,
            whenDone: @escaping (FoldEngine) -> Void
        ) {
            self.tickets = tickets
            self.refuse = refuse
            self.whenDone = whenDone
        }

        /// Waits on for the stores that failed; nobody waits for it.
        init(patientlyAfter one: Attaching) {
            self.init(tickets: one.tickets) { _ in }
            isPatient = true
        }
    }

    /// The last attachment in each store that somebody waits for.
    var attachingTickets: [String: UInt64] {
        attaching.reduce(into: [:]) { all, one in all.merge(one.tickets) { max($0, $1) } }
    }

    /// Leaves every view that is not attached for its store, and `dropped`: one transaction in each store.
    ///
    /// A view whose store is away is detached. Rows that a view left in another store go when it is attached. `ahead` are rows that a shadow
    /// has taken out of the circuit already.
    func attachPending(
        _ engine: FoldEngine,
        ahead: [String: ShadowBuild.RowsAhead] = [:],
        dropping dropped: [(view: String, store: String)],
        refuse: ((MaintenanceError) -> Void)? = nil,
        whenDone: @escaping (FoldEngine) -> Void = { _ in }
    ) throws {
        var parts: [String: [StoreAttachment.View]] = [:]
        var taken: [String: [Int]] = [:]
        for index in engine.views.indices where engine.views[index].attachedThrough == nil {
            let view = engine.views[index]
            let ahead = ahead[view.name]
            let rows = ahead?.rows ?? engine.circuit.takeRows(of: view.circuitName, batchByteMax: memory.batchByteMax)
            guard view.stop == nil, let rows else {
                rebuilding?.tickets[view.name] = 0
                continue
            }
            // A store that fails for a moment keeps the rows; one that lacks others gets all of them when it is back.
            guard let glance = stores.glance(view.store), glance.isReady || !glance.isDetached else {
                engine.views[index].detach(at: view.oldRows ?? .start)
                continue
            }
            var part = StoreAttachment.View(table: view.table, rows: rows, isDifference: view.isDifference)
            (part.isStaged, part.later) = (ahead?.isStaged ?? false, ahead?.later)
            parts[view.store, default: []].append(part)
            taken[view.store, default: []].append(index)
        }
        let gone = Dictionary(grouping: dropped, by: \.store).mapValues { $0.map(\.view) }
        var tickets: [String: UInt64] = [:]
        for store in Set(parts.keys).union(gone.keys).sorted() {
            if parts[store] == nil, stores.glance(store)?.isDetached == true {
                logger.warning("views without a file stay in store \(store), which is not there")
                continue
            }
            let ticket = stores.attach(parts[store] ?? [], dropping: gone[store] ?? [], in: store, at: engine.frontier)
            tickets[store] = ticket
            for index in taken[store] ?? [] {
                engine.views[index].attachedThrough = engine.frontier.offset
                engine.views[index].attachment = ticket
                engine.views[index].resumedAt = nil
                engine.views[index].detachedAt = nil
                rebuilding?.tickets[engine.views[index].name] = ticket
            }
        }
        attaching.append(Attaching(tickets: tickets, refuse: refuse, whenDone: whenDone))
        stores.news.listen(true)
        try settleAttachments(engine)
    }

    /// Ends the waits for attachments that are over. One in a store that fails is not waited for: it goes on when the store is back.
    func settleAttachments(_ engine: FoldEngine) throws {
        guard !attaching.isEmpty else { return }
        try stores.check()
        hearRefusals(engine)
        noteRebuilt(engine)
        var open: [Attaching] = []
        let waiting = attaching
        attaching = []
        for var one in waiting {
            if isOver(one), !one.hasDroppedMoved {
                // What moved into a store that fails is dropped from its old one when it is in place.
                if !isSettled(one) { open.append(Attaching(patientlyAfter: one)) }
                one.hasDroppedMoved = true
                one.tickets = dropMoved(engine)
            }
            if isOver(one) {
                publish(engine)
                one.whenDone(engine)
            } else {
                open.append(one)
            }
        }
        attaching += open
    }

    private func isOver(_ one: Attaching) -> Bool {
        isSettled(one) || !one.isPatient && one.tickets.allSatisfy { isSettled($0, $1) || isFailing($0) }
    }

    /// Rows of views that live elsewhere by now may be in a store that is back.
    func noteStoresBack() {
        let away = Set(stores.away)
        if !storesAway.isSubset(of: away) { attaching.append(Attaching(tickets: [:]) { _ in }) }
        storesAway = away
    }

    private func isSettled(_ one: Attaching) -> Bool { one.tickets.allSatisfy(isSettled) }

    private func isSettled(_ store: String, _ ticket: UInt64) -> Bool {
        stores.glance(store).map { $0.settledTicket >= ticket } ?? true
    }

    private func isFailing(_ store: String) -> Bool { stores.glance(store)?.isFailing == true }

    /// Whether the rows of a view wait to be put in place.
    func isAttaching(_ view: FoldedView) -> Bool {
        guard let glance = stores.glance(view.store) else { return false }
        return glance.settledTicket < view.attachment
    }

    /// A view that now lives in another store leaves no rows behind, once its new rows are there.
    private func dropMoved(_ engine: FoldEngine) -> [String: UInt64] {
        let holdings = stores.holdings
        var moved: [String: [String]] = [:]
        for holding in holdings {
            guard let view = engine.views.first(where: { $0.name == holding.progress.view }), view.isFollowing,
                view.store != holding.store, holdings.contains(where: { $0.store == view.store && $0.isOf(view) })
            else { continue }
            if stores.glance(holding.store)?.isAway == false {
                moved[holding.store, default: []].append(view.name)
            } else {
                // Looked at again when it is back.
                storesAway.insert(holding.store)
            }
        }
        var tickets: [String: UInt64] = [:]
        for (store, views) in moved {
            tickets[store] = stores.attach([], dropping: views, in: store, at: engine.frontier)
        }
        return tickets
    }
}
