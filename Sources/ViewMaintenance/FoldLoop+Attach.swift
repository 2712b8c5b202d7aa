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
            let rows = ahead?.rows ?? engine.circuit.takeRows(of: view.name)
            guard view.stop == nil, let rows else { continue }
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
            board.forgetVerifications(of: (taken[store] ?? []).map { engine.views[$0].name } + (gone[store] ?? []))
            for index in taken[store] ?? [] {
                engine.views[index].attachedThrough = engine.frontier.offset
                engine.views[index].attachment = ticket
                engine.views[index].resumedAt = nil
                engine.views[index].detachedAt = nil
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
        var open: [Attaching] = []
        let waiting = attaching
        attaching = []
        for var one in waiting {
            if isOver(one), !one.hasDroppedMoved {
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
        one.tickets.allSatisfy { name, ticket in
            guard let glance = stores.glance(name) else { return true }
            return glance.settledTicket >= ticket || glance.isFailing
        }
    }

    /// Whether the rows of a view wait to be put in place.
    func isAttaching(_ view: FoldedView) -> Bool {
        guard let glance = stores.glance(view.store) else { return false }
        return glance.settledTicket < view.attachment
    }

    /// A view that now lives in another store leaves no rows behind.
    private func dropMoved(_ engine: FoldEngine) -> [String: UInt64] {
        let holdings = stores.holdings
        var moved: [String: [String]] = [:]
        for holding in holdings {
            guard let view = engine.views.first(where: { $0.name == holding.progress.view }), view.isFollowing,
                view.store != holding.store, stores.glance(holding.store)?.isAway == false,
                holdings.contains(where: { $0.store == view.store && $0.progress.view == view.name })
            else { continue }
            moved[holding.store, default: []].append(view.name)
        }
        var tickets: [String: UInt64] = [:]
        for (store, views) in moved {
            tickets[store] = stores.attach([], dropping: views, in: store, at: engine.frontier)
        }
        return tickets
    }
}
