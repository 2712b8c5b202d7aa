import TestSupport
import Testing

@testable import StateFiles

/// One call that makes something durable; leaving it out must show.
enum StateSyncSite: String, CaseIterable, Sendable {
    case run, manifest, publishedNames, foundNames, droppedNames, folder

    func matches(_ phase: StateWorkload.Phase, _ kind: FaultyFileSystem.SyncKind, _ path: String) -> Bool {
        let isNames = kind == .directory && path == StateSample.directory
        return switch self {
        case .run: kind != .directory && path.hasSuffix(".run")
        case .manifest: kind != .directory && path.hasSuffix(".tmp")
        case .publishedNames: isNames && phase == .publishing
        case .foundNames: isNames && phase == .opening
        case .droppedNames: isNames && phase == .dropping
        case .folder: kind == .directory && path == "/data"
        }
    }
}

/// Runs a workload, stops it at a call, loses what the crash loses, goes on, and loses power once more.
enum StateCrash {
    static let stepCount = 24

    static func callCount(seed: UInt64) throws -> Int {
        let workload = try StateWorkload(seed: seed, fileSystem: FaultyFileSystem())
        for _ in 0..<stepCount { try workload.step() }
        return workload.fileSystem.stepCount
    }

    static func run(
        seed: UInt64,
        stopAt stop: Int,
        _ survival: FaultyFileSystem.Survival,
        leavingOut site: StateSyncSite? = nil,
        failingSync: Int? = nil
    ) throws {
        let fileSystem = FaultyFileSystem()
        let phase = StateWorkload.PhaseBox()
        let workload = try StateWorkload(seed: seed, fileSystem: fileSystem, phase: phase)
        if let site { fileSystem.leaveOut { kind, path in site.matches(phase.value, kind, path) } }
        if let failingSync { fileSystem.failSync(failingSync) }
        fileSystem.stop(atStep: stop)
        var failures = 0
        for _ in 0..<stepCount {
            do {
                try workload.step()
            } catch {
                if fileSystem.isStopped { break }
                failures += 1
                if failingSync == nil || failures > 1 || !(error is StateError) { throw error }
            }
        }
        fileSystem.crash(survival)
        try workload.reopen()
        // What was found is built upon: it must stay.
        fileSystem.crash(.nothing)
        try workload.reopen()
        for _ in 0..<stepCount / 2 { try workload.step() }
        fileSystem.crash(.nothing)
        try workload.reopen()
    }

    /// A crash that follows from a number.
    static func run(point: UInt64) throws {
        var generator = SeededGenerator(seed: point)
        let stop = Int.random(in: 0..<(try callCount(seed: point)), using: &generator)
        let survival = survivals(point).randomElement(using: &generator) ?? .nothing
        do {
            try run(seed: point, stopAt: stop, survival)
        } catch {
            throw StateWorkload.Broken("stopped at call \(stop), \(survival): \(error)")
        }
    }

    static func survivals(_ seed: UInt64) -> [FaultyFileSystem.Survival] {
        [.everything, .nothing, .random(seed: seed), .random(seed: seed &+ 1000)]
    }
}

@Suite struct StateCrashTests {
    @Test(arguments: UInt64(0)..<4)
    func `a crash at any call leaves the published manifests whole, with all they name`(number: UInt64) throws {
        let seed = SeededGenerator.chosenSeed &+ number
        for stop in 0..<(try StateCrash.callCount(seed: seed)) {
            for survival in StateCrash.survivals(UInt64(stop)) {
                do {
                    try StateCrash.run(seed: seed, stopAt: stop, survival)
                } catch {
                    Issue.record("seed \(seed), stopped at call \(stop), \(survival): \(error)")
                    return
                }
            }
        }
    }

    @Test(arguments: StateSyncSite.allCases)
    func `leaving out any sync breaks the promise`(site: StateSyncSite) throws {
        for seed in UInt64(0)..<12 {
            for stop in 0..<(try StateCrash.callCount(seed: seed)) {
                for survival in StateCrash.survivals(UInt64(stop)) {
                    do {
                        try StateCrash.run(seed: seed, stopAt: stop, survival, leavingOut: site)
                    } catch {
                        return
                    }
                }
            }
        }
        Issue.record("no crash shows that the sync of \(site) is missing")
    }

    @Test(arguments: UInt64(0)..<3)
    func `a sync that failed is never taken for done`(number: UInt64) throws {
        let seed = SeededGenerator.chosenSeed &+ number
        for failing in 0..<40 {
            for survival in [FaultyFileSystem.Survival.everything, .nothing] {
                do {
                    try StateCrash.run(seed: seed, stopAt: .max / 2, survival, failingSync: failing)
                } catch {
                    Issue.record("seed \(seed), failing sync \(failing), \(survival): \(error)")
                    return
                }
            }
        }
    }

    /// Each step that found no space is made again, with the same result as if there had been some.
    @Test(arguments: UInt64(0)..<3)
    func `a disk that is full at any call and freed again stops nothing`(number: UInt64) throws {
        let seed = SeededGenerator.chosenSeed &+ number
        let plain = FaultyFileSystem()
        let model = try StateWorkload(seed: seed, fileSystem: plain)
        for _ in 0..<StateCrash.stepCount { try model.step() }
        for full in 1..<plain.allocationCount {
            let fileSystem = FaultyFileSystem()
            let workload = try StateWorkload(seed: seed, fileSystem: fileSystem)
            fileSystem.fillDisk(atAllocation: full - 1)
            do {
                for _ in 0..<StateCrash.stepCount {
                    do {
                        try workload.step()
                    } catch let error as StateError where error.code == .diskFull {
                        #expect(error.path != nil)
                        let left = fileSystem.paths.filter { $0.hasSuffix(".tmp") }
                        #expect(left.isEmpty, "call \(full) left \(left)")
                        fileSystem.freeDisk()
                        try workload.step()
                    }
                }
                #expect(fileSystem.isFull == false)
                fileSystem.crash(.nothing)
                try workload.reopen()
            } catch {
                Issue.record("seed \(seed), full at call \(full): \(error)")
                return
            }
        }
    }
}
