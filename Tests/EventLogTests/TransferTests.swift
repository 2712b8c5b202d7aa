import EventLog
import Foundation
import Relational
import TestSupport
import Testing

@Suite struct TransferTests {
    /// Read back, a log from a file is the log: deliveries, identity, source, and the same file again.
    @Test(arguments: UInt64(200)..<216)
    func `an exported log is imported as it was`(seed: UInt64) throws {
        let (log, bytes) = try Portable.sample(seed: seed, stepCount: 150)
        let fileSystem = Portable.disk(bytes)
        let portable = try Portable.load(fileSystem)
        let restored = try Portable.open(fileSystem)
        #expect(restored.id == log.id && restored.source == log.source, "seed \(seed)")
        #expect(try restored.delivered() == log.delivered(), "seed \(seed)")
        #expect(restored.frontier.nextOffset == portable.endOffset, "seed \(seed)")
        try restored.close()
        let check = try EventLog.check(directory: Portable.directory, fileSystem: fileSystem)
        #expect(check.isSound && check.frameCount == portable.frameCount, "seed \(seed): \(check.faults)")
        #expect(check.recordCount == portable.recordCount && check.foreignNames.isEmpty, "seed \(seed)")
        #expect(try Portable.export(fileSystem, Portable.directory) == bytes, "seed \(seed)")
    }

    @Test(arguments: UInt64(220)..<228)
    func `what is read beside the writer is what the writer has published`(seed: UInt64) throws {
        let fileSystem = FaultyFileSystem()
        let workload = LogWorkload(seed: seed, fileSystem: fileSystem)
        for step in 0..<200 {
            try workload.step()
            guard let log = workload.log else { continue }
            let beside = try EventLog.openForReading(directory: LogWorkload.directory, fileSystem: fileSystem)
            #expect(beside.frontier == log.frontier, "seed \(seed), step \(step)")
            #expect(try beside.delivered() == log.delivered(), "seed \(seed), step \(step)")
        }
    }

    @Test func `a log opened for reading takes nothing and no lock`() throws {
        let fileSystem = FaultyFileSystem()
        let log = try EventLog.open(directory: "/log", fileSystem: fileSystem)
        let steps = fileSystem.stepCount
        let beside = try EventLog.openForReading(directory: "/log", fileSystem: fileSystem)
        #expect(fileSystem.stepCount == steps)
        let error = #expect(throws: LogError.self) { try beside.appendClockTick(1) }
        #expect(error?.code == .closed && error?.message.contains("reading only") == true)
        #expect(try beside.waitForFrontier(beyond: .zero) == nil)
        try log.close()
        let missing = #expect(throws: LogError.self) {
            try EventLog.openForReading(directory: "/nowhere", fileSystem: fileSystem)
        }
        #expect(missing?.code == .notFound)
    }

    /// After a power loss the mark may be old; every frame that another one attests is read all the same.
    @Test func `without its mark a log is read as far as its frames attest`() throws {
        let fileSystem = FaultyFileSystem()
        let log = try EventLog.open(directory: "/log", fileSystem: fileSystem)
        let schema = try log.register(SampleRecords.schema(), readAt: .none)
        for commit in 0..<4 {
            try log.appendCommit(Int64(commit)..<Int64(commit) + 1, lsn: UInt64(10 + commit), schema: schema)
            try log.flush()
        }
        fileSystem.destroy("/log/SYNCED")
        let beside = try EventLog.openForReading(directory: "/log", fileSystem: fileSystem)
        #expect(try beside.delivered() == log.delivered().dropLast())
    }

    @Test func `a log that ends below its mark is not exported`() throws {
        let fileSystem = FaultyFileSystem()
        let (log, _) = try Portable.sample(seed: 7, stepCount: 120, on: fileSystem)
        let last = try #require(log.statistics.segments.last { $0.byteCount > 64 }).path
        let bytes = try #require(fileSystem.contents(last))
        fileSystem.setContents(last, Array(bytes.dropLast(8)))
        let error = #expect(throws: LogError.self) { try Portable.export(fileSystem) }
        #expect(error?.code == .corrupt && error?.place?.path == last)
    }

    @Test func `an export ends with a whole transaction, and open ones stay unseen`() throws {
        let fileSystem = FaultyFileSystem()
        let log = try EventLog.open(directory: "/log", fileSystem: fileSystem)
        let schema = try log.register(SampleRecords.schema(), readAt: .none)
        let group = log.makeGroup()
        func part(_ serial: Int64) throws {
            let records = SampleRecords.slab(serials: serial..<serial + 1, schema: schema)
            let header = SampleRecords.header(lsn: 0)
            try log.append(kind: .part, header: header, group: group, records: records, recordCount: 1)
        }
        try part(1)
        try log.appendCommit(2..<4, lsn: 20, schema: schema)
        let end = try log.flush().nextOffset
        try part(4)
        try log.flush()
        let open = Portable.disk(try Portable.export(fileSystem, "/log"))
        let portable = try Portable.load(open)
        #expect(portable.endOffset == end)
        let restored = try Portable.open(open)
        #expect(try restored.delivered().flatMap(\.serials) == [2, 3])
        #expect(restored.makeGroup().rawValue > group.rawValue, "its number is never given again")
        try log.appendCommit(5..<6, lsn: 30, schema: schema, group: group)
        try log.flush()
        let closed = Portable.disk(try Portable.export(fileSystem, "/log"))
        try Portable.load(closed)
        #expect(try Portable.open(closed).delivered().flatMap(\.serials) == [2, 3, 1, 4, 5])
    }

    @Test func `an empty log and frames larger than every buffer come through`() throws {
        let fileSystem = FaultyFileSystem()
        let log = try EventLog.open(directory: "/log", fileSystem: fileSystem)
        let empty = Portable.disk(try Portable.export(fileSystem, "/log"))
        #expect(try Portable.load(empty).frameCount == 0)
        #expect(try Portable.open(empty).id == log.id)
        let schema = try log.register(SampleRecords.schema(), readAt: .none)
        for (serial, labelByteCount) in [(1, 3 << 20), (2, 10), (3, (1 << 20) - 100)] {
            var slab = ByteSlab()
            SampleRecords.append(serial: Int64(serial), schema: schema, labelByteCount: labelByteCount, to: &slab)
            let header = SampleRecords.header(lsn: UInt64(serial))
            try log.append(kind: .commit, header: header, records: slab, recordCount: 1)
        }
        try log.flush()
        let large = Portable.disk(try Portable.export(fileSystem, "/log"))
        try Portable.load(large, segmentByteTarget: 1 << 20)
        let restored = try Portable.open(large)
        #expect(try restored.delivered() == log.delivered())
        #expect(restored.statistics.segments.count == 2)
    }

    /// Real files, a real second thread: whatever was durable when an export began is a prefix of the log, cut between transactions.
    @Test func `an export beside a running writer is a prefix at a transaction's end`() throws {
        let folder = NSTemporaryDirectory() + "leftfold-transfer-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let log = try EventLog.open(directory: folder + "/log", options: LogOptions(segmentByteTarget: 64 << 10))
        let schema = try log.register(SampleRecords.schema(), readAt: .none)
        try log.flush()
        let failures = Failures()
        let writer = Thread {
            failures.catching {
                for turn in 0..<600 {
                    let serial = Int64(turn * 10)
                    let group = log.makeGroup()
                    let part = SampleRecords.slab(serials: serial..<serial + 3, schema: schema)
                    let header = SampleRecords.header(lsn: 0)
                    try log.append(kind: .part, header: header, group: group, records: part, recordCount: 3)
                    if turn % 3 == 0 { try log.flush() }
                    let lsn = UInt64(100 + turn)
                    try log.appendCommit(serial + 3..<serial + 6, lsn: lsn, schema: schema, group: group)
                    if turn % 2 == 0 { try log.flush() }
                }
                try log.flush()
            }
        }
        let reader = Thread {
            failures.catching {
                for turn in 0..<20 {
                    try LogExport.write(directory: folder + "/log", toFile: "\(folder)/\(turn).leftfoldlog")
                }
            }
        }
        failures.run([writer, reader])
        #expect(failures.all == [])
        let all = try log.delivered()
        for turn in 0..<20 {
            let directory = "\(folder)/restored\(turn)"
            try LogImport.read("\(folder)/\(turn).leftfoldlog", into: directory)
            let found = try Portable.open(PosixFileSystem(), directory).delivered()
            #expect(found == Array(all.prefix(found.count)), "export \(turn)")
            #expect(found.last?.continues == false, "export \(turn)")
        }
    }
}
