import Foundation
import Relational
import TestSupport
import Testing

@testable import EventLog

/// Runs a workload on a disk that fills up at one call, goes on for a while, and frees the disk or crashes before.
enum FullDiskRun {
    static let stepCount = 50
    /// Refused steps before the disk is freed.
    private static let refusalCount = 4

    /// The calls of a whole run that need space.
    static func allocationCount(seed: UInt64) throws -> Int {
        let workload = LogWorkload(seed: seed, fileSystem: FaultyFileSystem())
        for _ in 0..<stepCount { try workload.step() }
        return workload.fileSystem.allocationCount
    }

    /// Returns how many steps were refused.
    static func run(seed: UInt64, fillAt allocation: Int, crash: FaultyFileSystem.Survival?) throws -> Int {
        let fileSystem = FaultyFileSystem()
        let workload = LogWorkload(seed: seed, fileSystem: fileSystem)
        fileSystem.fillDisk(atAllocation: allocation)
        var refusals = 0
        for _ in 0..<stepCount {
            do {
                try workload.step()
            } catch let error as LogError where error.code == .diskFull && fileSystem.isFull {
                refusals += 1
                // Readers go on, and see all that was ever confirmed.
                try workload.verify()
            }
            guard refusals == refusalCount, fileSystem.isFull else { continue }
            if let crash {
                fileSystem.crash(crash)
                fileSystem.freeDisk()
                try workload.reopen()
            }
            fileSystem.freeDisk()
            try workload.flushAll()
        }
        fileSystem.freeDisk()
        try workload.flushAll()
        fileSystem.crash(.nothing)
        try workload.reopen()
        return refusals
    }
}

@Suite struct FullDiskTests {
    @Test(arguments: UInt64(0)..<4)
    func `a disk full at any call loses nothing, and the log goes on without being opened again`(seed: UInt64) throws {
        var refusals = 0
        for allocation in 0..<(try FullDiskRun.allocationCount(seed: seed)) {
            for crash in [nil] + CrashRun.survivals(UInt64(allocation)).map(Optional.some) {
                do {
                    refusals += try FullDiskRun.run(seed: seed, fillAt: allocation, crash: crash)
                } catch {
                    let place = "seed \(seed), full at call \(allocation)"
                    Issue.record("\(place), crash \(crash.map { "\($0)" } ?? "none"): \(error)")
                    return
                }
            }
        }
        #expect(refusals > 100, "seed \(seed)")
    }

    private static func open(
        _ fileSystem: FaultyFileSystem,
        bufferByteLimit: Int = 2000,
        segmentByteTarget: Int = 1500
    ) throws -> (EventLog, SchemaID) {
        let options = LogOptions(
            segmentByteTarget: segmentByteTarget,
            bufferByteLimit: bufferByteLimit,
            headroomByteCount: 4000
        )
        let log = try EventLog.open(directory: "/log", fileSystem: fileSystem, options: options)
        let schema = try log.register(SampleRecords.schema(), readAt: .none)
        try log.flush()
        return (log, schema)
    }

    private static func isFull(_ error: LogError?) -> Bool { error?.code == .diskFull && error?.hint != nil }

    @Test func `the headroom stays free, and what was refused is where it was when there is space`() throws {
        let fileSystem = FaultyFileSystem()
        let (log, schema) = try Self.open(fileSystem)
        fileSystem.setFreeByteCount(8000)
        var taken: Int64 = 0
        let refusal = #expect(throws: LogError.self) {
            while taken < 1000 {
                try log.appendCommit(taken..<taken + 1, lsn: UInt64(taken + 1), schema: schema)
                taken += 1
            }
        }
        #expect(Self.isFull(refusal) && refusal?.place?.path == "/log")
        #expect(log.shortage == refusal)
        #expect(try #require(fileSystem.freeByteCount("/log")) >= 4000)
        let durable = try log.delivered().flatMap(\.serials)
        #expect(!durable.isEmpty && durable.count < Int(taken), "some are durable, some wait")
        // Bounded: what waits and what leaves.
        #expect(log.statistics.bufferedByteCount <= 4000)
        // The manifest can still be replaced.
        try log.follow(SourceIdentity(systemIdentifier: "71", timeline: 1))
        #expect(Self.isFull(#expect(throws: LogError.self) { try log.flush() }))
        fileSystem.setFreeByteCount(1 << 20)
        try log.appendCommit(taken..<taken + 1, lsn: UInt64(taken + 1), schema: schema)
        try log.flush()
        #expect(log.shortage == nil)
        #expect(try log.delivered().flatMap(\.serials) == Array(0...taken))
    }

    @Test func `a full disk gives back what a write had taken, and closing it loses only what was not durable`() throws
    {
        let fileSystem = FaultyFileSystem()
        let (log, schema) = try Self.open(fileSystem)
        try log.appendCommit(0..<5, lsn: 8, schema: schema)
        try log.flush()
        let segment = "/log/00000000000000000000.seg"
        let before = fileSystem.contents(segment)
        fileSystem.fillDisk(atAllocation: 0)
        try log.appendCommit(5..<10, lsn: 16, schema: schema)
        #expect(#expect(throws: LogError.self) { try log.flush() }?.code == .diskFull)
        #expect(log.shortage?.code == .diskFull)
        #expect(fileSystem.contents(segment) == before)
        #expect(#expect(throws: LogError.self) { try log.close() }?.code == .diskFull)
        fileSystem.freeDisk()
        let again = try EventLog.open(directory: "/log", fileSystem: fileSystem)
        #expect(try again.delivered().flatMap(\.serials) == Array(0..<5))
    }

    @Test func `a sync that fails is never missing space, and poisons also a log that waited for some`() throws {
        errno = ENOSPC
        #expect(PosixError.failedSync("sync", "/log").code == .io)
        errno = EDQUOT
        #expect(PosixError.current("write", "/log").code == .diskFull)
        let fileSystem = FaultyFileSystem()
        let (log, schema) = try Self.open(fileSystem)
        try log.appendCommit(0..<5, lsn: 8, schema: schema)
        fileSystem.fillDisk(atAllocation: 0)
        #expect(#expect(throws: LogError.self) { try log.flush() }?.code == .diskFull)
        fileSystem.freeDisk()
        fileSystem.failSync(0)
        #expect(#expect(throws: LogError.self) { try log.flush() }?.code == .io)
        #expect(#expect(throws: LogError.self) { try log.flush() }?.code == .poisoned)
        #expect(log.shortage == nil)
        #expect(#expect(throws: LogError.self) { try log.appendClockTick(1) }?.code == .poisoned)
    }

    @Test func `who waits for space goes on with the flush that finds some, or is sent away`() throws {
        let fileSystem = FaultyFileSystem()
        let (log, schema) = try Self.open(fileSystem)
        try log.waitForSpace()
        fileSystem.fillDisk(atAllocation: 0)
        try log.appendCommit(0..<5, lsn: 8, schema: schema)
        #expect(throws: LogError.self) { try log.flush() }
        #expect(try log.waitForAppend(timeout: .zero), "a flush is due although nothing is appended")
        let failures = Failures()
        let waiter = Thread { failures.catching { try log.waitForSpace() } }
        let flusher = Thread {
            failures.catching {
                fileSystem.freeDisk()
                try log.flush()
            }
        }
        failures.run([waiter, flusher])
        #expect(failures.all.isEmpty)
        fileSystem.fillDisk(atAllocation: 0)
        try log.appendCommit(5..<9, lsn: 16, schema: schema)
        #expect(throws: LogError.self) { try log.flush() }
        failures.run([
            Thread { failures.catching { try log.waitForSpace() } },
            Thread { failures.catching { log.stopWaitingForSpace() } },
        ])
        #expect(failures.all.count == 1 && failures.all[0].contains("no space"))
        fileSystem.freeDisk()
        try log.flush()
        #expect(try log.delivered().flatMap(\.serials) == Array(0..<9))
    }
}
