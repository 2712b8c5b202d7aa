import Foundation
import TestSupport
import Testing

/// Crash points of the folder of state by number, each a workload of its own that stops at one call and loses what the crash loses.
///
/// `make torture` runs as many as of the log (`LEFTFOLD_TORTURE_POINTS`), from a random number on (`LEFTFOLD_TEST_SEED`); a plain run takes
/// the same few each time.
@Suite struct StateTortureTests {
    private static let asked = ProcessInfo.processInfo.environment["LEFTFOLD_TORTURE_POINTS"].flatMap(Int.init)
    private static let pointCount = asked ?? 200
    /// Shares of the points that are run beside each other.
    private static let shareCount = asked == 1 ? 1 : 2

    @Test(arguments: 0..<shareCount)
    func `a crash at any call leaves the published state whole`(share: Int) {
        let count = Self.pointCount / Self.shareCount
        let first = SeededGenerator.chosenSeed &+ UInt64(share * count)
        for point in first..<first + UInt64(count) {
            do {
                try StateCrash.run(point: point)
            } catch {
                Issue.record(
                    """
                    \(error)
                    repeat it with: LEFTFOLD_TEST_SEED=\(point) LEFTFOLD_TORTURE_POINTS=1 swift test --filter StateTortureTests
                    """
                )
                return
            }
        }
    }
}
