import EventLog
import Relational
import TestSupport
import Testing

@Suite struct CompactionFoldTests {
    private static let kept: Set<RelationID> = [CompactionHistory.tables[2], CompactionHistory.tables[3]]

    private static func options(
        seed: UInt64,
        minAge: Int64 = .max,
        isForced: Bool = true,
        keyMapByteLimit: Int = 64 << 20
    ) -> CompactionOptions {
        var options = CompactionOptions(now: 1 << 60)
        options.retention.relations[QualifiedName(schema: "public", name: "t4")] = .keep
        options.minAge = minAge
        options.isForced = isForced
        options.keyMapByteLimit = keyMapByteLimit
        return options
    }

    private static func files(_ history: CompactionHistory) -> [String: [UInt8]] {
        var files: [String: [UInt8]] = [:]
        for path in history.fileSystem.paths where path.hasSuffix(".seg") || path.hasSuffix("MANIFEST") {
            files[path] = history.fileSystem.contents(path)
        }
        return files
    }

    private static func history(_ seed: UInt64, steps: Int = 250) throws -> CompactionHistory {
        let target = [400, 1500, 6000, 1 << 20][Int(seed % 4)]
        let history = try CompactionHistory(seed: seed, segmentByteTarget: target, altersTables: seed % 3 > 0)
        try history.run(steps: steps)
        return history
    }

    @Test(arguments: UInt64(0)..<60)
    func `the tables of a compacted log are those of the log`(seed: UInt64) throws {
        do {
            let history = try Self.history(seed)
            for round in 0..<4 {
                let before = try FoldModel(history.log, keeping: Self.kept)
                let options = Self.options(seed: seed, minAge: round < 2 ? .max : 0)
                try history.log.compact(options)
                #expect(try FoldModel(history.log, keeping: Self.kept) == before, "seed \(seed), round \(round)")
                try history.reopen()
                #expect(
                    try FoldModel(history.log, keeping: Self.kept) == before,
                    "seed \(seed), round \(round), reopened"
                )
                let check = try EventLog.check(
                    directory: CompactionHistory.directory,
                    fileSystem: history.fileSystem
                )
                #expect(check.isSound, "seed \(seed): \(check.faults)")
                try history.run(steps: 60)
            }
        } catch {
            Issue.record("seed \(seed): \(error)")
        }
    }

    @Test(arguments: UInt64(0)..<40)
    func `a run with a key map of 300 bytes does the same as one without a limit`(seed: UInt64) throws {
        do {
            var results: [[String: [UInt8]]] = []
            for limit in [300, 64 << 20] {
                let history = try Self.history(seed)
                for _ in 0..<2 {
                    let report = try history.log.compact(Self.options(seed: seed, minAge: 0, keyMapByteLimit: limit))
                    if limit == 64 << 20 { #expect(report.passes <= 1, "seed \(seed)") }
                    try history.run(steps: 60)
                }
                results.append(Self.files(history))
            }
            #expect((results[0] == results[1]) as Bool, "seed \(seed)")
        } catch {
            Issue.record("seed \(seed): \(error)")
        }
    }

    @Test(arguments: UInt64(0)..<40)
    func `a run that follows another changes nothing, and no dead record is left`(seed: UInt64) throws {
        do {
            let history = try Self.history(seed)
            try history.settle()
            try history.log.compact(Self.options(seed: seed))
            let files = Self.files(history)
            let again = try history.log.compact(Self.options(seed: seed))
            #expect(again.segmentsWritten == 0 && again.recordsAfter == again.recordsBefore, "seed \(seed): \(again)")
            #expect((Self.files(history) == files) as Bool, "seed \(seed)")
            // Now the tombstones leave.
            let before = try FoldModel(history.log, keeping: Self.kept)
            let dropping = try history.log.compact(Self.options(seed: seed, minAge: 0))
            #expect(try FoldModel(history.log, keeping: Self.kept) == before, "seed \(seed)")
            let last = try history.log.compact(Self.options(seed: seed, minAge: 0))
            #expect(last.tombstonesDropped == 0 && last.segmentsWritten == 0, "seed \(seed): \(dropping) then \(last)")
        } catch {
            Issue.record("seed \(seed): \(error)")
        }
    }

    @Test(arguments: UInt64(0)..<20)
    func `a dry run tells what a run then does, and writes nothing`(seed: UInt64) throws {
        do {
            let history = try Self.history(seed)
            try history.settle()
            var options = Self.options(seed: seed)
            options.isForced = false
            options.maxLag = .max
            let files = Self.files(history)
            let expected = try history.log.surveyCompaction(options)
            #expect((Self.files(history) == files) as Bool, "seed \(seed)")
            let done = try history.log.compact(options)
            #expect(done == expected, "seed \(seed): \(done), expected \(expected)")
        } catch {
            Issue.record("seed \(seed): \(error)")
        }
    }
}
