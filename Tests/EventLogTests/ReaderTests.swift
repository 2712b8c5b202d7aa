import EventLog
import Foundation
import Relational
import TestSupport
import Testing

@Suite struct ReaderTests {
    @Test func `parts come right before their commit, after what was committed between them`() throws {
        let log = try EventLog.open(directory: "/log", fileSystem: FaultyFileSystem())
        let schema = try log.register(SampleRecords.schema(), readAt: .none)
        let group = log.makeGroup()
        func part(_ serials: Range<Int64>) throws {
            try log.append(
                kind: .part,
                header: SampleRecords.header(lsn: 0),
                group: group,
                records: SampleRecords.slab(serials: serials, schema: schema),
                recordCount: serials.count
            )
        }
        try part(0..<2)
        try log.appendCommit(10..<11, lsn: 5, schema: schema)
        try part(2..<4)
        try log.flush()
        var reader = try LogReader(log, from: Offset(1))
        #expect(try reader.next().map { Delivery($0).serials } == [10])
        #expect(try reader.next() == nil, "the group is open")
        #expect(reader.progress == Offset(4))
        try log.appendCommit(4..<5, lsn: 6, schema: schema, group: group)
        try log.flush()
        var units: [[Int64]] = [[]]
        while let frame = try reader.next() {
            units[units.count - 1] += Delivery(frame).serials
            #expect((frame.progress == nil) == frame.continues)
            if !frame.continues { units.append([]) }
        }
        #expect(units == [[0, 1, 2, 3, 4], []])
        #expect(reader.progress == Offset(7))
        #expect(try log.delivered(from: Offset(4)).flatMap(\.serials) == [0, 1, 2, 3, 4], "its first part lies before")
        #expect(try log.delivered(from: Offset(7)).isEmpty)
    }

    @Test func `a snapshot is invisible until it is complete, and names its relations`() throws {
        let fileSystem = FaultyFileSystem()
        let log = try EventLog.open(directory: "/log", fileSystem: fileSystem)
        let schema = try log.register(SampleRecords.schema(), readAt: SourcePosition(timeline: 1, lsn: LSN(3)))
        let group = log.makeGroup()
        for index in Int64(0)..<3 {
            try log.append(
                kind: .snapshot,
                header: SampleRecords.header(lsn: 3),
                group: group,
                records: SampleRecords.slab(serials: index..<index + 1, schema: schema),
                recordCount: 1
            )
        }
        try log.flush()
        #expect(try log.delivered().map(\.kind) == [.schema])
        try log.appendSnapshotComplete(
            group: group,
            relations: [RelationID(7), RelationID(8)],
            header: SampleRecords.header(lsn: 3)
        )
        try log.flush()
        var reader = try LogReader(log, from: .zero)
        let first = try #require(try reader.next())
        #expect(first.schema?.id == schema && first.schema?.schema == SampleRecords.schema())
        #expect(first.header.commitEnd.lsn == LSN(3))
        for index in Int64(0)..<3 { #expect(try reader.next().map { Delivery($0).serials } == [index]) }
        let last = try #require(try reader.next())
        #expect(last.relations == [RelationID(7), RelationID(8)] && !last.continues && Array(last.records).isEmpty)
    }

    @Test func `a group that a crash left open is dropped for good, and its offsets stay used`() throws {
        let fileSystem = FaultyFileSystem()
        var log = try EventLog.open(directory: "/log", fileSystem: fileSystem)
        let schema = try log.register(SampleRecords.schema(), readAt: .none)
        let group = log.makeGroup()
        try log.append(
            kind: .snapshot,
            header: SampleRecords.header(lsn: 3),
            group: group,
            records: SampleRecords.slab(serials: 0..<5, schema: schema),
            recordCount: 5
        )
        try log.flush()
        for _ in 0..<2 {
            fileSystem.crash(.everything)
            log = try EventLog.open(directory: "/log", fileSystem: fileSystem)
            #expect(log.frontier.nextOffset.rawValue >= 6)
            #expect(log.makeGroup() != group)
            #expect(throws: LogError.self) {
                try log.appendSnapshotComplete(group: group, relations: [], header: SampleRecords.header(lsn: 3))
            }
            try log.appendClockTick(1)
            try log.flush()
            #expect(try log.delivered().allSatisfy { $0.serials.isEmpty })
        }
    }

    @Test func `an offset outside the log is an error`() throws {
        let log = try EventLog.open(directory: "/log", fileSystem: FaultyFileSystem())
        try log.appendClockTick(1)
        try log.flush()
        _ = try LogReader(log, from: Offset(1))
        for offset in [Offset(2), Offset(-1), Offset(.max)] {
            do throws(LogError) {
                _ = try LogReader(log, from: offset)
                Issue.record("offset \(offset) was taken")
            } catch {
                #expect(error.code == .outOfRange && error.place?.offset == offset)
            }
        }
    }

    @Test func `frames larger than the window are read whole, between small ones`() throws {
        let log = try EventLog.open(directory: "/log", fileSystem: FaultyFileSystem())
        let schema = try log.register(SampleRecords.schema(), readAt: .none)
        var serial: Int64 = 0
        for (index, byteCount) in [10, 3_000_000, 20, 1_048_500, 1_048_576, 5, 2_000_000].enumerated() {
            let slab = SampleRecords.slab(serials: serial..<serial + 1, schema: schema, labelByteCount: byteCount)
            try log.append(
                kind: .commit,
                header: SampleRecords.header(lsn: UInt64(index + 1)),
                records: slab,
                recordCount: 1
            )
            serial += 1
        }
        try log.flush()
        #expect(try log.delivered().flatMap(\.serials) == Array(0..<serial))
        #expect(try log.delivered(from: Offset(3)).flatMap(\.serials) == Array(2..<serial))
    }

    @Test func `a record that does not fit its schema is corruption with its place`() throws {
        let fileSystem = FaultyFileSystem()
        let log = try EventLog.open(directory: "/log", fileSystem: fileSystem)
        var keyless = SampleRecords.schema()
        keyless.primaryKey = []
        let schema = try log.register(keyless, readAt: .none)
        // Four columns under a schema of three: right in outline, so that append takes it where no key is asked for.
        let slab = SampleRecords.slab(serials: 0..<2, schema: schema, columnCount: 4)
        try log.append(kind: .commit, header: SampleRecords.header(lsn: 4), records: slab, recordCount: 2)
        try log.flush()
        var reader = try LogReader(log, from: Offset(1))
        do throws(LogError) {
            _ = try reader.next()
            Issue.record("a malformed record was delivered")
        } catch {
            #expect(error.code == .corrupt && error.place?.offset == Offset(1) && error.place?.byteOffset != nil)
        }
        let check = try EventLog.check(directory: "/log", fileSystem: fileSystem)
        #expect(!check.isSound)
    }

    /// One thread appends, one flushes, two read; on real files.
    @Test func `readers follow a writer and a flusher without a gap`() throws {
        let folder = TemporaryFolder()
        let log = try EventLog.open(
            directory: folder.path,
            options: LogOptions(segmentByteTarget: 50_000, bufferByteLimit: 20_000)
        )
        let schema = try log.register(SampleRecords.schema(), readAt: .none)
        let commits: Int64 = 3000
        let failures = Failures()
        let end = Offset(1 + 2 * commits)
        var threads = [
            Thread {
                failures.catching {
                    for index in 0..<commits {
                        try log.appendCommit(index * 2..<index * 2 + 2, lsn: UInt64(index + 1), schema: schema)
                    }
                }
            },
            Thread {
                failures.catching {
                    while log.frontier.nextOffset < end {
                        if try log.waitForAppend(timeout: .seconds(60)) { try log.flush() }
                    }
                }
            },
        ]
        for _ in 0..<2 {
            threads.append(
                Thread {
                    failures.catching {
                        var reader = try LogReader(log, from: .zero)
                        var next: Int64 = 0
                        while next < commits * 2 {
                            guard let frame = try reader.next() else {
                                guard try log.waitForFrontier(beyond: reader.progress, timeout: .seconds(60)) != nil
                                else { throw Violation(description: "no further frame") }
                                continue
                            }
                            for record in frame.records {
                                guard record.newRow?.int(0) == next else {
                                    throw Violation(
                                        description: "read \(String(describing: record.newRow?.int(0))) for \(next)"
                                    )
                                }
                                next += 1
                            }
                        }
                    }
                }
            )
        }
        failures.run(threads)
        #expect(failures.all.isEmpty)
        #expect(log.statistics.segments.count > 3)
        try log.close()
        #expect(try EventLog.check(directory: folder.path).isSound)
    }
}
