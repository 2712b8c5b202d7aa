import EventLog
import Relational
import TestSupport
import Testing

@Suite struct CompactionRetentionTests {
    private static let directory = "/data/log"
    private static let second: Int64 = 1_000_000
    private static let name = QualifiedName(schema: "public", name: "t\(SampleRecords.relation)")

    private static func open(_ fileSystem: FaultyFileSystem, target: Int = 2000) throws -> EventLog {
        let options = LogOptions(segmentByteTarget: target, newID: LogID(high: 7, low: 9))
        return try EventLog.open(directory: directory, fileSystem: fileSystem, options: options)
    }

    /// A log with one insert a second, and its schema.
    private static func log(_ fileSystem: FaultyFileSystem, seconds: Range<Int64>) throws -> (
        log: EventLog, schema: SchemaID
    ) {
        let log = try open(fileSystem)
        let id = try log.register(SampleRecords.schema(), readAt: SourcePosition(timeline: 1, lsn: LSN(1)))
        for second in seconds { try insert(second, log, id) }
        return (log, id)
    }

    private static func header(_ second: Int64) -> TransactionHeader {
        TransactionHeader(
            xid: 1,
            commitEnd: SourcePosition(timeline: 1, lsn: LSN(UInt64(second) * 8 + 8)),
            commitTime: second * Self.second
        )
    }

    private static func insert(_ second: Int64, _ log: EventLog, _ id: SchemaID) throws {
        let slab = SampleRecords.slab(serials: second..<second + 1, schema: id, labelByteCount: Int(second % 30))
        try log.append(kind: .commit, header: header(second), records: slab, recordCount: 1)
        try log.flush()
    }

    private static func delete(_ serial: Int64, at second: Int64, _ log: EventLog, _ id: SchemaID) throws {
        var slab = ByteSlab()
        let record = slab.beginRecord(.delete, schema: id, hasNew: false, hasOld: true, oldIsIdentityOnly: true)
        let row = slab.beginRow(columnCount: 3)
        slab.set(0, int: serial, in: row)
        slab.endRow(row)
        slab.endRecord(record)
        try log.append(kind: .commit, header: header(second), records: slab, recordCount: 1)
        try log.flush()
    }

    private static func options(_ second: Int64, isForced: Bool = true) -> CompactionOptions {
        var options = CompactionOptions(now: second * Self.second)
        options.isForced = isForced
        return options
    }

    private static func horizonPassed(_ log: EventLog, from offset: Offset) -> Bool {
        do throws(LogError) {
            _ = try LogReader(log, from: offset)
            return false
        } catch {
            return error.code == .horizonPassed
        }
    }

    // MARK: Time and size

    @Test func `records older than the retention leave, and the floor tells those who may have missed them`() throws {
        let (log, _) = try Self.log(FaultyFileSystem(), seconds: 100..<200)
        var options = Self.options(200)
        options.retention.relations[Self.name] = .time(microseconds: 30 * Self.second)
        let offsets = try log.recordOffsets()
        try log.compact(options)
        #expect(try log.recordOffsets() == Array(offsets.suffix(30)))
        #expect(Self.horizonPassed(log, from: offsets[69]))
        #expect(!Self.horizonPassed(log, from: offsets[70]))
        #expect(!Self.horizonPassed(log, from: .zero))
    }

    @Test(arguments: [1, 500, 3001, 1_000_000])
    func `the newest records up to a size stay, to the byte, and a second run changes nothing`(limit: Int64) throws {
        let fileSystem = FaultyFileSystem()
        let (log, _) = try Self.log(fileSystem, seconds: 100..<200)
        var sizes: [Int64] = []
        var reader = try LogReader(log, from: .zero)
        while let frame = try reader.next() { for record in frame.records { sizes.append(Int64(record.byteCount)) } }
        var options = Self.options(200)
        options.retention.relations[Self.name] = .size(byteCount: limit)
        let offsets = try log.recordOffsets()
        try log.compact(options)
        let left = try log.recordOffsets()
        let total = left.count == 0 ? 0 : sizes.suffix(left.count).reduce(0, +)
        #expect(left == Array(offsets.suffix(left.count)))
        #expect(total <= limit)
        if left.count < sizes.count { #expect(total + sizes[sizes.count - left.count - 1] > limit) }
        let again = try log.compact(options)
        #expect(again.segmentsWritten == 0)
    }

    @Test func `a record that leaves counts as far as its transaction goes, however early it lies`() throws {
        let (log, id) = try Self.log(FaultyFileSystem(), seconds: 100..<102)
        let group = log.makeGroup()
        let early = SampleRecords.slab(serials: 1..<2, schema: id, labelByteCount: 8)
        let end = Self.header(200)
        try log.append(kind: .part, header: end, group: group, records: early, recordCount: 1)
        for second in Int64(102)..<200 { try Self.insert(second, log, id) }
        let beforeCommit = log.frontier.nextOffset
        let late = SampleRecords.slab(serials: 2..<3, schema: id, labelByteCount: 8)
        try log.append(kind: .commit, header: end, group: group, records: late, recordCount: 1)
        try log.flush()
        var options = Self.options(300)
        options.retention.relations[Self.name] = .size(byteCount: 3001)
        #expect(!Self.horizonPassed(log, from: beforeCommit))
        #expect(try log.compact(options).recordsAfter < 100)
        #expect(Self.horizonPassed(log, from: beforeCommit), "its reader has not seen the first record")
        #expect(!Self.horizonPassed(log, from: log.frontier.nextOffset))
    }

    // MARK: Tombstones

    @Test func `a delete leaves only below every cursor, above its age, and one run after what it deleted`() throws {
        let (log, id) = try Self.log(FaultyFileSystem(), seconds: 100..<120)
        try Self.delete(105, at: 120, log, id)
        let tombstone = Offset(log.frontier.nextOffset.rawValue - 1)
        try Self.insert(121, log, id)
        var options = Self.options(130)
        options.minAge = 60 * Self.second
        try log.noteCursors([LogCursor(name: "store main", offset: tombstone, movedAt: 130 * Self.second)])
        #expect(try log.compact(options).tombstonesLeft == 1)
        #expect(try log.compact(options).tombstonesLeft == 1, "too young, and the cursor stands before it")
        options.now = 500 * Self.second
        #expect(try log.compact(options).tombstonesLeft == 1, "the cursor stands before it")
        options.maxHold = 600 * Self.second
        let next = Offset(tombstone.rawValue + 1)
        try log.noteCursors([LogCursor(name: "store main", offset: next, movedAt: 500 * Self.second)])
        let report = try log.compact(options)
        #expect(report.tombstonesDropped == 1 && report.tombstonesLeft == 0)
        #expect(Self.horizonPassed(log, from: tombstone))
        #expect(!Self.horizonPassed(log, from: next))
    }

    @Test func `a cursor that stood still for too long holds nothing`() throws {
        let (log, id) = try Self.log(FaultyFileSystem(), seconds: 100..<110)
        try Self.delete(105, at: 120, log, id)
        try log.noteCursors([LogCursor(name: "store main", offset: Offset(2), movedAt: 100 * Self.second)])
        var options = Self.options(200)
        options.minAge = 0
        options.maxHold = 1000 * Self.second
        try log.compact(options)
        #expect(try log.compact(options).tombstonesDropped == 0)
        options.maxHold = 50 * Self.second
        #expect(try log.compact(options).tombstonesDropped == 1)
    }

    // MARK: How far a run goes

    @Test func `a run ends below the lowest cursor, and goes on without it when records are too old`() throws {
        let (log, _) = try Self.log(FaultyFileSystem(), seconds: 100..<200)
        let ends = log.statistics.segments.map(\.endOffset)
        try #require(ends.count > 3)
        try log.noteCursors([LogCursor(name: "store main", offset: ends[1], movedAt: 200 * Self.second)])
        var options = Self.options(200, isForced: false)
        #expect(try log.compact(options).horizon == ends[1])
        options.maxLag = 1 * Self.second
        let report = try log.compact(options)
        #expect(report.horizon == log.frontier.nextOffset, "the active segment is sealed for it")
    }

    @Test func `segments younger than the lag are left alone`() throws {
        let (log, _) = try Self.log(FaultyFileSystem(), seconds: 100..<200)
        var options = Self.options(200, isForced: false)
        options.minLag = 50 * Self.second
        let horizon = try log.compact(options).horizon
        #expect(horizon > .zero && horizon <= Offset(52))
        options.minLag = 0
        #expect(try log.compact(options).horizon > horizon)
    }

    @Test func `a run never ends inside a large transaction`() throws {
        let (log, id) = try Self.log(FaultyFileSystem(), seconds: 100..<110)
        let before = log.frontier.nextOffset
        let group = log.makeGroup()
        for second in Int64(110)..<200 {
            let slab = SampleRecords.slab(serials: second..<second + 1, schema: id)
            try log.append(kind: .part, header: Self.header(second), group: group, records: slab, recordCount: 1)
            try log.flush()
        }
        #expect(try log.compact(Self.options(300)).horizon <= before)
        try log.append(kind: .commit, header: Self.header(200), group: group, records: ByteSlab(), recordCount: 0)
        let horizon = try log.compact(Self.options(300)).horizon
        #expect(horizon == log.frontier.nextOffset)
    }

    // MARK: One relation, and the end of a run

    @Test func `a run of one relation leaves the others as they are`() throws {
        let log = try Self.open(FaultyFileSystem())
        let other = RelationID(9)
        let ids = try [SampleRecords.relation, other].map {
            try log.register(SampleRecords.schema(relation: $0), readAt: SourcePosition(timeline: 1, lsn: LSN(1)))
        }
        for second in Int64(0)..<50 {
            var slab = ByteSlab()
            for id in ids { SampleRecords.append(serial: second % 5, schema: id, to: &slab) }
            try log.append(kind: .commit, header: Self.header(second), records: slab, recordCount: 2)
            try log.flush()
        }
        var options = Self.options(100)
        options.only = [other]
        try log.compact(options)
        #expect(try log.recordOffsets(of: other).count == 5)
        #expect(try log.recordOffsets(of: SampleRecords.relation).count == 50)
        options.only = nil
        try log.compact(options)
        #expect(try log.recordOffsets(of: SampleRecords.relation).count == 5)
    }

    @Test func `a run that is ended leaves the log as it was, and nothing behind`() throws {
        let fileSystem = FaultyFileSystem()
        let (log, id) = try Self.log(fileSystem, seconds: 100..<110)
        let slab = SampleRecords.slab(serials: 0..<40, schema: id, labelByteCount: 100_000)
        for second in Int64(200)..<203 {
            try log.append(kind: .commit, header: Self.header(second), records: slab, recordCount: 40)
        }
        try log.flush()
        let before = try log.recordOffsets()
        for step in [CompactionProgress.Step.survey, .rewrite] {
            var wasAsked = false
            try log.compact(Self.options(300)) { progress in
                if progress.step == step { wasAsked = true }
                return progress.step != step
            }
            #expect(wasAsked)
            #expect(try log.recordOffsets() == before)
            #expect(!fileSystem.paths.contains { $0.hasSuffix(".tmp") })
        }
        try log.compact(Self.options(300))
        #expect(try log.recordOffsets().count == 50)
    }

    @Test func `a relation that was kept is compacted from the beginning when it no longer is`() throws {
        let log = try Self.open(FaultyFileSystem())
        let id = try log.register(SampleRecords.schema(), readAt: SourcePosition(timeline: 1, lsn: LSN(1)))
        for second in Int64(0)..<50 {
            let slab = SampleRecords.slab(serials: second % 5..<second % 5 + 1, schema: id)
            try log.append(kind: .commit, header: Self.header(second), records: slab, recordCount: 1)
            try log.flush()
        }
        var options = Self.options(100)
        options.retention.fallback = .keep
        try log.compact(options)
        #expect(try log.recordOffsets().count == 50)
        options.retention.fallback = .compact
        try log.compact(options)
        #expect(try log.recordOffsets().count == 5)
    }
}
