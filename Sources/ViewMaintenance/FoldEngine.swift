import Dataflow
import EventLog
import Relational
import ViewPlan

/// Folds the log through one circuit of views. Synchronous; owned by one thread.
///
/// 1. `nextEpoch` reads whole source commits, stages their records in the circuit and steps it.
/// 2. The owner takes the deltas to the stores.
/// 3. `seal` makes them part of the state, and stops the views that the circuit had to park.
final class FoldEngine {
    let circuit: Circuit
    var views: [FoldedView]
    private(set) var frontier = Frontier.start
    /// Rows of each view, by its index in `views`.
    private(set) var rowCounts: [Int64]
    private var reader: LogReader
    /// The frame that a limit kept out of the last epoch; valid because the reader has not moved since.
    private var heldBack: FrameView?
    /// The newest schema of each relation that was read so far.
    private var schemaIDs: [RelationID: SchemaID] = [:]

    /// Starts at the beginning of the log. Views that are not attached keep their rows until the circuit's `dropIntegral`.
    init(log: EventLog, views: [FoldedView]) throws {
        self.views = views
        rowCounts = Array(repeating: 0, count: views.count)
        let building = Set(views.filter { $0.attachedThrough == nil }.map(\.name))
        circuit = try Circuit(views: views.map(\.definition), schemas: log.schemasByID, integralsOf: building)
        reader = try LogReader(log, from: .zero)
        // A global aggregate has its one row before any input.
        try circuit.step()
        countRows()
        try circuit.seal()
        stopParked(at: .start)
    }

    /// Whether the last epoch ended because the next frame is beyond a limit.
    var isAtLimit: Bool { heldBack != nil }

    /// Reads and steps one epoch; nil when nothing can be read below the limits and the log's durable end.
    ///
    /// An epoch ends at every offset that a view is attached through, so that none begins inside a view's rows. One that an LSN limit ends
    /// stands at that LSN: every commit up to it is in.
    func nextEpoch(_ budget: EpochBudget, limits: [FoldLimit]) throws -> Epoch? {
        var epoch = Epoch(start: frontier)
        let cuts = Set(views.compactMap(\.attachedThrough)).filter { $0 > frontier.offset }
        while try readUnit(into: &epoch, limits) {
            if epoch.records >= budget.records || epoch.bytes >= budget.bytes || cuts.contains(epoch.end.offset) {
                break
            }
        }
        guard epoch.end != epoch.start else { return nil }
        if epoch.isStepped { try circuit.step() }
        return epoch
    }

    /// The epoch's deltas are where they belong: they become state.
    func seal(_ epoch: Epoch) throws {
        frontier = epoch.end
        guard epoch.isStepped else { return }
        countRows()
        try circuit.seal()
        stopParked(at: epoch.start)
    }

    /// Takes over the position of an engine that has folded exactly the same frames.
    func align(with other: Frontier) throws(MaintenanceError) {
        guard frontier.offset == other.offset else {
            throw MaintenanceError(.log, "a fold of the log ends at \(frontier), another one at \(other)")
        }
        frontier = other
    }

    private func countRows() {
        for index in views.indices {
            circuit.withDelta(of: views[index].name) { delta in
                for row in 0..<delta.count { rowCounts[index] &+= delta.weight(at: row) }
            }
        }
    }

    private func stopParked(at rows: Frontier) {
        for (name, error) in circuit.parked {
            guard let index = views.firstIndex(where: { $0.name == name }), views[index].stop == nil else { continue }
            let failure = Status.Failure(
                code: "\(error.code)",
                message: error.message,
                hint: error.hint ?? "leftfold rebuild \(name)",
                offset: frontier.offset.rawValue
            )
            views[index].stop(because: failure, at: rows)
        }
    }

    // MARK: Reading

    /// Reads frames up to the end of a source commit; false when there is none.
    private func readUnit(into epoch: inout Epoch, _ limits: [FoldLimit]) throws -> Bool {
        while true {
            let next: FrameView?
            if let held = heldBack { next = held } else { next = try reader.next() }
            guard let frame = next else { return false }
            if let limit = limits.first(where: { $0.excludes(frame) }) {
                heldBack = frame
                if case .lsn(let lsn) = limit { epoch.end.position.lsn = max(epoch.end.position.lsn, lsn) }
                return false
            }
            heldBack = nil
            try ingest(frame, into: &epoch)
            guard let progress = frame.progress else { continue }
            epoch.end.offset = progress
            return true
        }
    }

    private func ingest(_ frame: FrameView, into epoch: inout Epoch) throws {
        let header = frame.header
        epoch.bytes += frame.payload.count
        switch header.kind {
        case .commit, .part, .snapshot, .application:
            for record in frame.records { try circuit.ingest(record) }
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
        try circuit.ingest(ChangeRecord(UnsafeRawPointer(slab.base)))
        epoch.records += 1
    }
}
