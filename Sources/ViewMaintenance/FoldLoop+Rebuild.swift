import Logging
import Relational

/// A rebuild that was asked for is done, whoever is stopped meanwhile.
///
/// 1. `note` writes the request down before it begins; the views that are put in place are noted one by one, and the note goes with the
///    last of them (`RebuildLedger`).
/// 2. The daemon takes up what is left at its next start; without a daemon the next `leftfold rebuild` does.
/// 3. Who asks for the same while it runs waits for it with those who asked before.
///
/// What the fold holds in memory goes with the process: a view that was not put in place is folded from the log's beginning again.
extension FoldLoop {
    /// A rebuild that is not finished.
    struct Rebuilding {
        var note: UnfinishedRebuild
        /// The attachments by which its views get their rows, as far as they are under way; 0 for a view that has none to put in place.
        var tickets: [String: UInt64] = [:]
        /// Who waits for it; nobody does when it is not being worked at.
        var waiting: [FoldRequest.Reply<ApplyReport>] = []
    }

    /// Lets somebody wait for the rebuild that is being done, when that is what is asked for.
    func join(_ reconciliation: FoldRequest.Reconciliation) -> Bool {
        guard case .rebuild(let request) = reconciliation.scope, !request.isRollback, let running = rebuilding,
            !running.waiting.isEmpty, shadow?.isCancelled.isSet != true,
            running.note.isAsked(by: request)
        else { return false }
        rebuilding?.waiting.append(reconciliation.reply)
        return true
    }

    /// Whether another rebuild would have to wait until the views of the one that runs are in place.
    func isPlacing(_ reconciliation: FoldRequest.Reconciliation) -> Bool {
        guard case .rebuild = reconciliation.scope else { return false }
        return rebuilding?.waiting.isEmpty == false
    }

    /// What a request comes to, with what an earlier one has left of views that are still `known`.
    func takenUp(_ request: RebuildRequest, known: Set<String>) -> RebuildRequest {
        guard let running = rebuilding else { return request }
        var note = running.note
        note.views.removeAll { !known.contains($0) }
        rebuilding?.note = note
        // What is being put in place needs no more.
        note.done += running.tickets.keys.filter { name in
            engine?.views.contains { $0.name == name && $0.detachedAt == nil } == true
        }
        guard !note.left.isEmpty else {
            rebuilding = nil
            return request
        }
        return note.takenUp(by: request)
    }

    /// Writes down that these views are to be built.
    func note(
        _ request: RebuildRequest,
        views: [String],
        for reply: FoldRequest.Reply<ApplyReport>? = nil
    ) throws(MaintenanceError) {
        let now = PostgresTime.text(PostgresTime.now)
        let note =
            rebuilding?.note.next(request, views: views, at: now)
            ?? UnfinishedRebuild(request, views: views, since: now)
        try rebuilds?.write(note)
        var running = Rebuilding(note: note)
        if let reply { running.waiting.append(reply) }
        rebuilding = running
        board.show(note)
    }

    /// Notes views whose rows are in place; the note goes with the last of them.
    func noteRebuilt(_ engine: FoldEngine) {
        guard let running = rebuilding else { return }
        var note = running.note
        note.done += note.left.filter { name in
            if let ticket = running.tickets[name] {
                let view = engine.views.first { $0.name == name }
                guard let view, let glance = stores.glance(view.store) else { return true }
                return view.detachedAt == nil && glance.settledTicket >= ticket
            }
            // Dropped since.
            return shadow == nil && isUp && failures[name] == nil && !engine.views.contains { $0.name == name }
        }
        guard note != running.note else { return }
        rebuilding?.note = note
        do throws(MaintenanceError) {
            if note.left.isEmpty {
                try rebuilds?.remove()
                if running.waiting.isEmpty { rebuilding = nil }
            } else {
                try rebuilds?.write(note)
            }
        } catch {
            logger.warning("what is done of a rebuild could not be noted; it may be done again: \(error.message)")
        }
        board.show(note.left.isEmpty ? nil : note)
    }

    /// Answers everybody who waits for the rebuild. One that could not be finished stays noted.
    func endRebuild(_ result: Result<ApplyReport, MaintenanceError>) {
        if let engine { noteRebuilt(engine) }
        let waiting = rebuilding?.waiting ?? []
        rebuilding?.waiting = []
        if rebuilding?.note.left.isEmpty == true { rebuilding = nil }
        for reply in waiting { reply(result) }
    }

    /// Reads what an earlier process has left.
    func readRebuild() throws(MaintenanceError) {
        guard rebuilding == nil, let note = try rebuilds?.read() else { return }
        guard !note.left.isEmpty else {
            try rebuilds?.remove()
            return
        }
        rebuilding = Rebuilding(note: note)
        board.show(note)
    }

    /// At the start: goes on with the rebuild that was stopped. Views that this start has built from the log anyway are as good as done.
    func takeUpRebuild() {
        guard limit == .none, let engine else { return }
        do throws(MaintenanceError) {
            try readRebuild()
        } catch {
            return logger.error("a rebuild that was stopped is not taken up: \(error.message)")
        }
        guard let note = rebuilding?.note else { return }
        for view in engine.views where note.left.contains(view.name) && view.detachedAt == nil && view.resumedAt == nil
        {
            rebuilding?.tickets[view.name] = view.stop == nil ? view.attachment : 0
        }
        noteRebuilt(engine)
        let built = Set(rebuilding?.tickets.keys.map(\.self) ?? [])
        guard let rest = rebuilding?.note, !built.isSuperset(of: rest.left) else { return }
        logger.notice("the rebuild of \(rest.left.joined(separator: ", ")) was stopped; it is taken up again")
        let request = RebuildRequest(
            rest.asked,
            isRepair: rest.reason == .repair,
            isRollback: rest.reason == .rollback,
            bytesPerSecond: rest.bytesPerSecond
        )
        let logger = logger
        begin(
            FoldRequest.Reconciliation(scope: .rebuild(request)) { result in
                guard case .failure(let error) = result, error.code != .stopping else { return }
                logger.error("the rebuild that was stopped could not be taken up: \(error.message); leftfold rebuild")
            }
        )
    }

    /// Gives up the rebuild that is not finished, and returns it; views that it has not put in place keep their rows.
    func cancelRebuild() throws(MaintenanceError) -> UnfinishedRebuild? {
        let given = rebuilding?.note ?? (try? rebuilds?.read())
        // One that is being put in place cannot be called back.
        if let shadow, shadow.isRebuild {
            shadow.isCancelled.set()
        } else if rebuilding?.waiting.isEmpty == false {
            throw MaintenanceError(.refused, "the rebuilt views are being put in place", hint: "leftfold status")
        }
        try rebuilds?.remove()
        if let views = rebuilding?.note.views { rebuilding?.note.done = views }
        if rebuilding?.waiting.isEmpty == true { rebuilding = nil }
        board.show(nil as UnfinishedRebuild?)
        return given
    }

    static let cancelled = MaintenanceError(.refused, "the rebuild was given up", hint: "leftfold rebuild")
}
