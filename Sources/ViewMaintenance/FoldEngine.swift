import Dataflow
import EventLog
import Relational
import StateFiles
import ViewPlan
import ViewStores

/// Folds the log through one circuit of views. Synchronous; owned by one thread.
///
/// 1. `nextEpoch` reads whole source commits, stages their records in the circuit and steps it.
/// 2. The owner takes the deltas to the stores.
/// 3. `seal` makes them part of the state, and stops the views that the circuit had to park.
///
/// A compacted part of the log is one unit that may be very large. It is taken in chunks: epochs that go to no store and move the frontier
/// nowhere, until the one that ends the part. So only views whose rows nobody sees meanwhile may meet one (`CompactedPart`). Any other large
/// unit, a snapshot or a transaction, is taken so as well: of views that follow the fold the circuit keeps what changes until the unit ends,
/// and their stores get all of it then.
final class FoldEngine {
    let circuit: Circuit
    var views: [FoldedView]
    private(set) var frontier = Frontier.start
    /// Rows of each view, by its index in `views`.
    private(set) var rowCounts: [Int64]
    /// The end of the last epoch that changed each view's rows: a store that is there has all of them.
    private(set) var changedThrough: [Offset]
    /// Whether something was folded into the state since the last checkpoint.
    var hasUnsavedState = true
    /// Bytes of state that could not leave memory when it was last written.
    var memoryFloor = 0
    private let log: EventLog
    private var reader: LogReader
    /// The frame that was kept out of the last epoch; valid because the reader has not moved since.
    private var heldBack: FrameView?
    /// Whether the last epoch ended because the next frame is beyond a limit.
    private(set) var isAtLimit = false
    /// The LSN of the first snapshot, when that was taken in although it is above a limit.
    private(set) var firstSnapshotBeyondLimit: LSN?
    /// Where the compacted part ends that is being read; nil outside of one.
    private var part: LogHorizon?
    /// Another unit that the last epoch ended inside of.
    private(set) var openUnit: OpenUnit?
    var isInsideUnit: Bool { openUnit != nil }
    /// Views whose rows changed in chunks of the unit that is being read.
    private var changedInUnit: Set<Int> = []
    /// The end of the last frame that was read: ahead of the frontier inside a compacted part or another unit.
    private(set) var readOffset = Offset.zero
    /// The newest schema of each relation that was read so far.
    private var schemaIDs: [RelationID: SchemaID] = [:]

    /// Starts at the beginning of the log. Views that are not attached keep their rows until the circuit's `dropIntegral`.
    init(log: EventLog, views: [FoldedView], folder: StateFolder? = nil, crew: Crew = .alone) throws {
        self.log = log
        self.views = views
        rowCounts = Array(repeating: 0, count: views.count)
        changedThrough = Array(repeating: .zero, count: views.count)
        circuit = try Circuit(
            views: views.map(\.definition),
            schemas: log.schemasByID,
            integralsOf: Self.building(views),
            folder: folder,
            crew: crew
        )
        reader = try LogReader(log, from: .zero)
        // A global aggregate has its one row before any input.
        try circuit.step()
        countRows()
        try circuit.seal()
        stopParked(at: .start)
    }

    private static func building(_ views: [FoldedView]) -> Set<String> {
        Set(views.filter { $0.attachedThrough == nil }.map(\.name))
    }

    /// Starts where a checkpoint was taken; nil when it lacks something of these views, be it the rows kept of one that is not attached.
    ///
    /// - Throws: when its files cannot be opened.
    init?(
        log: EventLog,
        views: [FoldedView],
        restoring manifest: StateManifest,
        from folder: StateFolder,
        crew: Crew = .alone
    ) throws {
        self.log = log
        self.views = views
        guard let note = FoldNote(manifest.notes[FoldNote.name]) else { return nil }
        circuit = try Circuit(
            views: views.map(\.definition),
            schemas: log.schemas(readWith: note.schemaIDs),
            integralsOf: Self.building(views),
            folder: folder,
            crew: crew
        )
        guard circuit.fits(manifest) else { return nil }
        rowCounts = []
        changedThrough = []
        for view in views {
            guard let known = note.known(of: view) else { return nil }
            rowCounts.append(known.rowCount)
            changedThrough.append(Offset(known.changedThrough))
        }
        hasUnsavedState = false
        schemaIDs = note.schemaIDs
        let position = SourcePosition(timeline: manifest.timeline, lsn: manifest.lsn)
        frontier = Frontier(offset: manifest.offset, position: position, commitTime: manifest.commitTime)
        readOffset = manifest.offset
        reader = try LogReader(log, from: manifest.offset)
        try circuit.restore(manifest, from: folder)
        stopParked(at: frontier, as: note)
    }

    /// Whether the state is one that the log leads on from.
    var canCheckpoint: Bool { part == nil && !isInsideUnit }

    /// What a checkpoint taken now says, but for the circuit's part.
    func manifest(_ notes: [String: [UInt8]]) -> StateManifest {
        var manifest = StateManifest(
            offset: frontier.offset,
            timeline: frontier.position.timeline,
            lsn: frontier.position.lsn,
            commitTime: frontier.commitTime,
            writtenAt: PostgresTime.now,
            notes: notes
        )
        var note = FoldNote(schemaIDs: schemaIDs)
        for (index, view) in views.enumerated() {
            note.views[view.name] = FoldNote.View(
                rowCount: rowCounts[index],
                changedThrough: changedThrough[index].rawValue,
                version: view.table.version,
                keepsRows: circuit.keepsRows(of: view.circuitName) ? true : nil,
                stopped: view.stop.map(FoldNote.Place.init)
            )
        }
        manifest.notes[FoldNote.name] = note.bytes
        return manifest
    }

    /// Reads and steps one epoch; nil when nothing can be read below the limits and the log's durable end.
    ///
    /// An epoch ends at every offset that a view is attached through, so that none begins inside a view's rows. One that an LSN limit ends
    /// stands at that LSN: every commit up to it is in.
    ///
    /// - Throws: `CompactedPart` when a compacted part of the log is in the way of a view or a limit.
    func nextEpoch(_ budget: EpochBudget, limits: [FoldLimit]) throws -> Epoch? {
        var epoch = Epoch(start: frontier)
        let wasBetweenUnits = canCheckpoint
        let cuts = Set(views.compactMap(\.attachedThrough)).filter { $0 > frontier.offset }
        while try readUnit(into: &epoch, budget, limits) {
            if epoch.isChunk || epoch.endsPart || epoch.isFull(budget) || cuts.contains(epoch.end.offset) { break }
        }
        guard epoch.isChunk || epoch.end != epoch.start else { return nil }
        // Commits before the unit that goes on belong to it now.
        if epoch.isChunk { epoch.end = epoch.start }
        epoch.endsUnit = !wasBetweenUnits && canCheckpoint
        if isInsideUnit { keepChanges(since: epoch.start.offset) }
        if epoch.isStepped { try circuit.step() }
        return epoch
    }

    /// The epoch's deltas are where they belong: they become state.
    func seal(_ epoch: Epoch) throws {
        frontier = epoch.end
        if epoch.isStepped {
            hasUnsavedState = true
            countRows(isChunk: epoch.isChunk)
            try circuit.seal()
            stopParked(at: epoch.start)
        }
        guard epoch.endsUnit else { return }
        for index in changedInUnit { changedThrough[index] = frontier.offset }
        changedInUnit = []
        // Whoever was to get them has them, or does not follow the fold any more.
        for view in views { circuit.dropChanges(of: view.circuitName) }
    }

    /// From here on keeps what changes of the views whose stores get the unit when it ends.
    private func keepChanges(since offset: Offset) {
        for view in views {
            if view.isFollowing, let through = view.attachedThrough, through <= offset {
                circuit.keepChanges(of: view.circuitName)
            } else {
                circuit.dropChanges(of: view.circuitName)
            }
        }
    }

    /// Takes over the position of an engine that has folded exactly the same frames.
    func align(with other: Frontier) throws(MaintenanceError) {
        guard frontier.offset == other.offset else {
            throw MaintenanceError(.log, "a fold of the log ends at \(frontier), another one at \(other)")
        }
        frontier = other
    }

    /// A view that goes on was changed last where the engine that fed its store says: own epochs may have been longer.
    func noteChanged(_ index: Int, as other: FoldEngine) {
        guard let place = other.views.firstIndex(where: { $0.name == views[index].name }) else { return }
        changedThrough[index] = other.changedThrough[place]
    }

    private func countRows(isChunk: Bool = false) {
        for index in views.indices {
            circuit.withDelta(of: views[index].circuitName) { delta in
                for row in 0..<delta.count { rowCounts[index] &+= delta.weight(at: row) }
                guard !delta.isEmpty else { return }
                if isChunk { changedInUnit.insert(index) } else { changedThrough[index] = frontier.offset }
            }
        }
    }

    /// Stops the views that the circuit had to park: where a checkpoint says so, else at `rows`.
    private func stopParked(at rows: Frontier, as note: FoldNote? = nil) {
        for (name, error) in circuit.parked {
            guard let index = views.firstIndex(where: { $0.circuitName == name }), views[index].stop == nil else {
                continue
            }
            let known = note?.known(of: views[index])?.stopped
            let failure = Status.Failure(
                code: "\(error.code)",
                message: error.message,
                hint: error.hint ?? "leftfold rebuild \(views[index].name)",
                offset: known?.failedAt ?? frontier.offset.rawValue
            )
            views[index].stop(because: failure, at: known?.frontier ?? rows)
        }
    }

    // MARK: Reading

    /// Reads frames up to the end of a source commit, or of a chunk of a compacted part; false when there is none.
    private func readUnit(into epoch: inout Epoch, _ budget: EpochBudget, _ limits: [FoldLimit]) throws -> Bool {
        isAtLimit = false
        while let frame = try nextFrame() {
            if let horizon = frame.horizon, horizon != part {
                // What stands before the part is an epoch of its own.
                let isBehind = part == nil && epoch.end != epoch.start
                isAtLimit = try !isBehind && keepsOut(horizon, limits)
                if isBehind || isAtLimit {
                    heldBack = frame
                    return false
                }
                part = horizon
            } else if part == nil, !isInsideUnit,
                let limit = limits.first(where: { keepsOut(frame, $0, after: epoch.end) })
            {
                heldBack = frame
                isAtLimit = true
                if case .lsn(let lsn) = limit { epoch.end.position.lsn = max(epoch.end.position.lsn, lsn) }
                return false
            }
            try ingest(frame, into: &epoch)
            if let part {
                if try endsChunk(of: part, frame, &epoch, budget) { return true }
            } else if let progress = frame.progress {
                openUnit = nil
                epoch.end.offset = progress
                return true
            } else if epoch.isFull(budget), epoch.bytes >= budget.bytes || isUnseen(frame) {
                openUnit = openUnit ?? OpenUnit(after: frame)
                epoch.isChunk = true
                return true
            }
        }
        epoch.isChunk = part != nil && epoch.isStepped
        return epoch.isChunk
    }

    /// Whether nobody gets rows that a frame's unit changes.
    private func isUnseen(_ frame: FrameView) -> Bool {
        views.allSatisfy { view in
            guard let through = view.attachedThrough, view.stop == nil else { return true }
            return through > frame.closing.offset
        }
    }

    private func nextFrame() throws -> FrameView? {
        if let held = heldBack {
            heldBack = nil
            return held
        }
        do throws(LogError) {
            return try reader.next()
        } catch {
            guard error.code == .horizonPassed else { throw error }
            throw CompactedPart.overtaken(log.horizon)
        }
    }

    /// Whether a frame is beyond a limit. The first snapshot is beyond no LSN: it is the earliest state there is.
    private func keepsOut(_ frame: FrameView, _ limit: FoldLimit, after end: Frontier) -> Bool {
        guard limit.excludes(frame) else { return false }
        guard case .lsn = limit, end.position.lsn == .zero, frame.closing.kind == .snapshotComplete else { return true }
        firstSnapshotBeyondLimit = frame.closing.transaction.commitEnd.lsn
        return false
    }

    /// Whether a limit that is reached keeps a compacted part out.
    ///
    /// - Throws: `CompactedPart` when the part cannot be taken in as a whole.
    private func keepsOut(_ horizon: LogHorizon, _ limits: [FoldLimit]) throws(CompactedPart) -> Bool {
        if let limit = limits.first(where: { $0.liesBelow(horizon) }) {
            guard part == nil, limit.isReached(by: frontier) else { throw .limit(limit, horizon) }
            return true
        }
        for view in views where view.stop == nil {
            if let through = view.attachedThrough, through < horizon.offset { throw .overtaken(horizon) }
        }
        return false
    }

    /// Whether a frame of a compacted part ends a chunk, or the part.
    private func endsChunk(
        of part: LogHorizon,
        _ frame: FrameView,
        _ epoch: inout Epoch,
        _ budget: EpochBudget
    ) throws -> Bool {
        if frame.continues {
            epoch.isChunk = epoch.isFull(budget)
            return epoch.isChunk
        }
        self.part = nil
        // What comes after it is an epoch of its own.
        epoch.endsPart = true
        move(&epoch.end, to: TransactionHeader(xid: 0, commitEnd: part.position, commitTime: part.time))
        epoch.end.offset = part.offset
        return true
    }

    private func ingest(_ frame: FrameView, into epoch: inout Epoch) throws {
        let header = frame.header
        epoch.bytes += frame.payload.count
        switch header.kind {
        case .commit, .part, .snapshot, .application:
            let isState = part != nil
            for record in frame.records { try circuit.ingest(record, isState: isState) }
            epoch.records += header.recordCount
        case .schema:
            guard let (id, schema) = frame.schema else { break }
            try circuit.define(id, schema)
            schemaIDs[schema.relationID] = id
            epoch.hasSchema = true
        case .generation:
            for relation in frame.relations ?? [] { try empty(relation, &epoch) }
        case .snapshotComplete, .position, .clockTick:
            break
        }
        readOffset = max(readOffset, header.endOffset)
        openUnit?.reached = header.endOffset
        guard part == nil else { return }
        switch header.kind {
        case .commit, .snapshotComplete, .position:
            move(&epoch.end, to: header.transaction)
        case .part, .snapshot, .schema, .clockTick, .application, .generation:
            break
        }
    }

    /// A position never moves back: a snapshot that was read while the log went on may end behind it.
    private func move(_ end: inout Frontier, to transaction: TransactionHeader) {
        let position = transaction.commitEnd
        guard position.lsn != .zero, position.timeline >= end.position.timeline else { return }
        guard position.timeline > end.position.timeline || position.lsn >= end.position.lsn else { return }
        end.position = position
        end.commitTime = transaction.commitTime
    }

    /// Rows of a relation begin anew: what is there goes, as a TRUNCATE would take it.
    private func empty(_ relation: RelationID, _ epoch: inout Epoch) throws {
        guard let schema = schemaIDs[relation] else { return }
        var slab = ByteSlab()
        let record = slab.beginRecord(.truncate, schema: schema, hasNew: false, hasOld: false)
        slab.endRecord(record)
        try circuit.ingest(ChangeRecord(UnsafeRawPointer(slab.base)), isState: part != nil)
        epoch.records += 1
    }
}
