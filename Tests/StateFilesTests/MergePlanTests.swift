import Foundation
import StateFiles
import TestSupport
import Testing

/// Runs that are only sizes, merged as the plan says.
private struct PlannedRuns {
    var runs: [RunReference] = []
    /// How often the entries of each run were written again, the most of any of them.
    var depths: [Int] = []
    var writtenAgain = 0.0
    var flushed = 0.0
    var runMax = 0
    /// Whether a merge makes cancels and what they cancel go.
    var isCancelling = false

    mutating func flush(_ byteCount: Int64, entryCount: Int = 1, cancelCount: Int = 0) {
        runs.append(
            RunReference(id: 0, byteCount: byteCount, entryCount: entryCount, cancelCount: cancelCount, checksum: 0)
        )
        depths.append(0)
        flushed += Double(byteCount)
        while let range = MergePlan.next(runs) { merge(range) }
        runMax = max(runMax, runs.count)
    }

    private mutating func merge(_ range: Range<Int>) {
        precondition(range.count >= 2, "a plan merges two runs at least")
        let inputs = runs[range]
        var merged = inputs[range.lowerBound]
        merged.byteCount = inputs.reduce(0) { $0 + $1.byteCount }
        merged.entryCount = inputs.reduce(0) { $0 + $1.entryCount }
        merged.cancelCount = inputs.reduce(0) { $0 + $1.cancelCount }
        writtenAgain += Double(merged.byteCount)
        if isCancelling, range.lowerBound == 0 {
            let left = merged.entryCount - 2 * merged.cancelCount
            merged.byteCount = merged.byteCount * Int64(left) / Int64(merged.entryCount)
            merged.entryCount = left
            merged.cancelCount = 0
        }
        runs.replaceSubrange(range, with: merged.entryCount > 0 ? [merged] : [])
        let depth = depths[range].max()! + 1
        depths.replaceSubrange(range, with: merged.entryCount > 0 ? [depth] : [])
    }
}

@Suite struct MergePlanTests {
    /// Sizes of flushes, from steady ones to those that vary a million times.
    enum Flow: String, CaseIterable, Sendable {
        case equal, random, wild, growing, shrinking, bulkThenSmall, smallThenBulk

        func byteCount(_ index: Int, of count: Int, _ generator: inout SeededGenerator) -> Int64 {
            let part = Double(index) / Double(count)
            return switch self {
            case .equal: 1000
            case .random: .random(in: 1...100_000, using: &generator)
            case .wild: Int64(exp2(Double.random(in: 5...25, using: &generator)))
            case .growing: Int64(exp2(5 + 20 * part))
            case .shrinking: Int64(exp2(25 - 20 * part))
            case .bulkThenSmall: index == 0 ? 1 << 40 : 1000
            case .smallThenBulk: index % 10 == 9 ? 1 << 20 : 1000
            }
        }
    }

    @Test(arguments: Flow.allCases)
    func `ten thousand flushes leave few runs, and write each byte again few times`(flow: Flow) {
        let seed = SeededGenerator.chosenSeed
        var generator = SeededGenerator(seed: seed)
        var planned = PlannedRuns()
        let count = 10_000
        for index in 0..<count { planned.flush(flow.byteCount(index, of: count, &generator)) }
        #expect(planned.runMax <= MergePlan.runMax, "seed \(seed)")
        let rewrites = planned.writtenAgain / planned.flushed
        #expect(rewrites <= 10, "\(rewrites) on average, seed \(seed)")
        let depth = planned.depths.max() ?? 0
        #expect(Double(depth) <= 4 * log2(Double(count)), "an entry was written again \(depth) times, seed \(seed)")
    }

    @Test func `runs are left alone while they are few and cancel little`() {
        #expect(MergePlan.next([]) == nil)
        func run(_ byteCount: Int64) -> RunReference {
            RunReference(id: 0, byteCount: byteCount, entryCount: 100, cancelCount: 1, checksum: 0)
        }
        #expect(MergePlan.next([run(10)]) == nil)
        let runs = [run(1000)] + Array(repeating: run(10), count: MergePlan.runMax - 1)
        #expect(MergePlan.next(runs) == nil)
        #expect(MergePlan.next(runs + [run(10)]) == 1..<MergePlan.runMax + 1)
        #expect(MergePlan.next(runs + [run(100)]) == 1..<MergePlan.runMax + 1)
        // Many that came while a merge was under way: what is left is few again.
        #expect(MergePlan.next(runs + runs.dropFirst() + runs.dropFirst())?.lowerBound == 1)
    }

    @Test func `what has come to the size of the oldest run is merged with it`() {
        func run(_ byteCount: Int64) -> RunReference {
            RunReference(id: 0, byteCount: byteCount, entryCount: 100, cancelCount: 0, checksum: 0)
        }
        #expect(MergePlan.next([run(1000), run(600), run(399)]) == nil)
        #expect(MergePlan.next([run(1000), run(600), run(400)]) == 0..<3)
        #expect(MergePlan.next([run(.max), run(.max), run(.max)]) == 0..<3)
    }

    @Test func `a suffix that cancels half of the run before it is merged with it, whatever the sizes`() {
        func plan(_ runs: (entryCount: Int, cancelCount: Int)...) -> Range<Int>? {
            MergePlan.next(
                runs.enumerated().map { index, run in
                    RunReference(
                        id: 0,
                        byteCount: index == 0 ? 1 << 50 : 100,
                        entryCount: run.entryCount,
                        cancelCount: run.cancelCount,
                        checksum: 0
                    )
                }
            )
        }
        #expect(plan((1000, 0), (500, 500)) == 0..<2)
        #expect(plan((1000, 0), (500, 499)) == nil)
        #expect(plan((1000, 0), (900, 250), (250, 250)) == 0..<3)
        #expect(plan((10_000, 0), (100, 0), (60, 50)) == 1..<3)
        #expect(plan((1, 0), (1, 0)) == nil)
        // The oldest run has nothing before it that it could cancel.
        #expect(plan((10, 10), (1, 0)) == nil)
    }

    /// An entry that hides an elder one is not known as such; they go in merges.
    @Test func `rows that are replaced over and over never take more than twice their space`() {
        let seed = SeededGenerator.chosenSeed
        var generator = SeededGenerator(seed: seed)
        let rows = 20_000
        var runs = [Set(0..<rows)]
        var (flushed, writtenAgain) = (0, 0)
        func plan() -> Range<Int>? {
            MergePlan.next(
                runs.map {
                    RunReference(
                        id: 0,
                        byteCount: Int64($0.count),
                        entryCount: $0.count,
                        cancelCount: 0,
                        checksum: 0
                    )
                }
            )
        }
        for _ in 0..<500 {
            runs.append(Set((0..<500).map { _ in Int.random(in: 0..<rows, using: &generator) }))
            flushed += 500
            while let range = plan() {
                let merged = runs[range].reduce(into: Set()) { $0.formUnion($1) }
                writtenAgain += merged.count
                runs.replaceSubrange(range, with: [merged])
            }
            #expect(runs.reduce(0) { $0 + $1.count } <= 2 * rows, "seed \(seed)")
        }
        #expect(writtenAgain < 10 * flushed, "seed \(seed)")
    }

    @Test func `updates of the same rows never leave more than twice the rows to read`() {
        let seed = SeededGenerator.chosenSeed
        var generator = SeededGenerator(seed: seed)
        var planned = PlannedRuns()
        planned.isCancelling = true
        let rows = 100_000
        planned.flush(Int64(rows) * 40, entryCount: rows)
        for _ in 0..<2000 {
            let changed = Int.random(in: 1...2000, using: &generator)
            planned.flush(Int64(changed) * 80, entryCount: 2 * changed, cancelCount: changed)
            let entryCount = planned.runs.reduce(0) { $0 + $1.entryCount }
            #expect(entryCount <= 2 * rows, "seed \(seed)")
        }
        #expect(planned.writtenAgain / planned.flushed < 10, "seed \(seed)")
    }

    @Test func `what is deleted goes before half of it is deleted twice over`() {
        var planned = PlannedRuns()
        planned.isCancelling = true
        for _ in 0..<100 { planned.flush(4000, entryCount: 100) }
        for _ in 0..<100 { planned.flush(4000, entryCount: 100, cancelCount: 100) }
        #expect(planned.runs.isEmpty, "\(planned.runs)")
    }
}
