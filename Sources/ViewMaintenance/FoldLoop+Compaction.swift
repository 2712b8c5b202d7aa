import EventLog
import Logging
import Relational
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
            guard let views = try attachedAgain(engine.views) else { return }
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
    /// Waits for stores that cannot be asked; nil when the fold was told to stop meanwhile.
    func attachedAgain(_ views: [FoldedView]) throws -> [FoldedView]? {
        guard let holdings = try reachedHoldings() else { return nil }
        return views.map { view in
            var fresh = FoldedView(view.definition)
            fresh.oldRows = view.oldRows
            return view.attachedThrough == nil ? fresh : resumed(fresh, holdings)
        }
    }

    private func reachedHoldings() throws -> [StoreSet.Holding]? {
        while true {
            do {
                return try stores.holdings()
            } catch {
                guard isPatient, error.code == .unavailable || error.code == .engine else { throw error }
                logger.error("the stores cannot be asked for their progress, trying again: \(error.message)")
                guard try waitForStore() else { return nil }
            }
        }
    }

    /// Writes down in the stores how far their views are, durably, and answers with a cursor for each.
    ///
    /// Views that stopped hold nothing: they are built again when they go on.
    /// - Throws: when a store belongs to somebody else.
    func noteProgress(_ reply: FoldRequest.Reply<ProgressNote>) throws {
        guard let engine else { return reply(.failure(Self.notReady)) }
        var note = ProgressNote(cursors: [], names: [])
        for name in stores.members.keys.sorted() {
            note.names.insert(Self.cursorName(ofStore: name))
            do throws(StoreFailure) {
                let offset = try stores.noteProgress(of: engine, in: name)
                note.cursors.append(
                    LogCursor(name: Self.cursorName(ofStore: name), offset: offset, movedAt: PostgresTime.now)
                )
            } catch {
                if error.error.code == .foreign { throw error.error }
                logger.warning("store \(name) could not note its progress: \(error.error.message)")
            }
        }
        board.publish(stores: stores.status)
        reply(.success(note))
    }

    /// The name under which the log knows a store that reads it.
    static func cursorName(ofStore name: String) -> String { "store \(name)" }
}
