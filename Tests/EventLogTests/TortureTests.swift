import Foundation
import TestSupport
import Testing

/// 5, 12: crash points by number, each a workload that stops at one call and loses what the crash loses.
///
/// `make torture` runs ten thousand of them (`LEFTFOLD_TORTURE_POINTS`), from a random number on (`LEFTFOLD_TEST_SEED`); a plain run takes
/// the same few each time.
@Suite struct TortureTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let asked = environment["LEFTFOLD_TORTURE_POINTS"].flatMap(Int.init)
    private static let pointCount = asked ?? 400
    /// Shares of the points that are run beside each other.
    private static let shareCount = asked == 1 ? 1 : 2

    @Test(arguments: 0..<shareCount)
    func `5, 12: a crash at any call leaves the log before or after a step`(share: Int) throws {
        let count = Self.pointCount / Self.shareCount
        let first = SeededGenerator.chosenSeed &+ UInt64(share * count)
        var done = 0
        do {
            try LogConformance.ofFiles.checkCrashPoints(from: first, count: count) { point in
                done += 1
                if Self.asked != nil, done % 500 == 0 { say("\(done) of \(count) crash points, at \(point)") }
            }
        } catch {
            let failed = first &+ UInt64(done)
            Issue.record(
                """
                \(error)
                repeat it with: LEFTFOLD_TEST_SEED=\(failed) LEFTFOLD_TORTURE_POINTS=1 swift test --filter TortureTests
                """
            )
        }
    }

    /// As many runs of everything without a crash as there are hundreds of points.
    @Test(.enabled(if: asked ?? 0 > 1)) func `1–4, 6–11: random runs from the seed on`() throws {
        let suite = LogConformance.ofFiles
        for number in 0..<UInt64(Self.pointCount / 100) {
            let seed = SeededGenerator.chosenSeed &+ number
            try suite.checkRandomRuns(seed: seed)
            try suite.checkConvergence(seed: seed)
            try suite.checkKeyMapSizes(seed: seed)
            try suite.checkSlowReaders(seed: seed)
        }
        say("\(Self.pointCount / 100) random runs from seed \(SeededGenerator.chosenSeed)")
    }

    private func say(_ line: String) { FileHandle.standardError.write(Data("torture: \(line)\n".utf8)) }
}
