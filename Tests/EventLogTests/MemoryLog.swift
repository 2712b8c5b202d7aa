import EventLog
import Relational

@testable import TestSupport

/// What survives a crash of a `MemoryLog`.
final class MemoryMedium {
    /// One frame, with what its unit says of it.
    struct Frame {
        var header: FrameHeader
        var payload: MemoryPayload
        var closing: ClosingFrame
        /// Where its unit ends.
        var unitEnd: Offset
    }

    /// A unit above the horizon.
    struct Unit {
        var frames: [Frame]

        var end: Offset { frames[frames.count - 1].header.endOffset }
        var first: Offset { frames.reduce(end) { min($0, $1.header.firstOffset) } }
        var time: Int64 { frames[frames.count - 1].header.commitTime }
        var hasRecords: Bool { frames.contains { $0.header.recordCount > 0 } }
    }

    var source: SourceIdentity?
    var schemas: [RelationSchema] = []
    /// Everything below the horizon, in the order of delivery.
    var image: [Frame] = []
    var horizon = LogHorizon.none
    /// The end of the highest tombstone that has left.
    var floor = Offset.zero
    var units: [Unit] = []
    var frontier = LogFrontier(nextOffset: .zero, source: .none, sourceTime: 0, byteCount: 0, segmentCount: 1)
    /// Frames of groups without an end.
    var members: [GroupID: [Frame]] = [:]
    var groupCount: UInt64 = 0
    var cursors: [LogCursor] = []
}

/// The bytes of a frame, which readers share.
final class MemoryPayload {
    let slab: ByteSlab

    init(_ bytes: UnsafeRawBufferPointer) {
        var slab = ByteSlab(capacity: max(16, bytes.count))
        slab.append(bytes)
        self.slab = slab
    }
}

/// A log without files: frames in arrays, and compaction as `docs/compaction.md` has it, in one step and with everything in memory.
///
/// It shows that nothing in `LogBackend` is about files, and that the suite finds what is wrong: each `Defect` is a rule left out.
// Sendable: tests use it from one thread.
final class MemoryLog: LogBackend, @unchecked Sendable {
    /// A rule that this log breaks.
    enum Defect: CaseIterable {
        case forgetsLatestRecord, dropsTombstonesAtOnce, ignoresCursors, trustsTheClock, hidesTheFloor, keepsTombstones
        case showsTransactionsBelowHorizon, cutsOpenTransactions, ignoresLeastLag, ignoresGreatestLag, losesPosition
        case compactsWithoutKey, compactsWhatKeeps, forgetsEndOfChangedKey, leavesPartialRecords, dependsOnKeyMap
        case movesReaders, forgetsCursors, movesCursorsBack, losesFramesWithoutSpace, staysBrokenAfterFailure
        case swapsInTwoSteps, tearsFlushes, reusesOffsets, compactsTooHigh, showsDroppedGroups, countsByRecord
        case takesRecordsWithoutKey
    }

    let id = LogID(high: 1, low: 2)
    let medium: MemoryMedium
    let host: MemoryFixture
    let defect: Defect?
    private var waiting: [MemoryMedium.Frame] = []
    private var nextOffset: Offset
    private var nextGroup: UInt64
    private var openGroups: Set<GroupID> = []
    private var lastSource: SourcePosition
    private var isClosed = false
    private(set) var schemas: [RelationSchema]
    private(set) var shortage: LogError?
    private(set) var wakeCount: UInt64 = 0
    var isBroken = false

    init(_ medium: MemoryMedium, host: MemoryFixture) {
        self.medium = medium
        self.host = host
        defect = host.defect
        if defect != .showsDroppedGroups { medium.members = [:] }
        nextOffset = medium.frontier.nextOffset
        nextGroup = medium.groupCount + 1
        lastSource = medium.frontier.source
        schemas = medium.schemas
        if defect == .showsDroppedGroups { openGroups = Set(medium.members.keys) }
    }

    // MARK: Reading

    var source: SourceIdentity? { medium.source }

    var firstOffset: Offset { .zero }

    var frontier: LogFrontier { medium.frontier }

    var horizon: LogHorizon { medium.horizon }

    func schema(_ id: SchemaID) -> RelationSchema? {
        id.rawValue < schemas.count ? schemas[Int(id.rawValue)] : nil
    }

    var currentSchemas: [RelationID: SchemaID] {
        Dictionary(schemas.enumerated().map { ($1.relationID, SchemaID(UInt32($0))) }) { $1 }
    }

    func waitForFrontier(beyond offset: Offset, timeout: Duration?, since: UInt64?) throws(LogError) -> LogFrontier? {
        frontier.nextOffset > offset ? frontier : nil
    }

    func wakeReaders() { wakeCount += 1 }

    // MARK: Writing

    private func checkOpen() throws(LogError) {
        if isClosed { throw LogError(.closed, "the log was closed") }
        try host.checkRunning()
    }

    func follow(_ source: SourceIdentity) throws(LogError) {
        try checkOpen()
        try host.call(needsSpace: true)
        medium.source = source
    }

    func register(_ schema: RelationSchema, readAt position: SourcePosition) throws(LogError) -> SchemaID {
        try checkOpen()
        if let current = currentSchemas[schema.relationID], self.schema(current) == schema { return current }
        let id = SchemaID(UInt32(schemas.count))
        var payload = ByteSlab()
        try SchemaPayload.encode(id: id, schema: schema, into: &payload)
        schemas.append(schema)
        take(.schema, TransactionHeader(xid: 0, commitEnd: position, commitTime: 0), .none, payload.bytes, 0)
        return id
    }

    func makeGroup() -> GroupID {
        let group = GroupID(nextGroup)
        nextGroup += 1
        openGroups.insert(group)
        return group
    }

    private static var none: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: nil, count: 0) }

    func append(
        kind: FrameKind,
        header: TransactionHeader,
        group: GroupID,
        records: UnsafeRawBufferPointer,
        recordCount: Int
    ) throws(LogError) -> Offset {
        try checkOpen()
        guard group == .none || openGroups.contains(group) else {
            throw LogError(.invalidAppend, "group \(group) is not open")
        }
        guard kind != .commit || header.commitEnd.lsn > lastSource.lsn else {
            throw LogError(.invalidAppend, "the log holds \(header.commitEnd)")
        }
        if defect != .takesRecordsWithoutKey, let missing = keylessRecord(records) {
            throw LogError(.invalidAppend, "record \(missing) does not tell its key")
        }
        return take(kind, header, group, records, recordCount)
    }

    private func keylessRecord(_ records: UnsafeRawBufferPointer) -> Int? {
        var position = 0
        var number = 0
        while let base = records.baseAddress, position < records.count {
            let record = ChangeRecord(base + position)
            if record.missingKeyColumn(of: schemas[Int(record.schemaID.rawValue)]) != nil { return number }
            position += record.byteCount
            number += 1
        }
        return nil
    }

    func appendSnapshotComplete(
        group: GroupID,
        relations: [RelationID],
        header: TransactionHeader
    ) throws(LogError) -> Offset {
        try checkOpen()
        var list = ByteSlab()
        RelationListPayload.encode(relations, into: &list)
        return take(.snapshotComplete, header, group, list.bytes, 0)
    }

    func appendPosition(_ position: SourcePosition, time: Int64) throws(LogError) -> Offset {
        try checkOpen()
        return take(.position, TransactionHeader(xid: 0, commitEnd: position, commitTime: time), .none, Self.none, 0)
    }

    func appendClockTick(_ time: Int64) throws(LogError) -> Offset {
        try checkOpen()
        return take(.clockTick, TransactionHeader(xid: 0, commitEnd: .none, commitTime: time), .none, Self.none, 0)
    }

    func appendGeneration(relations: [RelationID], header: TransactionHeader) throws(LogError) -> Offset {
        try checkOpen()
        var list = ByteSlab()
        RelationListPayload.encode(relations, into: &list)
        return take(.generation, header, .none, list.bytes, 0)
    }

    @discardableResult
    private func take(
        _ kind: FrameKind,
        _ transaction: TransactionHeader,
        _ group: GroupID,
        _ payload: UnsafeRawBufferPointer,
        _ recordCount: Int
    ) -> Offset {
        let header = FrameHeader(
            kind: kind,
            recordCount: recordCount,
            firstOffset: nextOffset,
            transaction: transaction,
            group: group
        )
        waiting.append(
            MemoryMedium.Frame(
                header: header,
                payload: MemoryPayload(payload),
                closing: ClosingFrame(header),
                unitEnd: header.endOffset
            )
        )
        if kind == .commit || kind == .position { lastSource = transaction.commitEnd }
        if !kind.isGroupMember { openGroups.remove(group) }
        nextOffset = header.endOffset
        return header.firstOffset
    }

    func flush() throws(LogError) -> LogFrontier {
        try checkOpen()
        if waiting.isEmpty { return frontier }
        do throws(LogError) {
            try host.call(needsSpace: true)
        } catch {
            if error.code == .diskFull {
                shortage = error
                if defect == .losesFramesWithoutSpace { waiting.removeLast() }
            } else if defect == .tearsFlushes, let first = waiting.first {
                arrive(first, payload: first.payload, header: first.header.shortened)
            }
            throw error
        }
        shortage = nil
        for frame in waiting { arrive(frame, payload: frame.payload, header: frame.header) }
        waiting = []
        medium.schemas = schemas
        medium.groupCount = max(medium.groupCount, nextGroup - 1)
        if defect == .reusesOffsets, nextOffset.rawValue > 60 { nextOffset = Offset(nextOffset.rawValue - 1) }
        return frontier
    }

    /// Makes one frame visible, or part of a group that is not closed yet.
    private func arrive(_ frame: MemoryMedium.Frame, payload: MemoryPayload, header: FrameHeader) {
        medium.frontier.nextOffset = header.endOffset
        if header.kind.isGroupMember {
            medium.members[header.group, default: []].append(frame)
            return
        }
        var frames = header.group == .none ? [] : medium.members.removeValue(forKey: header.group) ?? []
        frames.append(frame)
        for index in frames.indices {
            frames[index].closing = frame.closing
            frames[index].unitEnd = header.endOffset
        }
        medium.units.append(MemoryMedium.Unit(frames: frames))
        let position = header.commitEnd
        let isPosition = header.kind == .commit || header.kind == .position
        guard isPosition || header.kind == .snapshotComplete, position.lsn > medium.frontier.source.lsn else { return }
        medium.frontier.source = position
        medium.frontier.sourceTime = header.commitTime
    }

    func waitForAppend(timeout: Duration?) throws(LogError) -> Bool { !waiting.isEmpty }

    func waitForSpace() throws(LogError) { if let shortage { throw shortage } }

    func stopWaitingForSpace() {}

    func close() throws(LogError) {
        defer { isClosed = true }
        if !isClosed { _ = try flush() }
    }

    // MARK: Cursors

    var cursors: [LogCursor] { defect == .forgetsCursors ? [] : medium.cursors }

    func noteCursors(_ moved: [LogCursor]) throws(LogError) {
        try checkOpen()
        try host.call(needsSpace: true)
        for cursor in moved {
            if let index = medium.cursors.firstIndex(where: { $0.name == cursor.name }) {
                let isForward = cursor.offset > medium.cursors[index].offset
                if isForward || defect == .movesCursorsBack { medium.cursors[index] = cursor }
            } else {
                medium.cursors.append(cursor)
            }
        }
    }

    func removeCursor(_ name: String) throws(LogError) {
        try checkOpen()
        try host.call(needsSpace: true)
        medium.cursors.removeAll { $0.name == name }
    }

    /// Whether a frame lies below `offset` whose unit is not whole there.
    func isCrossed(_ offset: Offset) -> Bool {
        let open = medium.members.values.flatMap { $0 } + waiting.filter { $0.header.kind.isGroupMember }
        return open.contains { $0.header.firstOffset < offset }
            || medium.units.contains { $0.first < offset && $0.end > offset }
    }
}

extension FrameHeader {
    /// The header of a frame that was cut off.
    fileprivate var shortened: FrameHeader {
        var header = self
        header.offsetCount += 1
        return header
    }
}
