import EventLog
import Relational
import TestSupport
import Testing

/// What only files can do to a compacted log: syncs that are left out, old files that come back, damage below a run, a full device.
@Suite(.enabled(if: FileLogFixture.isCompacting)) struct CompactedDamageTests {
    /// A call of compaction, or of moving cursors, that makes something durable; leaving it out must show.
    enum Site: String, CaseIterable, Sendable {
        case rewrittenFile, rewrittenName, manifest, cursors, cursorsName

        func matches(_ activity: LogActivity, _ kind: FaultyFileSystem.SyncKind, _ path: String) -> Bool {
            switch self {
            case .rewrittenFile: activity == .compacting && kind != .directory && path.hasSuffix(".seg.tmp")
            case .rewrittenName: activity == .compacting && kind == .directory
            case .manifest: activity == .compacting && kind != .directory && path.hasSuffix("MANIFEST.tmp")
            case .cursors: activity == .movingCursors && kind != .directory
            case .cursorsName: activity == .movingCursors && kind == .directory
            }
        }
    }

    @Test(arguments: Site.allCases)
    func `12: leaving out any sync of compaction breaks the promise`(site: Site) throws {
        let suite = LogConformance(reading: LogReader.self) { seed in
            let fixture = FileLogFixture(seed: seed)
            let activity = fixture.activity
            fixture.fileSystem.leaveOut { kind, path in site.matches(activity.value, kind, path) }
            return fixture
        }
        for seed in UInt64(0)..<40 {
            for stop in stride(from: 0, to: try suite.callCounts(seed: seed).all, by: 3) {
                do {
                    try suite.checkCrash(seed: seed, stop: stop, crashSeed: UInt64(stop) * 5 + 1)
                } catch {
                    return
                }
            }
        }
        Issue.record("no crash shows that the sync of \(site) is missing")
    }

    /// Several segments of three keys, one of which is deleted; nobody needs its tombstone.
    private static func makeLog(_ fileSystem: FaultyFileSystem, headroom: Int = 0) throws -> EventLog {
        let log = try EventLog.open(
            directory: "/log",
            fileSystem: fileSystem,
            options: LogOptions(segmentByteTarget: 900, headroomByteCount: headroom)
        )
        let schema = try log.register(SampleRecords.schema(), readAt: .none)
        for index in 0..<Int64(20) {
            try log.appendCommit(index % 3..<index % 3 + 1, lsn: UInt64(10 + index), schema: schema)
            try log.flush()
        }
        var slab = ByteSlab()
        let record = slab.beginRecord(.delete, schema: schema, hasNew: false, hasOld: true, oldIsIdentityOnly: true)
        let row = slab.beginRow(columnCount: 3)
        slab.set(0, int: 1, in: row)
        slab.endRow(row)
        slab.endRecord(record)
        try log.append(kind: .commit, header: SampleRecords.header(lsn: 40), records: slab, recordCount: 1)
        try log.flush()
        return log
    }

    private static var forced: CompactionOptions {
        var options = CompactionOptions(now: 1 << 50)
        options.isForced = true
        return options
    }

    /// The serials that the records from the beginning put in place and leave.
    private static func rows(_ log: EventLog) throws -> Set<Int64> {
        var reader = try LogReader(log, from: .zero)
        var rows: Set<Int64> = []
        while let frame = try reader.next() {
            for record in frame.records {
                if let row = record.newRow { rows.insert(row.int(0)) } else { rows.remove(record.oldRow?.int(0) ?? -1) }
            }
        }
        return rows
    }

    @Test func `5: old files that come back, in any choice of them, bring no row back`() throws {
        let fileSystem = FaultyFileSystem()
        let log = try Self.makeLog(fileSystem)
        var old: [String: [UInt8]] = [:]
        for _ in 0..<4 {
            for path in fileSystem.paths where path.hasSuffix(".seg") { old[path] = fileSystem.contents(path) }
            try log.compact(Self.forced)
        }
        try log.close()
        let left = Set(fileSystem.paths)
        old = old.filter { !left.contains($0.key) }
        try #require(old.count >= 4)
        for choice in [old.keys.sorted()] + old.keys.sorted().map({ [$0] }) {
            for path in choice { fileSystem.setContents(path, old[path] ?? []) }
            let again = try EventLog.open(directory: "/log", fileSystem: fileSystem)
            #expect(try Self.rows(again) == [0, 2], "\(choice)")
            try again.close()
            #expect(Set(fileSystem.paths) == left, "\(choice)")
        }
    }

    @Test func `15, 20: a damaged file ends the run with its place, and nothing else`() throws {
        let fileSystem = FaultyFileSystem()
        let log = try Self.makeLog(fileSystem)
        let path = try #require(fileSystem.paths.filter { $0.hasSuffix(".seg") }.dropFirst().first)
        let good = try #require(fileSystem.contents(path))
        for position in stride(from: 64, to: good.count, by: 40) {
            var damaged = good
            damaged[position] ^= 8
            fileSystem.setContents(path, damaged)
            let segments = fileSystem.paths.filter { $0.hasSuffix(".seg") }
            let error = #expect(throws: LogError.self) { try log.compact(Self.forced) }
            #expect(
                error?.code == .corrupt && error?.place?.path == path,
                "byte \(position): \(String(describing: error))"
            )
            #expect(segments.allSatisfy(fileSystem.paths.contains), "byte \(position)")
            try log.appendClockTick(Int64(position))
            try log.flush()
            fileSystem.setContents(path, good)
        }
        for _ in 0..<4 { try log.compact(Self.forced) }
        #expect(try Self.rows(log) == [0, 2])
        #expect(log.frontier.nextOffset > Offset(21))
    }

    @Test func `13: compaction runs in the headroom and gives the log its space back`() throws {
        let fileSystem = FaultyFileSystem()
        let log = try Self.makeLog(fileSystem, headroom: 8000)
        fileSystem.setFreeByteCount(8000)
        try log.appendClockTick(1)
        #expect(#expect(throws: LogError.self) { try log.flush() }?.code == .diskFull)
        // The active segment cannot be sealed; what is sealed already can be compacted.
        try log.compact(Self.forced)
        #expect(try log.flush().nextOffset == Offset(23))
        #expect(try Self.rows(log) == [0, 2])
    }
}
