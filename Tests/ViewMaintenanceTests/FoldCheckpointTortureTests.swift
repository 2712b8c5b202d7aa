import EventLog
import Foundation
import StateFiles
import TestSupport
import Testing

@testable import ViewMaintenance

/// Invariants 3, 4, 5 and 9 of the fold with its state in files, call by call; each case is told by its seed.
///
/// `make torture` runs a share of its points (`LEFTFOLD_TORTURE_POINTS`), from a random number on (`LEFTFOLD_TEST_SEED`); a plain run takes
/// the same few each time.
@Suite struct FoldCheckpointTortureTests {
    private static let asked = ProcessInfo.processInfo.environment["LEFTFOLD_TORTURE_POINTS"].flatMap(Int.init)

    private static func repeated(_ seed: UInt64) -> String {
        "repeat it with: LEFTFOLD_TEST_SEED=\(seed) LEFTFOLD_TORTURE_POINTS=1 swift test --filter FoldCheckpointTortureTests"
    }

    /// A log of random units, and what a fold without state makes of it.
    private static func scene(seed: UInt64, units: Int, heals: Bool = false) throws -> (LogPlace, SteppedFold.Rows) {
        let place = try LogPlace()
        var log = try RandomLog(place, seed: seed, isWild: true)
        try log.snapshot()
        for _ in 0..<units { try log.append() }
        if heals { try log.clear() }
        let fold = try SteppedFold(place, StateStory.views, options: StateOptions())
        return (place, try fold.expectedRows())
    }

    private static func survival(_ random: inout SeededGenerator) -> FaultyFileSystem.Survival {
        [.everything, .nothing, .random(seed: random.next())].randomElement(using: &random) ?? .nothing
    }

    // MARK: Random stories

    @Test func `a crash at any call of any order of epochs and checkpoints leads to the same rows`() throws {
        var (starts, resumptions) = (0, 0)
        let first = SeededGenerator.chosenSeed
        for seed in first..<first + UInt64(Self.asked.map { max(1, $0 / 4) } ?? 60) {
            do {
                let fold = try Self.crashStory(seed)
                starts += 4
                resumptions += fold.resumptions
            } catch {
                Issue.record("seed \(seed): \(error)\n\(Self.repeated(seed))")
                return
            }
        }
        if starts > 100 {
            #expect(resumptions * 4 > starts, "\(resumptions) of \(starts) starts began with a checkpoint")
        }
    }

    @Test func `a crash at any call while views are built for the first time leads to the same rows`() throws {
        var (starts, resumptions) = (0, 0)
        let first = SeededGenerator.chosenSeed
        for seed in first..<first + UInt64(Self.asked.map { max(1, $0 / 4) } ?? 60) {
            do {
                let fold = try Self.crashStory(seed, buildsFirst: true)
                starts += 4
                resumptions += fold.buildResumptions
            } catch {
                Issue.record("seed \(seed): \(error)\n\(Self.repeated(seed))")
                return
            }
        }
        if starts > 100 {
            #expect(resumptions * 16 > starts, "\(resumptions) of \(starts) starts went on building from a checkpoint")
        }
    }

    private static func crashStory(_ seed: UInt64, buildsFirst: Bool = false) throws -> SteppedFold {
        var random = SeededGenerator(seed: seed &* 31 &+ 7)
        let (place, expected) = try scene(seed: seed, units: Int.random(in: 5...40, using: &random))
        let options = SteppedFold.options(&random)
        let fold = try SteppedFold(place, StateStory.views, options: options, buildsFirst: buildsFirst)
        for _ in 0..<4 {
            fold.disk.stop(atStep: Int.random(in: 0..<1500, using: &random))
            if Int.random(in: 0..<4, using: &random) == 0 {
                fold.disk.fillDisk(atAllocation: Int.random(in: 0..<300, using: &random))
            }
            do {
                try fold.start()
                for number in 0..<60 {
                    if number == 40 { fold.disk.freeDisk() }
                    do {
                        try fold.step(&random)
                    } catch let error as StateError where error.code == .diskFull {
                        continue
                    }
                }
            } catch {
                let isFull = (error as? StateError)?.code == .diskFull
                if !fold.disk.isStopped, !isFull { throw error }
            }
            fold.disk.freeDisk()
            fold.disk.crash(survival(&random))
        }
        try fold.start()
        try fold.finish()
        try fold.expect(expected)
        return fold
    }

    // MARK: Every call of one checkpoint

    @Test func `a crash at each call of a checkpoint, its merges and its publication leads to the same rows`() throws {
        let seed = SeededGenerator.chosenSeed
        let (place, expected) = try Self.scene(seed: seed, units: 40)
        let calls = try Self.lastCheckpoint(place, seed, stoppedAt: nil, expected)
        // A share of the calls in a plain run, other ones with each seed.
        let stride = Self.asked == nil ? max(1, calls / 50) : 1
        for call in Swift.stride(from: Int(seed % UInt64(stride)), to: calls, by: stride) {
            do {
                _ = try Self.lastCheckpoint(place, seed, stoppedAt: call, expected)
            } catch {
                Issue.record("call \(call): \(error)\n\(Self.repeated(seed))")
                return
            }
        }
    }

    /// Takes checkpoints until there is something to merge, then one that stops at a call; how many calls that one makes.
    private static func lastCheckpoint(
        _ place: LogPlace,
        _ seed: UInt64,
        stoppedAt call: Int?,
        _ expected: SteppedFold.Rows
    ) throws -> Int {
        var random = SeededGenerator(seed: seed)
        let fold = try SteppedFold(place, StateStory.views, options: SteppedFold.options(&random))
        try fold.start()
        for _ in 0..<5 {
            try fold.fold(10)
            try fold.share(0)
            try fold.checkpoint()
        }
        try fold.fold(30)
        let before = fold.disk.stepCount
        if let call { fold.disk.stop(atStep: call) }
        do {
            try fold.checkpoint()
        } catch {
            if !fold.disk.isStopped { throw error }
        }
        let calls = fold.disk.stepCount - before
        var dice = SeededGenerator(seed: seed &+ UInt64(call ?? 0))
        fold.disk.crash(survival(&dice))
        try fold.start()
        guard fold.resumptions == 1, fold.repairs == 0 else {
            throw SteppedFold.Broken(
                "no checkpoint was left: \(fold.resumptions) resumptions, \(fold.repairs) repairs, \(fold.refused)"
            )
        }
        try fold.finish()
        try fold.expect(expected)
        return calls
    }

    // MARK: Damage

    @Test func `a damaged byte in any file of state is found, and the rows are made again`() throws {
        let first = SeededGenerator.chosenSeed
        var repairs = 0
        for seed in first..<first + UInt64(Self.asked.map { max(1, $0 / 20) } ?? 10) {
            do {
                repairs += try Self.damageStory(seed)
            } catch {
                Issue.record("seed \(seed): \(error)\n\(Self.repeated(seed))")
                return
            }
        }
        #expect(repairs > 0)
    }

    private static func damageStory(_ seed: UInt64) throws -> Int {
        var random = SeededGenerator(seed: seed &* 17 &+ 3)
        let (place, expected) = try scene(seed: seed, units: 25)
        let fold = try SteppedFold(place, StateStory.views, options: SteppedFold.options(&random))
        try fold.start()
        for _ in 0..<4 {
            try fold.fold(10)
            try fold.share(Bool.random(using: &random) ? 0 : 1 << 30)
            try fold.checkpoint()
        }
        var repairs = 0
        for _ in 0..<6 {
            fold.disk.crash(.everything)
            try damage(fold.disk, &random)
            if Bool.random(using: &random) { try damage(fold.disk, &random) }
            // Damage is met at the start, by a read, or by a merge.
            try fold.repairing { try fold.start() }
            for _ in 0..<12 { try fold.repairing { try fold.step(&random) } }
            repairs += fold.repairs
        }
        // What is read now may still be damaged.
        for _ in 0..<40 { try fold.repairing { try fold.finish() } }
        try fold.expect(expected)
        return repairs
    }

    private static func damage(_ disk: FaultyFileSystem, _ random: inout SeededGenerator) throws {
        guard let path = disk.paths.randomElement(using: &random), var bytes = disk.contents(path), !bytes.isEmpty
        else { return }
        switch Int.random(in: 0..<8, using: &random) {
        case 0: bytes.removeLast(Int.random(in: 1...bytes.count, using: &random))
        case 1: return disk.destroy(path)
        default: bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        }
        disk.setContents(path, bytes)
    }

    // MARK: Nothing left

    @Test(arguments: UInt64(1)...4)
    func `invariant 5: when every row is deleted the runs hold no entries after merges`(seed: UInt64) throws {
        let (place, expected) = try Self.scene(seed: seed, units: 40, heals: true)
        var random = SeededGenerator(seed: seed)
        let fold = try SteppedFold(place, StateStory.views, options: SteppedFold.options(&random))
        try fold.start()
        var largest = 0
        while try fold.fold(10) {
            if Bool.random(using: &random) { try fold.share(Bool.random(using: &random) ? 0 : 1 << 30) }
            try fold.checkpoint()
            largest = max(largest, fold.byteCount)
        }
        // Manifests before the last ones, with their runs, go.
        for _ in 0..<3 { try fold.checkpoint() }
        try fold.expect(expected)
        let counts = fold.entryCounts
        #expect(counts.all <= MergePlan.runMax * counts.global, "seed \(seed): \(counts.all) entries are left")
        #expect(fold.byteCount < largest, "seed \(seed)")
    }
}
