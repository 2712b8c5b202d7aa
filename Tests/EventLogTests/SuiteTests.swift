import TestSupport
import Testing

/// The suite itself: it passes a second backend, which knows no files, and finds each rule that is left out.
@Suite struct SuiteTests {
    /// Runs all of the suite in brief; throws what it finds first.
    private func runAll(_ suite: LogConformance<MemoryFixture, MemoryLogReader>, seeds: Range<UInt64> = 0..<4) throws {
        var moved = 0
        var smaller = 0
        for seed in seeds {
            try suite.checkTombstones(seed: seed)
            try suite.checkLargeTransactions(seed: seed)
            try suite.checkSlowReaders(seed: seed)
            try suite.checkLags(seed: seed)
            try suite.checkPositionsSurvive(seed: seed)
            try suite.checkKeptRelations(seed: seed)
            try suite.checkRecordsWithoutKey(seed: seed)
            try suite.checkKeys(seed: seed)
            try suite.checkPartialRecords(seed: seed)
            try suite.checkConvergence(seed: seed)
            try suite.checkKeyMapSizes(seed: seed)
            try suite.checkLiveness(seed: seed)
            let counts = try suite.checkRandomRuns(seed: seed)
            moved += counts["moved", default: 0]
            smaller += counts["smaller", default: 0]
            for allocation in stride(from: 0, to: try suite.callCounts(seed: seed).allocating, by: 4) {
                try suite.checkFullDisk(seed: seed, fillAt: allocation, crashSeed: allocation % 8 == 0 ? 1 : nil)
            }
            try suite.checkCrashPoints(from: seed * 50, count: 50)
        }
        #expect(moved > 4 * seeds.count && smaller > 4 * seeds.count, "compaction has done next to nothing")
    }

    @Test func `a log without files passes`() throws { try runAll(.inMemory()) }

    @Test(arguments: MemoryLog.Defect.allCases)
    func `a rule that is left out is found`(defect: MemoryLog.Defect) throws {
        #expect(throws: ConformanceFailure.self) { try runAll(.inMemory(defect), seeds: 0..<12) }
    }
}
