/// A claim that every store keeps, by its check in `StoreConformance`.
public enum StoreClaim: String, CaseIterable, Sendable {
    case deltasAccumulate = "random deltas accumulate to the rows they add up to"
    case largeEpoch = "a large epoch is one transaction"
    case extremeValues = "values at the edges of every type come back as they were"
    case emptyEpochs = "empty epochs are fine"
    case replaysAreRefused = "a replay is refused and changes nothing"
    case contradictionsAreRefused = "a contradiction is refused and nothing of its transaction remains"
    case progressIsComplete = "rows need progress of their view and version"
    case progressCanBeReset = "after a reset a difference may be written at any offset"
    case rowsCanBeAdopted = "rows are taken over for another definition with the same columns and key"
    case viewsChangePlaces = "two views change places whole or not at all, and epochs go on"
    case ownersAreFenced = "a later owner fences the earlier one"
    case foreignRowsAreRefused = "rows of another log are refused, adopted or dropped as asked"
    case backupsCatchUp = "a restored backup catches up"
    case crashesKeepEpochsWhole = "killed after any call, an epoch is there wholly or not at all"
    case notedProgressStays = "noted progress stays, with all that was committed before it"
    case abandonedTransactionsLeaveNothing = "an abandoned transaction leaves nothing"
    case crashesKeepGenerationsWhole = "killed after any call, a generation is the old one or the new one"
    case readersSeeWholeGenerations = "readers see whole generations"
    case generationsCanBeGivenUp = "a generation can be given up"
    case generationsHaveOneRowForAKey = "a generation has one row for a key"
    case viewsCanBeDropped = "a view can be dropped and come again"

    /// A claim with the seed of its random course, as an argument of a test.
    public struct Case: Sendable, CustomStringConvertible {
        let claim: StoreClaim
        let seed: UInt64

        public var description: String { claim.isRandom ? "\(claim.rawValue), seed \(seed)" : claim.rawValue }

        /// Checks it in a new, empty place; throws `ConformanceFailure`.
        public func check(_ conformance: StoreConformance) throws { try claim.check(conformance, seed) }
    }

    /// Every claim but some; those of a random course once for each seed below `seeds`.
    public static func cases(seeds: UInt64, without left: Set<StoreClaim> = []) -> [Case] {
        allCases.filter { !left.contains($0) }.flatMap { claim in
            (0..<(claim.isRandom ? seeds : 1)).map { Case(claim: claim, seed: $0) }
        }
    }

    private var isRandom: Bool {
        switch self {
        case .deltasAccumulate, .replaysAreRefused, .backupsCatchUp, .crashesKeepEpochsWhole, .notedProgressStays,
            .abandonedTransactionsLeaveNothing:
            true
        default: false
        }
    }

    private func check(_ conformance: StoreConformance, _ seed: UInt64) throws {
        switch self {
        case .deltasAccumulate: try conformance.checkDeltasAccumulate(seed: seed)
        case .largeEpoch: try conformance.checkLargeEpoch()
        case .extremeValues: try conformance.checkExtremeValues()
        case .emptyEpochs: try conformance.checkEmptyEpochs()
        case .replaysAreRefused: try conformance.checkReplaysAreRefused(seed: seed)
        case .contradictionsAreRefused: try conformance.checkContradictionsAreRefused()
        case .progressIsComplete: try conformance.checkProgressIsComplete()
        case .progressCanBeReset: try conformance.checkProgressCanBeReset()
        case .rowsCanBeAdopted: try conformance.checkRowsCanBeAdopted()
        case .viewsChangePlaces: try conformance.checkViewsChangePlaces()
        case .ownersAreFenced: try conformance.checkOwnersAreFenced()
        case .foreignRowsAreRefused: try conformance.checkForeignRowsAreRefused()
        case .backupsCatchUp: try conformance.checkBackupsCatchUp(seed: seed)
        case .crashesKeepEpochsWhole: try conformance.checkCrashesKeepEpochsWhole(seed: seed)
        case .notedProgressStays: try conformance.checkNotedProgressStays(seed: seed)
        case .abandonedTransactionsLeaveNothing: try conformance.checkAbandonedTransactionsLeaveNothing(seed: seed)
        case .crashesKeepGenerationsWhole: try conformance.checkCrashesKeepGenerationsWhole()
        case .readersSeeWholeGenerations: try conformance.checkReadersSeeWholeGenerations()
        case .generationsCanBeGivenUp: try conformance.checkGenerationsCanBeGivenUp()
        case .generationsHaveOneRowForAKey: try conformance.checkGenerationsHaveOneRowForAKey()
        case .viewsCanBeDropped: try conformance.checkViewsCanBeDropped()
        }
    }
}
