import EventLog
import Relational

/// A writer of a log under test, the source that it writes from, and readers beside it.
///
/// Everything random comes from the seed, in an order that does not depend on what the log answers, but for faults.
final class SampleRun<Fixture: LogFixture, Reader: LogFrameReader & ~Copyable> where Reader.Log == Fixture.Log {
    /// A group that is open: nobody else may change what it has changed.
    struct OpenGroup {
        var id: GroupID
        var kind: FrameKind
        var tables: Set<RelationID> = []
        var keys: Set<String> = []
        /// Not yet in the history's state.
        var records: [SampleRecord] = []
    }

    /// A cursor; `other` is where it may be too, when a call was cut off.
    struct Cursor {
        var offset: Offset
        var other: Offset?
        var movedAt: Int64
        /// Whether a run may have let it expire.
        var mayBeExpired = false
    }

    let fixture: Fixture
    var log: Fixture.Log?
    var history = SampleHistory()
    var source: SampleSource
    var leave = CompactionLeave()
    /// Everything below was durable once.
    var confirmed = Offset.zero
    var horizon = Offset.zero
    /// Microseconds since 2000-01-01.
    var clock: Int64 = 20 * 365 * SampleTable.day
    var lsn: UInt64 = 1000
    var versions: [RelationID: Int] = [:]
    var schemaIDs: [RelationID: SchemaID] = [:]
    var groups: [OpenGroup] = []
    var cursors: [String: Cursor] = [:]
    var scans: [SampleScan<Reader>] = []
    var identity: SourceIdentity?
    /// What a `follow` that was interrupted may have set.
    var nextIdentity: SourceIdentity?
    /// Knobs that a check sets; nil where runs are to be random.
    var compaction: CompactionOptions?
    /// How often something happened, for checks that need it to happen.
    var counts: [String: Int] = [:]

    init(_ fixture: Fixture, seed: UInt64) {
        self.fixture = fixture
        source = SampleSource(seed: seed)
    }

    /// The open log.
    var open: Fixture.Log {
        get throws {
            guard let log else { throw ConformanceFailure("the log is not open") }
            return log
        }
    }

    func count(_ what: String) { counts[what, default: 0] += 1 }

    // MARK: Opening

    /// Opens the log and learns how much of its unconfirmed end is there; all that was confirmed must be.
    func reopen() throws {
        scans = []
        log = nil
        fixture.willBegin(confirmed == .zero && history.frames.isEmpty ? .creating : .opening)
        let opened = try fixture.open()
        fixture.willBegin(.running)
        log = opened
        let next = opened.frontier.nextOffset
        guard next >= confirmed else {
            throw ConformanceFailure("confirmed up to \(confirmed), opened again at \(next) (invariants 12, 15)")
        }
        history.cut(to: next)
        guard history.end == next else {
            throw ConformanceFailure("opened again at \(next), which is no end of a frame")
        }
        confirmed = next
        groups = []
        schemaIDs = [:]
        try checkOpened(opened)
        try verify()
    }

    private func checkOpened(_ opened: Fixture.Log) throws {
        // Invariant 16: what the source has sent is known though its records are gone.
        guard opened.frontier.source == history.source else {
            throw ConformanceFailure(
                "the source's position is \(opened.frontier.source), not \(history.source) (invariant 16)"
            )
        }
        guard opened.source == identity || nextIdentity != nil && opened.source == nextIdentity else {
            throw ConformanceFailure("the log follows \(String(describing: opened.source))")
        }
        identity = opened.source
        nextIdentity = nil
        guard opened.horizon.offset >= horizon else {
            throw ConformanceFailure("the horizon moved from \(horizon) to \(opened.horizon.offset)")
        }
        horizon = opened.horizon.offset
        for frame in history.frames {
            guard let id = frame.schema else { continue }
            guard let schema = opened.schema(id), schema.relationID == frame.relations.first else {
                throw ConformanceFailure("schema \(id) is gone")
            }
        }
        try checkCursors(opened)
    }

    func checkCursors(_ opened: Fixture.Log) throws {
        let found = Dictionary(opened.cursors.map { ($0.name, $0.offset) }) { $1 }
        for (name, cursor) in cursors {
            let offset = found[name]
            let isRight = offset == cursor.offset || cursor.other != nil && offset == cursor.other
            let isGone = offset == nil && (cursor.mayBeExpired || cursor.other == .zero)
            guard isRight || isGone else {
                throw ConformanceFailure(
                    "cursor \(name) is at \(String(describing: offset)), not \(cursor.offset)"
                )
            }
            if let offset { cursors[name]?.offset = offset } else { cursors[name] = nil }
            cursors[name]?.other = nil
        }
    }

    /// Closes the log; what was not durable on a full disk is gone.
    func closeAndReopen() throws {
        let log = try open
        do {
            try log.close()
        } catch {
            guard error.code == .diskFull else { throw error }
        }
        confirmed = log.frontier.nextOffset
        // Readers go on after the close.
        if fixture.faults?.isStopped != true { try advanceScans() }
        try reopen()
    }

    // MARK: Comparing

    /// Reads everything from the beginning, and from one other unit's end, and compares.
    func verify() throws {
        let log = try open
        let scan = try SampleScan<Reader>(log, history, after: 0)
        _ = try scan.advance(history)
        try history.checkSurvivors(below: log.horizon.offset, scan.records, scan.firsts, leave)
        let count = history.unitCount(endingBy: log.frontier.nextOffset)
        if count > 0 { try verify(after: source.number(0..<count + 1)) }
    }

    /// Reads from the end of a unit on, with the rows that it left (invariant 2).
    func verify(after unitCount: Int) throws {
        let log = try open
        try permittingPassed(history.units[max(0, unitCount - 1)].end) {
            let scan = try SampleScan<Reader>(log, history, after: unitCount)
            _ = try scan.advance(history)
        }
    }

    /// Runs `body` of a reader whose progress is `offset`; `horizonPassed` is right only where something may have left above it (invariant 7).
    @discardableResult
    func permittingPassed(_ offset: Offset, _ body: () throws -> Void) throws -> Bool {
        do {
            try body()
            return false
        } catch let error as LogError where error.code == .horizonPassed {
            count("passed")
            let floor = history.floor(below: try open.horizon.offset, leave)
            guard offset < floor else {
                throw ConformanceFailure("a reader at \(offset) is sent away; only below \(floor) may it miss anything")
            }
            return true
        }
    }

    /// Lets the readers beside the writer go on to the end.
    func advanceScans(frameCount: Int = .max) throws {
        var left: [SampleScan<Reader>] = []
        for scan in scans {
            let isPassed = try permittingPassed(scan.progress) {
                _ = try scan.advance(history, frameCount: frameCount)
            }
            if !isPassed { left.append(scan) }
        }
        scans = left
    }
}
