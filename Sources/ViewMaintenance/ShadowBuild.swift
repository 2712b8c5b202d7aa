import Dataflow
import EventLog
import Relational
import StateFiles
import ViewStores

/// A new set of views on its way beside the running fold. Owned by the shadow's thread, then by the fold's.
///
/// 1. `follow` folds the log until little is missing to the running fold.
/// 2. `stage` takes the rows of the views to build out of the circuit and lets their stores write them, unseen, between what live views
///    get. What is folded meanwhile is kept beside them.
/// 3. At the cut `fold` comes to exactly the running frontier; each store puts in place what it has written, with what was kept.
///
/// So the cut is short however large the views are: readers of live views do not wait for the writing, and all views of a store go on
/// together.
final class ShadowBuild {
    /// Rows of a view that left the circuit before the cut.
    final class RowsAhead {
        let table: ViewTable
        let rows: ViewRows
        /// What changed since.
        fileprivate(set) var later: StoreDelta?
        /// Whether its store has them in an unfinished generation.
        fileprivate(set) var isStaged = false

        init(_ table: ViewTable, _ rows: ViewRows) { (self.table, self.rows) = (table, rows) }
    }

    /// What a build is at.
    enum Phase {
        /// The log is read up to here.
        case reading(Offset)
        case writing(rows: Int, of: Int)
    }

    let engine: FoldEngine
    private(set) var ahead: [String: RowsAhead] = [:]
    private var stagings: [(worker: StoreWorker, staging: StoreStaging)] = []
    private let board: StatusBoard
    /// Where state goes that is more than it may have in memory.
    private let state: (folder: StateFolder, memory: MemoryBudget)?
    /// Whether somebody still wants it; told how far it is.
    private let goesOn: (Phase) -> Bool

    /// Frames that the running fold may fold while the shadow waits for its turn; the cut costs no more than these.
    private static let gapMax: Int64 = 8192
    /// How often the shadow goes after a running fold that it does not come close to.
    private static let roundsMax = 16
    private var budget: EpochBudget {
        state.map { .replay(within: $0.memory) } ?? .replay
    }

    /// How long no store may write anything before the cut is made without.
    private static let patience = Duration.seconds(30)

    private init(
        _ engine: FoldEngine,
        _ state: (folder: StateFolder, memory: MemoryBudget)?,
        _ board: StatusBoard,
        goesOn: @escaping (Phase) -> Bool
    ) {
        (self.engine, self.state, self.board, self.goesOn) = (engine, state, board, goesOn)
    }

    private func relieve() throws {
        guard let state else { return }
        try engine.relieve(
            within: state.memory.stateByteMax / 2,
            into: state.folder,
            batchByteMax: state.memory.batchByteMax
        )
    }

    /// A build that is ready for the cut but for a few frames, or is not wanted any more; begins anew whenever the log is compacted
    /// under it.
    static func make(
        _ views: [FoldedView],
        log: EventLog,
        state: (folder: StateFolder, memory: MemoryBudget)?,
        board: StatusBoard,
        stores: [String: StoreWorker],
        pace: ReplayPace?,
        crew: Crew,
        goesOn: @escaping (Phase) -> Bool
    ) throws -> ShadowBuild {
        var pace = pace
        while true {
            // A cut below the horizon cannot be met: the running fold has to come there first.
            while board.frontier.offset < log.horizon.offset, goesOn(.reading(.zero)) {
                OwnThread.sleep(.milliseconds(20))
            }
            let build = ShadowBuild(
                try FoldEngine(log: log, views: views, folder: state?.folder, crew: crew),
                state,
                board,
                goesOn: goesOn
            )
            do {
                guard try build.follow(&pace) else { return build }
                try build.stage(in: stores, &pace)
                return build
            } catch is CompactedPart {
                guard goesOn(.reading(.zero)) else { return build }
            }
        }
    }

    // MARK: Folding

    /// Folds to the published frontier, again while that has moved on far; false when `goesOn` says so.
    private func follow(_ pace: inout ReplayPace?) throws -> Bool {
        for _ in 0..<Self.roundsMax {
            let goal = board.frontier.offset
            while let epoch = try engine.nextEpoch(pace?.budget ?? budget, limits: [.offset(goal)]) {
                try seal(epoch)
                try relieve()
                board.update(memory: { $0.buildingBytes = engine.circuit.stateByteCount })
                guard goesOn(phase) else { return false }
                pace?.pause(after: epoch.bytes) { goesOn(phase) }
            }
            if isClose { return true }
        }
        return true
    }

    private var phase: Phase {
        guard !stagings.isEmpty else { return .reading(engine.readOffset) }
        let all = engine.views.indices.reduce(0) { all, index in
            all + (ahead[engine.views[index].name] == nil ? 0 : Int(clamping: engine.rowCounts[index]))
        }
        return .writing(rows: stagings.reduce(0) { $0 + $1.staging.rowCount }, of: all)
    }

    private var isClose: Bool { board.frontier.offset.rawValue - engine.frontier.offset.rawValue <= Self.gapMax }

    /// Folds to exactly `frontier`.
    ///
    /// - Throws: `CompactedPart` when the log was compacted beyond it; the build must be made anew.
    func fold(to frontier: Frontier) throws {
        while let epoch = try engine.nextEpoch(budget, limits: [.offset(frontier.offset)]) { try seal(epoch) }
        try engine.align(with: frontier)
    }

    private func seal(_ epoch: Epoch) throws {
        if epoch.isStepped {
            for (name, rows) in ahead {
                try engine.circuit.withDelta(of: name) { delta throws(StoreError) in try rows.add(delta) }
            }
        }
        try engine.seal(epoch)
    }

    // MARK: Staging

    private func takeRows(of view: String) -> ViewRows? {
        guard let state else { return engine.circuit.takeRows(of: view) }
        return engine.circuit.takeRows(of: view, batchByteMax: state.memory.batchByteMax)
    }

    /// Gives the rows of the views to build to their stores, and follows the fold until those have written them.
    ///
    /// What a store does not take now, it gets at the cut, and may say there why not.
    private func stage(in stores: [String: StoreWorker], _ pace: inout ReplayPace?) throws {
        for (name, views) in Dictionary(grouping: engine.views, by: \.store) {
            guard let worker = stores[name], worker.glance.isReady, !worker.glance.isDetached else { continue }
            for view in views where view.attachedThrough == nil && view.stop == nil && !view.isDifference {
                guard let rows = takeRows(of: view.name) else { continue }
                ahead[view.name] = RowsAhead(view.table, rows)
            }
            let taken = views.compactMap { ahead[$0.name] }
            guard !taken.isEmpty else { continue }
            // Rows that cannot be ordered are written at the cut, where the store says what is wrong.
            let staging = StoreStaging(
                taken.compactMap { view in
                    (try? OrderedRows(view.rows, of: view.table)).map { (view.table, $0) }
                }
            )
            worker.post(staging)
            stagings.append((worker, staging))
        }
        defer {
            for (worker, staging) in stagings {
                worker.withdraw(staging)
                for name in staging.staged { ahead[name]?.isStaged = true }
            }
            // The order of many rows takes a while to go: here, not at the cut.
            stagings = []
        }
        var (writtenCount, lastMove) = (-1, ContinuousClock.now)
        while true {
            let waiting = stagings.filter { !$0.staging.isOver && $0.worker.wants($0.staging) }
            guard try follow(&pace), goesOn(phase), !waiting.isEmpty else { return }
            let count = waiting.reduce(0) { $0 + $1.staging.rowCount }
            if count != writtenCount { (writtenCount, lastMove) = (count, .now) }
            // A server that neither answers nor fails keeps nobody else's views.
            guard ContinuousClock.now - lastMove < Self.patience else { return }
            OwnThread.sleep(.milliseconds(5))
        }
    }
}

extension ShadowBuild.RowsAhead {
    /// Changes are summed up whenever they have doubled: a row that changes often costs no more than one that does once.
    fileprivate func add(_ delta: borrowing ZSet) throws(StoreError) {
        guard !delta.isEmpty else { return }
        if let later { try later.add(delta) } else { later = StoreDelta(table, attachment: 0, delta) }
    }
}
