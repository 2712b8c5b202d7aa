import EventLog
import Relational
import Synchronization
import TestSupport

/// What a test found that a log must never do.
struct Violation: Error, CustomStringConvertible {
    var description: String
}

/// A seeded run of everything that is done to a log, beside a model of it in an array.
///
/// The model knows every frame appended, and how far the log has confirmed. `verify` compares the two through readers; after a crash, `reopen`
/// first learns how much of the unconfirmed end has survived.
final class LogWorkload {
    /// What the workload is doing, for faults that strike one call site only.
    enum Phase: Sendable {
        case creating, opening, running, following
    }

    /// One frame of the model.
    struct Frame {
        var kind: FrameKind
        var first: Offset
        var group: GroupID
        var lsn: UInt64
        var serials: [Int64]

        var end: Offset { Offset(first.rawValue + Int64(max(1, serials.count))) }
    }

    static let directory = "/data/deep/log"

    let fileSystem: FaultyFileSystem
    let phase: PhaseBox
    private(set) var log: EventLog?
    private(set) var frames: [Frame] = []
    private var random: SeededGenerator
    private var confirmed = Offset.zero
    private var source: SourceIdentity?
    /// What a `follow` that was interrupted may have set.
    private var nextSource: SourceIdentity?
    private var dropped: Set<GroupID> = []
    private var openSnapshots: [GroupID] = []
    private var openParts: [GroupID] = []
    private var schemaVersion = 0
    private var schemaID: SchemaID?
    private var serial: Int64 = 0
    private var lsn: UInt64 = 100

    /// Shared with the file system's fault predicate.
    final class PhaseBox: Sendable {
        private let phase = Mutex(Phase.creating)

        var value: Phase {
            get { phase.withLock { $0 } }
            set { phase.withLock { $0 = newValue } }
        }
    }

    init(seed: UInt64, fileSystem: FaultyFileSystem, phase: PhaseBox = PhaseBox()) {
        random = SeededGenerator(seed: seed)
        self.fileSystem = fileSystem
        self.phase = phase
    }

    private static let options = LogOptions(
        segmentByteTarget: 1200,
        bufferByteLimit: 2000,
        newID: LogID(high: 0x1111_2222_3333_4444, low: 0x8888)
    )

    // MARK: Opening and checking

    /// Opens the log and learns what is in it; whatever was confirmed must be.
    func reopen() throws {
        log = nil
        if phase.value != .creating { phase.value = .opening }
        let opened = try EventLog.open(
            directory: Self.directory,
            fileSystem: fileSystem,
            options: Self.options
        )
        phase.value = .running
        log = opened
        let next = opened.frontier.nextOffset
        guard next >= confirmed else {
            throw Violation(description: "confirmed up to \(confirmed), reopened at \(next)")
        }
        frames.removeAll { $0.first >= next }
        guard (frames.last?.end ?? .zero) == next else {
            throw Violation(description: "reopened at \(next), which is no end of a frame")
        }
        confirmed = next
        dropped.formUnion(openGroups)
        openSnapshots = []
        openParts = []
        schemaID = nil
        guard opened.source == source || opened.source == nextSource else {
            throw Violation(
                description: "the source was \(String(describing: source)) and is \(String(describing: opened.source))"
            )
        }
        source = opened.source
        try verify()
    }

    private var openGroups: Set<GroupID> {
        var open: Set<GroupID> = []
        for frame in frames where frame.group != .none {
            if frame.kind.isGroupMember { open.insert(frame.group) } else { open.remove(frame.group) }
        }
        return open
    }

    /// Reads everything back, from the beginning and from one other offset, and compares.
    func verify() throws {
        guard let log else { return }
        let next = log.frontier.nextOffset
        for from in [0, next.rawValue == 0 ? 0 : Int64.random(in: 0...next.rawValue, using: &random)] {
            let found = try log.delivered(from: Offset(from))
            let expected = Self.deliveries(frames.filter { $0.first < next }, dropped, from: Offset(from))
            guard found == expected else {
                throw Violation(description: "from \(from): read \(found)\nexpected \(expected)")
            }
        }
    }

    /// What a reader from `from` must deliver.
    static func deliveries(_ frames: [Frame], _ dropped: Set<GroupID>, from: Offset) -> [Delivery] {
        var pending: [GroupID: [Frame]] = [:]
        var result: [Delivery] = []
        for frame in frames {
            if frame.kind.isGroupMember {
                pending[frame.group, default: []].append(frame)
                continue
            }
            let members = frame.group == .none ? [] : pending.removeValue(forKey: frame.group) ?? []
            guard frame.end > from else { continue }
            for (index, part) in (members + [frame]).enumerated() {
                result.append(
                    Delivery(
                        kind: part.kind,
                        first: part.first,
                        group: part.group,
                        lsn: part.lsn,
                        serials: part.serials,
                        continues: index < members.count
                    )
                )
            }
        }
        return result
    }

    // MARK: Steps

    /// Does one random thing to the log.
    func step() throws {
        guard let log else { return try reopen() }
        switch Int.random(in: 0..<20, using: &random) {
        case 0..<5: try appendRecords(.commit)
        case 5: try appendRecords(.application)
        case 6, 7: try appendMember(.part)
        case 8, 9: try appendMember(.snapshot)
        case 10: try closeParts()
        case 11: try closeSnapshot()
        case 12: schemaVersion = Int.random(in: 0..<3, using: &random); schemaID = nil
        case 13: try appendPlain()
        case 14: try follow()
        case 15: try closeAndReopen(log)
        case 16: try verify()
        default: try log.flush()
        }
        // What an append had to flush by itself is confirmed as well.
        if let log = self.log, !fileSystem.isStopped { confirmed = max(confirmed, log.frontier.nextOffset) }
    }

    private func closeAndReopen(_ log: EventLog) throws {
        do {
            try log.close()
        } catch {
            // What was not durable is gone with this log, as with a crash.
            guard error.code == .diskFull else { throw error }
        }
        confirmed = log.frontier.nextOffset
        try reopen()
    }

    /// Makes everything in the model durable without opening the log again, unless it is not open, and compares.
    func flushAll() throws {
        if log == nil { try reopen() }
        guard let log else { return }
        let next = try log.flush().nextOffset
        guard log.shortage == nil, next == frames.last?.end ?? .zero else {
            throw Violation(description: "flushed up to \(next), the model ends at \(frames.last?.end ?? .zero)")
        }
        confirmed = next
        try verify()
    }

    private func follow() throws {
        phase.value = .following
        defer { phase.value = .running }
        var next = source ?? SourceIdentity(systemIdentifier: "7300000000000000001", timeline: 0)
        next.timeline += 1
        nextSource = next
        try log?.follow(next)
        source = next
    }

    private func currentSchema() throws -> SchemaID {
        if let schemaID { return schemaID }
        guard let log else { throw Violation(description: "no log") }
        let schema = SampleRecords.schema(version: schemaVersion)
        let before = log.currentSchemas[schema.relationID]
        let id = try log.register(schema, readAt: SourcePosition(timeline: 1, lsn: LSN(lsn)))
        if id != before { note(.schema, .none, lsn, []) }
        schemaID = id
        return id
    }

    private func note(_ kind: FrameKind, _ group: GroupID, _ lsn: UInt64, _ serials: [Int64], at first: Offset? = nil) {
        let expected = frames.last?.end ?? .zero
        precondition(
            first == nil || first == expected,
            "append gave \(String(describing: first)), expected \(expected)"
        )
        frames.append(Frame(kind: kind, first: expected, group: group, lsn: lsn, serials: serials))
    }

    private func appendRecords(_ kind: FrameKind, group: GroupID = .none) throws {
        guard let log else { return }
        let id = try currentSchema()
        lsn += 8
        let count = Int64.random(in: 0..<5, using: &random)
        let serials = serial..<serial + count
        serial += count
        let slab = SampleRecords.slab(
            serials: serials,
            schema: id,
            columnCount: 3 + schemaVersion,
            labelByteCount: Int.random(in: 0..<40, using: &random)
        )
        let first = try log.append(
            kind: kind,
            header: SampleRecords.header(lsn: lsn),
            group: group,
            records: slab,
            recordCount: Int(count)
        )
        note(kind, group, lsn, Array(serials), at: first)
    }

    private func appendMember(_ kind: FrameKind) throws {
        guard let log else { return }
        let open = kind == .part ? openParts : openSnapshots
        var group = open.randomElement(using: &random)
        if group == nil || open.count < 2 && Bool.random(using: &random) {
            let made = log.makeGroup()
            group = made
            if kind == .part { openParts.append(made) } else { openSnapshots.append(made) }
        }
        if let group { try appendRecords(kind, group: group) }
    }

    private func closeParts() throws {
        guard !openParts.isEmpty else { return }
        let group = openParts.remove(at: Int.random(in: 0..<openParts.count, using: &random))
        try appendRecords(.commit, group: group)
    }

    private func closeSnapshot() throws {
        guard let log, !openSnapshots.isEmpty else { return }
        let group = openSnapshots.remove(at: Int.random(in: 0..<openSnapshots.count, using: &random))
        lsn += 8
        let first = try log.appendSnapshotComplete(
            group: group,
            relations: [SampleRecords.relation],
            header: SampleRecords.header(lsn: lsn)
        )
        note(.snapshotComplete, group, lsn, [], at: first)
    }

    private func appendPlain() throws {
        guard let log else { return }
        lsn += 8
        switch Int.random(in: 0..<3, using: &random) {
        case 0:
            let first = try log.appendPosition(SourcePosition(timeline: 1, lsn: LSN(lsn)), time: 1)
            note(.position, .none, lsn, [], at: first)
        case 1:
            let first = try log.appendClockTick(Int64(lsn))
            note(.clockTick, .none, 0, [], at: first)
        default:
            let first = try log.appendGeneration(
                relations: [SampleRecords.relation],
                header: SampleRecords.header(lsn: lsn)
            )
            note(.generation, .none, lsn, [], at: first)
        }
    }
}
