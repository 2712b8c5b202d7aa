import EventLog
import Logging
import Relational
import Synchronization
import ViewStores

/// What compaction asks of the fold, and what the fold does when compaction did not wait for it.
extension FoldLoop {
    /// A compacted part of the log lies before the running fold.
    ///
    /// - Throws: when it is the fold's own limit that cannot be met.
    func meet(_ part: CompactedPart, _ engine: FoldEngine) throws {
        switch part {
        case .limit(let limit, let horizon):
            let error = MaintenanceError.unreachable(limit, horizon)
            guard limit != self.limit else { throw error }
            endHold(error)
        case .overtaken(let horizon):
            noteOvertaken(engine, horizon)
            endHold(
                MaintenanceError(
                    .fold,
                    "the views are built again: the log was compacted beyond them",
                    hint: "wait until they are live: leftfold status"
                )
            )
            guard try quiesce(engine) else { return }
            let views = attachedAgain(engine.views)
            try bringUp(views, dropping: [], isComplete: false)
        }
    }

    private func endHold(_ error: MaintenanceError) {
        hold?.reply?(.failure(error))
        hold = nil
    }

    func noteOvertaken(_ engine: FoldEngine, _ horizon: LogHorizon) {
        logger.warning(
            "the log was compacted beyond the fold, which was more than the retention's max_lag behind; its views are built again",
            metadata: ["offset": "\(engine.frontier.offset)", "horizon": "\(horizon.offset)"]
        )
    }

    /// The views of an engine that was overtaken: those whose rows the log still leads on from go on, the others are built.
    ///
    /// No store may have anything left to do.
    func attachedAgain(_ views: [FoldedView]) -> [FoldedView] {
        let holdings = stores.holdings
        return views.map { view in
            var fresh = FoldedView(view.definition)
            fresh.oldRows = view.oldRows
            if let rows = view.detachedAt {
                fresh.detach(at: rows)
                return fresh
            }
            return view.attachedThrough == nil ? fresh : resumed(fresh, holdings)
        }
    }

    /// Writes down in the stores how far their views are, durably, and answers with a cursor for each that could be asked.
    ///
    /// A store that fails keeps the cursor it has. Views that stopped or are detached hold nothing: they are built again when they go on.
    func noteProgress(_ reply: @escaping FoldRequest.Reply<ProgressNote>) {
        guard let engine else { return reply(.failure(Self.notReady)) }
        let collected = NoteCollector(Set(stores.workers.keys.map(Self.cursorName(ofStore:))), reply)
        for (name, worker) in stores.workers {
            let following = engine.views.filter { $0.store == name && $0.isFollowing }
            let note = StoreWorker.Note(
                views: following.map { ($0.table, $0.attachment) },
                frontier: engine.frontier,
                reply: { [logger] result in
                    switch result {
                    case .success(let offset): collected.add(name, offset)
                    case .failure(let error):
                        logger.warning("store \(name) could not note its progress: \(error.message)")
                        collected.add(name, nil)
                    }
                }
            )
            worker.post(note)
        }
    }

    /// The name under which the log knows a store that reads it.
    static func cursorName(ofStore name: String) -> String { "store \(name)" }
}

/// Gathers what the stores' threads answer, and hands it on with the last answer.
private final class NoteCollector: Sendable {
    private struct State {
        var note: ProgressNote
        var missing: Int
    }

    private let state: Mutex<State>
    private let reply: FoldRequest.Reply<ProgressNote>

    init(_ names: Set<String>, _ reply: @escaping FoldRequest.Reply<ProgressNote>) {
        state = Mutex(State(note: ProgressNote(cursors: [], names: names), missing: names.count))
        self.reply = reply
        if names.isEmpty { reply(.success(ProgressNote(cursors: [], names: []))) }
    }

    func add(_ store: String, _ offset: Offset?) {
        let whole: ProgressNote? = state.withLock { state in
            if let offset {
                state.note.cursors.append(
                    LogCursor(name: FoldLoop.cursorName(ofStore: store), offset: offset, movedAt: PostgresTime.now)
                )
            }
            state.missing -= 1
            return state.missing == 0 ? state.note : nil
        }
        if let whole { reply(.success(whole)) }
    }
}
