import Dataflow
import Logging
import Relational
import ViewStores

/// What the fold shows of its views, and logs when it changes.
extension FoldLoop {
    /// What the last publication left.
    struct Shown {
        var states: [String: Status.State] = [:]
        /// Failures by view, with the offset at which each began.
        var failures: [String: Status.Failure] = [:]
        var stateBytes: [String: Int64] = [:]
        /// When the size of the state is looked at again.
        var nextMeasurement: ContinuousClock.Instant?
    }

    /// Shows every view as it is after an epoch that every store has, or after the set of views changed.
    func publish(_ engine: FoldEngine, epochs: UInt64 = 0, records: Int = 0) {
        measure(engine)
        board.show(unitProgress: engine.openUnit?.progress)
        let glances = stores.workers.mapValues(\.glance)
        var entries = engine.views.indices.map { entry(of: $0, engine, glances[engine.views[$0].store]) }
        func add(_ name: String, in store: String, because failure: Status.Failure? = nil) {
            guard !entries.contains(where: { $0.name == name }) else { return }
            let state: Status.State = failure == nil ? .building : .error
            var entry = StatusBoard.ViewEntry(name: name, store: store, state: state, failure: failure)
            entry.frontier = .start
            entries.append(entry)
        }
        for (name, failed) in failures { add(name, in: failed.store, because: failed.failure) }
        for view in shadow?.building ?? [] { add(view.name, in: view.store) }
        for view in folderStart?.building ?? [] { add(view.name, in: view.store, because: folderFailure) }
        note(entries, at: engine.frontier)
        board.publish(
            engine.frontier,
            views: entries.sorted { $0.name < $1.name },
            epochs: epochs,
            records: UInt64(records)
        )
    }

    /// Why the running views are not those of the folder, unless that is being changed.
    private var folderFailure: Status.Failure? { shadow == nil ? folderStart?.failure : nil }

    private func entry(of index: Int, _ engine: FoldEngine, _ store: StoreGlance?) -> StatusBoard.ViewEntry {
        let view = engine.views[index]
        var entry = StatusBoard.ViewEntry(name: view.name, store: view.store, state: .live)
        entry.rows = engine.rowCounts[index]
        entry.version = view.table.version
        entry.stateBytes = shown.stateBytes[view.name] ?? 0
        if let stop = view.stop {
            entry.state = .parked
            entry.failure = stop.failure
            entry.frontier = stop.frontier
        } else if view.attachedThrough == nil {
            entry.state = view.oldRows == nil ? .building : .rebuilding
            entry.frontier = view.oldRows ?? .start
        } else if let rows = view.detachedAt {
            entry.state = .error
            entry.frontier = rows
            entry.isStoreAway = true
            entry.failure = storeFailure(of: view, store)
        } else {
            entry.least = view.resumedAt
            if let store, store.settledTicket < view.attachment {
                let hasRows = view.oldRows != nil || isHeld(view)
                entry.state = hasRows ? .rebuilding : .building
                entry.frontier = hasRows ? view.oldRows : .start
            }
            if let failure = storeFailure(of: view, store) {
                entry.failure = failure
                entry.isStoreAway = true
            } else {
                entry.failure = dataFailure(of: view, engine)
            }
            if entry.failure != nil { entry.state = .error }
        }
        let isReplaced = folderStart?.replaces(view) == true
        if isReplaced || shadow?.building.contains(where: { $0.name == view.name }) == true,
            entry.state != .error || entry.isStoreAway
        {
            entry.state = entry.state == .building ? .building : .rebuilding
        }
        if isReplaced || folderStart?.dropped.contains(view.name) == true {
            entry.failure = entry.failure ?? folderFailure
        }
        return entry
    }

    /// Whether the store has rows of a view, of whatever version.
    private func isHeld(_ view: FoldedView) -> Bool {
        stores.workers[view.store]?.held.contains { $0.view == view.name } == true
    }

    /// What keeps a view's store from taking its rows; nil when nothing does.
    private func storeFailure(of view: FoldedView, _ glance: StoreGlance?) -> Status.Failure? {
        guard let glance else { return nil }
        if let outage = glance.outage {
            return Status.Failure(
                code: "store",
                message: "store \(view.store): \(outage.error.message)" + rowsElsewhere(view),
                hint: outage.error.hint ?? "nothing is lost: the store is tried again by itself",
                offset: glance.applied.offset.rawValue
            )
        }
        guard view.detachedAt != nil else { return nil }
        if view.isNameFree {
            return Status.Failure(code: "store", message: "its name in store \(view.store) is free; the view is built")
        }
        return Status.Failure(
            code: "store",
            message: glance.isOpen
                ? "store \(view.store) lagged too far or lost rows; the view is built again" + pause(glance)
                : "store \(view.store) is being opened" + rowsElsewhere(view),
            offset: glance.applied.offset.rawValue
        )
    }

    /// What keeps the views of a store from being built again at once.
    private func pause(_ glance: StoreGlance) -> String {
        glance.buildsAfter.map { " in \(($0 - clock.now).components.seconds + 1) s" } ?? ""
    }

    /// Where readers find the rows of a view that has moved, as long as its new store has none.
    private func rowsElsewhere(_ view: FoldedView) -> String {
        guard !isHeld(view), let old = stores.holdings.first(where: { $0.progress.view == view.name })
        else { return "" }
        return "; store \(old.store) has its rows up to LSN \(old.progress.position.lsn) until it is there"
    }

    /// The error rows below a view; they heal by themselves.
    private func dataFailure(of view: FoldedView, _ engine: FoldEngine) -> Status.Failure? {
        guard let first = engine.circuit.errors(of: view.circuitName).first else { return nil }
        let rows = first.count == 1 ? "a row raises" : "\(first.count) rows raise"
        let code = "\(first.error)"
        let begun = shown.failures[view.name].flatMap { $0.code == code ? $0.offset : nil }
        return Status.Failure(
            code: code,
            message: "\(rows) an error: \(first.message)",
            hint: "correct the data; the view heals by itself",
            offset: begun ?? engine.frontier.offset.rawValue
        )
    }

    /// Logs what changed since the last publication.
    private func note(_ entries: [StatusBoard.ViewEntry], at frontier: Frontier) {
        var states: [String: Status.State] = [:]
        var failures: [String: Status.Failure] = [:]
        for entry in entries {
            states[entry.name] = entry.state
            failures[entry.name] = entry.failure
            let before = shown.states[entry.name]
            guard before != entry.state || shown.failures[entry.name] != entry.failure else { continue }
            let place: Logger.Metadata = ["offset": "\(frontier.offset)", "lsn": "\(frontier.position.lsn)"]
            if let failure = entry.failure, entry.state == .error || entry.state == .parked {
                guard before != entry.state else { continue }
                logger.error(
                    "view \(entry.name) is in state \(entry.state.rawValue): \(failure.message)",
                    metadata: place
                )
            } else {
                logger.info("view \(entry.name) is \(entry.state.rawValue)", metadata: place)
            }
        }
        shown.states = states
        shown.failures = failures
    }

    /// Memory of each view's operators, looked at once a second; what views share is counted at each of them.
    private func measure(_ engine: FoldEngine) {
        if let next = shown.nextMeasurement, clock.now < next { return }
        shown.nextMeasurement = clock.now + .seconds(1)
        shown.stateBytes = [:]
        let statistics = engine.circuit.statistics
        board.show(stateBytes: statistics.reduce(0) { $0 + Int64($1.stateBytes) })
        for one in statistics {
            for view in engine.views where one.views.contains(view.circuitName) {
                shown.stateBytes[view.name, default: 0] += Int64(one.stateBytes)
            }
        }
    }
}

extension StatusBoard {
    /// Memory of the state, and of the records of the epoch that was read last.
    func noteMemory(of engine: FoldEngine, epochBytes: Int? = nil) {
        let (all, unwritten) = (engine.circuit.stateByteCount, engine.circuit.unwrittenByteCount)
        update(memory: { memory in
            memory.stateBytes = all - unwritten
            memory.unwrittenBytes = unwritten
            memory.epochBytes = epochBytes ?? memory.epochBytes
        })
    }
}
