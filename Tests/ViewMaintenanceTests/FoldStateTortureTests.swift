import Foundation
import TestSupport
import Testing

/// Invariants 3, 4, 9 and 10 of a daemon with its state in files; each case is told by its seed.
///
/// `make torture` runs a share of its points (`LEFTFOLD_TORTURE_POINTS`) from a random seed on (`LEFTFOLD_TEST_SEED`); a plain run takes the
/// same few each time.
@Suite struct FoldStateTortureTests {
    private static let asked = ProcessInfo.processInfo.environment["LEFTFOLD_TORTURE_POINTS"].flatMap(Int.init)
    /// Shares of the cases that are run beside each other.
    private static let shareCount = asked == 1 ? 1 : 4
    /// A case has four lives of a daemon.
    private static let caseCount = max(1, (asked.map { $0 / 20 } ?? 16) / shareCount)

    @Test(arguments: 0..<shareCount)
    func `whatever becomes of the state, and whenever, the rows are those of a fold without any`(share: Int)
        async throws
    {
        var starts = 0
        var resumptions = 0
        let first = SeededGenerator.chosenSeed &+ UInt64(share * Self.caseCount)
        for seed in first..<first + UInt64(Self.caseCount) {
            do {
                let story = try StateStory(seed: seed)
                try await story.run()
                starts += story.starts
                resumptions += story.resumptions
            } catch {
                Issue.record(
                    """
                    seed \(seed): \(error)
                    repeat it with: LEFTFOLD_TEST_SEED=\(seed) LEFTFOLD_TORTURE_POINTS=1 swift test --filter FoldStateTortureTests
                    """
                )
                return
            }
        }
        if starts >= 16 {
            #expect(resumptions > 0, "\(resumptions) of \(starts) starts began with a checkpoint")
        }
    }
}
