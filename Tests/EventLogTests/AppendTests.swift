import EventLog
import Relational
import TestSupport
import Testing

@Suite struct AppendTests {
    private func open(_ options: LogOptions = LogOptions()) throws -> (EventLog, FaultyFileSystem) {
        let fileSystem = FaultyFileSystem()
        return (try EventLog.open(directory: "/log", fileSystem: fileSystem, options: options), fileSystem)
    }

    @Test func `what was not flushed is not visible`() throws {
        let (log, _) = try open()
        let schema = try log.register(SampleRecords.schema(), readAt: .none)
        try log.appendCommit(0..<3, lsn: 8, schema: schema)
        #expect(log.frontier.nextOffset == .zero && log.frontier.source == .none)
        #expect(try log.delivered().isEmpty)
        let frontier = try log.flush()
        #expect(frontier.nextOffset == Offset(4) && frontier.source.lsn == LSN(8))
        #expect(try log.delivered().map(\.first) == [Offset(0), Offset(1)])
    }

    @Test func `a frame without records has an offset of its own`() throws {
        let (log, _) = try open()
        #expect(try log.appendClockTick(5) == Offset(0))
        #expect(try log.appendPosition(SourcePosition(timeline: 1, lsn: LSN(7)), time: 0) == Offset(1))
        #expect(
            try log.append(kind: .commit, header: SampleRecords.header(lsn: 9), records: ByteSlab(), recordCount: 0)
                == Offset(2)
        )
        #expect(try log.flush().nextOffset == Offset(3))
    }

    @Test func `a commit or position that the log already holds is refused`() throws {
        let (log, fileSystem) = try open()
        let schema = try log.register(SampleRecords.schema(), readAt: .none)
        try log.appendCommit(0..<1, lsn: 100, schema: schema)
        func refused(_ body: () throws -> Void) {
            #expect(#expect(throws: LogError.self, performing: body)?.code == .invalidAppend)
        }
        refused { try log.appendCommit(1..<2, lsn: 100, schema: schema) }
        refused { try log.appendCommit(1..<2, lsn: 99, schema: schema) }
        refused { try log.appendPosition(SourcePosition(timeline: 1, lsn: LSN(99)), time: 0) }
        try log.appendPosition(SourcePosition(timeline: 1, lsn: LSN(100)), time: 0)
        try log.flush()
        try log.close()
        let again = try EventLog.open(directory: "/log", fileSystem: fileSystem)
        refused { try again.appendCommit(1..<2, lsn: 100, schema: schema) }
        // A new timeline may begin below the old one's end.
        try again.append(
            kind: .commit,
            header: SampleRecords.header(lsn: 90, timeline: 2),
            records: ByteSlab(),
            recordCount: 0
        )
        refused { try again.appendCommit(1..<2, lsn: 200, schema: schema) }
    }

    @Test func `frames that break a rule are refused and leave no trace`() throws {
        let (log, _) = try open()
        let schema = try log.register(SampleRecords.schema(), readAt: .none)
        let good = SampleRecords.slab(serials: 0..<2, schema: schema)
        let header = SampleRecords.header(lsn: 5)
        let group = log.makeGroup()
        let attempts: [() throws -> Void] = [
            { try log.append(kind: .commit, header: header, records: good, recordCount: 3) },
            { try log.append(kind: .commit, header: header, records: good, recordCount: 1) },
            { try log.append(kind: .commit, header: header, records: ByteSlab(), recordCount: 1) },
            { try log.append(kind: .schema, header: header, records: good, recordCount: 2) },
            { try log.append(kind: .part, header: header, records: good, recordCount: 2) },
            { try log.append(kind: .application, header: header, group: group, records: good, recordCount: 2) },
            { try log.append(kind: .commit, header: header, group: GroupID(99), records: good, recordCount: 2) },
            {
                let unknown = SampleRecords.slab(serials: 0..<1, schema: SchemaID(7))
                try log.append(kind: .commit, header: header, records: unknown, recordCount: 1)
            },
            {
                let cut = UnsafeRawBufferPointer(rebasing: good.bytes[..<(good.count - 8)])
                try log.append(kind: .commit, header: header, records: cut, recordCount: 2)
            },
        ]
        for (index, attempt) in attempts.enumerated() {
            #expect(#expect(throws: LogError.self, performing: attempt)?.code == .invalidAppend, "attempt \(index)")
        }
        #expect(
            try log.append(kind: .snapshot, header: header, group: group, records: good, recordCount: 2) == Offset(1)
        )
        #expect(throws: LogError.self) {
            try log.append(kind: .part, header: header, group: group, records: good, recordCount: 2)
        }
        #expect(throws: LogError.self) {
            try log.append(kind: .commit, header: header, group: group, records: good, recordCount: 2)
        }
        try log.appendSnapshotComplete(group: group, relations: [SampleRecords.relation], header: header)
        #expect(throws: LogError.self) {
            try log.append(kind: .snapshot, header: header, group: group, records: good, recordCount: 2)
        }
        #expect(try log.flush().nextOffset == Offset(4))
    }

    @Test func `schema ids are dense, kept over a reopening, and new only for a new schema`() throws {
        let (log, fileSystem) = try open()
        let other = RelationID(20)
        #expect(try log.register(SampleRecords.schema(), readAt: .none) == SchemaID(0))
        #expect(try log.register(SampleRecords.schema(), readAt: .none) == SchemaID(0))
        #expect(try log.register(SampleRecords.schema(relation: other), readAt: .none) == SchemaID(1))
        #expect(try log.register(SampleRecords.schema(version: 1), readAt: .none) == SchemaID(2))
        try log.close()
        let again = try EventLog.open(directory: "/log", fileSystem: fileSystem)
        #expect(again.currentSchemas == [SampleRecords.relation: SchemaID(2), other: SchemaID(1)])
        #expect(again.schema(SchemaID(0)) == SampleRecords.schema() && again.schema(SchemaID(3)) == nil)
        #expect(try again.register(SampleRecords.schema(), readAt: .none) == SchemaID(3))
        var broken = SampleRecords.schema()
        broken.primaryKey = [9]
        #expect(throws: LogError.self) { try again.register(broken, readAt: .none) }
    }

    @Test func `a full buffer makes append flush by itself`() throws {
        let (log, _) = try open(LogOptions(bufferByteLimit: 1000))
        let schema = try log.register(SampleRecords.schema(), readAt: .none)
        for index in 0..<50 {
            try log.appendCommit(Int64(index)..<Int64(index) + 1, lsn: UInt64(index + 1), schema: schema)
        }
        #expect(log.frontier.nextOffset > Offset(30))
        #expect(log.statistics.bufferedByteCount <= 1000)
        let big = SampleRecords.slab(serials: 90..<91, schema: schema, labelByteCount: 5000)
        try log.append(kind: .commit, header: SampleRecords.header(lsn: 90), records: big, recordCount: 1)
        try log.flush()
        #expect(try log.delivered().flatMap(\.serials) == Array(0..<50) + [90])
    }

    @Test func `a closed log refuses everything but reading`() throws {
        let (log, _) = try open()
        try log.appendClockTick(1)
        try log.close()
        #expect(#expect(throws: LogError.self) { try log.appendClockTick(2) }?.code == .closed)
        #expect(#expect(throws: LogError.self) { try log.flush() }?.code == .closed)
        #expect(try log.waitForFrontier(beyond: Offset(9)) == nil)
        #expect(try log.waitForAppend() == false)
        #expect(try log.delivered().count == 1)
    }

    @Test func `statistics tell segments, groups and what waits`() throws {
        let (log, fileSystem) = try open(LogOptions(segmentByteTarget: 500))
        let schema = try log.register(SampleRecords.schema(), readAt: .none)
        for index in 0..<4 {
            try log.appendCommit(Int64(index) * 4..<Int64(index) * 4 + 4, lsn: UInt64(index + 1), schema: schema)
            try log.flush()
        }
        try log.append(
            kind: .part,
            header: SampleRecords.header(lsn: 50),
            group: log.makeGroup(),
            records: SampleRecords.slab(serials: 90..<91, schema: schema),
            recordCount: 1
        )
        let statistics = log.statistics
        #expect(statistics.openGroupCount == 1 && statistics.droppedGroupCount == 0 && statistics.schemaCount == 1)
        #expect(statistics.bufferedByteCount > 0 && statistics.segments.count > 1)
        #expect(statistics.segments.dropLast().allSatisfy(\.isSealed) && statistics.segments.last?.isSealed == false)
        #expect(statistics.frontier.byteCount == statistics.segments.reduce(0) { $0 + $1.byteCount })
        for (one, next) in zip(statistics.segments, statistics.segments.dropFirst()) {
            #expect(one.endOffset == next.firstOffset)
        }
        try log.close()
        let again = try EventLog.open(directory: "/log", fileSystem: fileSystem)
        #expect(again.statistics.openGroupCount == 0 && again.statistics.droppedGroupCount == 1)
    }
}
