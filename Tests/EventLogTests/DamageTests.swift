import EventLog
import Relational
import TestSupport
import Testing

/// A log of several segments, closed, and everything in it.
struct ClosedLog {
    static let directory = "/log"

    let fileSystem = FaultyFileSystem()
    let deliveries: [Delivery]
    let source: SourceIdentity?

    /// A compacted one writes its rows several times over and keeps the last of each.
    init(commitCount: Int = 12, segmentByteTarget: Int = 900, isCompacted: Bool = false) throws {
        let log = try EventLog.open(
            directory: Self.directory,
            fileSystem: fileSystem,
            options: LogOptions(segmentByteTarget: segmentByteTarget)
        )
        try log.follow(SourceIdentity(systemIdentifier: "7300000000000000001", timeline: 1))
        let schema = try log.register(SampleRecords.schema(), readAt: .none)
        let group = log.makeGroup()
        for index in 0..<Int64(commitCount) {
            if index == 3 {
                try log.append(
                    kind: .part,
                    header: SampleRecords.header(lsn: 1),
                    group: group,
                    records: SampleRecords.slab(serials: 1000..<1002, schema: schema),
                    recordCount: 2
                )
            }
            let serial = isCompacted ? index % 4 : index
            try log.appendCommit(
                serial * 2..<serial * 2 + 2,
                lsn: UInt64(10 + index),
                schema: schema,
                group: index == 6 ? group : .none
            )
            try log.flush()
        }
        if isCompacted {
            var options = CompactionOptions(now: 1 << 50)
            options.isForced = true
            for _ in 0..<2 { try log.compact(options) }
            try log.noteCursors([LogCursor(name: "store main", offset: .zero, movedAt: 0)])
        }
        deliveries = try log.delivered()
        source = log.source
        try log.close()
    }

    /// Opens the log as it is now and reads all of it.
    func readAll() throws(LogError) -> [Delivery] {
        let log = try EventLog.open(
            directory: Self.directory,
            fileSystem: fileSystem,
            options: LogOptions(createIfMissing: false)
        )
        do {
            let result = try log.delivered()
            if log.source != source { throw Violation(description: "source is \(String(describing: log.source))") }
            return result
        } catch let error as LogError {
            throw error
        } catch {
            preconditionFailure("\(error)")
        }
    }

    /// Puts damaged bytes into a file, opens, reads, and restores; a problem is what must not happen.
    func problem(_ path: String, with damaged: [UInt8]?) -> String? {
        let saved = Dictionary(uniqueKeysWithValues: fileSystem.paths.map { ($0, fileSystem.contents($0) ?? []) })
        defer {
            fileSystem.crash(.everything)
            for path in fileSystem.paths where saved[path] == nil { fileSystem.destroy(path) }
            for (path, bytes) in saved { fileSystem.setContents(path, bytes) }
        }
        if let damaged { fileSystem.setContents(path, damaged) } else { fileSystem.destroy(path) }
        do throws(LogError) {
            let found = try readAll()
            return found == deliveries ? nil : "read \(found.count) of \(deliveries.count) frames without an error"
        } catch {
            let isNamed = [.corrupt, .newerFormat, .foreign, .notFound].contains(error.code) && error.place != nil
            return isNamed ? nil : "error \(error.code) without a place: \(error)"
        }
    }
}

@Suite struct DamageTests {
    @Test(arguments: [false, true])
    func `15: a flipped bit anywhere is an error with its place, never a shorter log`(isCompacted: Bool) throws {
        let log = try ClosedLog(isCompacted: isCompacted)
        var random = SeededGenerator(seed: 1)
        for path in log.fileSystem.paths {
            let bytes = log.fileSystem.contents(path) ?? []
            for position in bytes.indices {
                var damaged = bytes
                damaged[position] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                if let problem = log.problem(path, with: damaged) {
                    Issue.record("\(path), byte \(position): \(problem)")
                    return
                }
            }
        }
    }

    @Test(arguments: [false, true])
    func `15: a file cut off anywhere is an error with its place, never a shorter log`(isCompacted: Bool) throws {
        let log = try ClosedLog(isCompacted: isCompacted)
        for path in log.fileSystem.paths {
            let bytes = log.fileSystem.contents(path) ?? []
            for count in bytes.indices {
                if let problem = log.problem(path, with: Array(bytes[..<count])) {
                    Issue.record("\(path), cut at \(count): \(problem)")
                    return
                }
            }
        }
    }

    @Test(arguments: [false, true])
    func `15: a file that is gone is an error, never a shorter log`(isCompacted: Bool) throws {
        let log = try ClosedLog(isCompacted: isCompacted)
        for path in log.fileSystem.paths {
            #expect(log.problem(path, with: nil) == nil, "without \(path)")
        }
    }

    @Test func `bytes behind a good end are an error when a frame among them was durable`() throws {
        let log = try ClosedLog(commitCount: 4, segmentByteTarget: 1 << 20)
        let segment = "\(ClosedLog.directory)/00000000000000000000.seg"
        let bytes = try #require(log.fileSystem.contents(segment))
        // The mark is lost and the schema frame damaged: the frames behind it tell that it was durable.
        log.fileSystem.destroy("\(ClosedLog.directory)/SYNCED")
        var damaged = bytes
        damaged[64 + 70] ^= 1
        log.fileSystem.setContents(segment, damaged)
        let error = #expect(throws: LogError.self) { try log.readAll() }
        #expect(error?.code == .corrupt)
        #expect(error?.place == LogError.Place(path: segment, byteOffset: 64, offset: .zero))
    }

    @Test func `a tail that was never durable is cut off, and its offsets are given to what comes next`() throws {
        let fileSystem = FaultyFileSystem()
        let log = try EventLog.open(directory: "/log", fileSystem: fileSystem)
        let schema = try log.register(SampleRecords.schema(), readAt: .none)
        try log.appendCommit(0..<3, lsn: 8, schema: schema)
        try log.flush()
        let before = try log.delivered()
        try log.appendCommit(3..<90, lsn: 16, schema: schema)
        fileSystem.stop(atStep: 0)
        #expect(throws: LogError.self) { try log.flush() }
        // Half of the write has happened.
        fileSystem.crash(.everything)
        let check = try EventLog.check(directory: "/log", fileSystem: fileSystem)
        #expect(check.isSound && check.tornByteCount > 0 && check.nextOffset == Offset(4))
        let again = try EventLog.open(directory: "/log", fileSystem: fileSystem)
        #expect(try again.delivered() == before)
        #expect(try again.appendCommit(3..<5, lsn: 16, schema: schema) == Offset(4))
        try again.flush()
        #expect(try again.delivered().last?.serials == [3, 4])
        #expect(try EventLog.check(directory: "/log", fileSystem: fileSystem).tornByteCount == 0)
    }

    @Test func `check names every damaged segment and reads on in the next`() throws {
        let log = try ClosedLog()
        let segments = log.fileSystem.paths.filter { $0.hasSuffix(".seg") }
        try #require(segments.count >= 3)
        for path in [segments[0], segments[1]] {
            var bytes = try #require(log.fileSystem.contents(path))
            bytes[bytes.count - 1] ^= 0x10
            log.fileSystem.setContents(path, bytes)
        }
        let check = try EventLog.check(directory: ClosedLog.directory, fileSystem: log.fileSystem)
        #expect(check.faults.compactMap(\.place?.path).filter { segments.prefix(2).contains($0) }.count >= 2)
        #expect(!check.isSound && check.segmentCount == segments.count)
    }

    @Test func `check agrees with opening on every flipped bit of the frames`() throws {
        let log = try ClosedLog(commitCount: 4)
        for path in log.fileSystem.paths where path.hasSuffix(".seg") {
            let bytes = log.fileSystem.contents(path) ?? []
            for position in stride(from: 0, to: bytes.count, by: 3) {
                var damaged = bytes
                damaged[position] ^= 4
                log.fileSystem.setContents(path, damaged)
                let check = try EventLog.check(directory: ClosedLog.directory, fileSystem: log.fileSystem)
                #expect(!check.isSound && check.faults.allSatisfy { $0.place != nil }, "\(path), byte \(position)")
                log.fileSystem.setContents(path, bytes)
            }
        }
    }
}
