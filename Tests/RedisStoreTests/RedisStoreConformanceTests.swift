import RedisStore
import TestSupport
import Testing
import ViewStores

@Suite struct RedisStoreConformanceTests {
    private func conformance() throws -> StoreConformance {
        StoreConformance(RedisPlace())
    }

    @Test(arguments: UInt64(0)..<4)
    func `random deltas accumulate to the rows they add up to`(seed: UInt64) throws {
        try conformance().checkDeltasAccumulate(seed: seed)
    }

    @Test func `an epoch of 100 000 rows is one transaction`() throws { try conformance().checkLargeEpoch() }

    @Test func `values at the edges of every type come back as they were`() throws {
        try conformance().checkExtremeValues()
    }

    @Test func `empty epochs are fine`() throws { try conformance().checkEmptyEpochs() }

    @Test(arguments: UInt64(0)..<2)
    func `a replay is refused and changes nothing`(seed: UInt64) throws {
        try conformance().checkReplaysAreRefused(seed: seed)
    }

    @Test func `a contradiction is refused and nothing of its transaction remains`() throws {
        try conformance().checkContradictionsAreRefused()
    }

    @Test func `rows need progress of their view and version`() throws { try conformance().checkProgressIsComplete() }

    @Test func `after a reset a difference may be written at any offset`() throws {
        try conformance().checkProgressCanBeReset()
    }

    @Test func `a later owner fences the earlier one`() throws { try conformance().checkOwnersAreFenced() }

    @Test func `rows of another log are refused, adopted or dropped as asked`() throws {
        try conformance().checkForeignRowsAreRefused()
    }

    @Test(arguments: UInt64(0)..<2)
    func `a restored backup catches up`(seed: UInt64) throws { try conformance().checkBackupsCatchUp(seed: seed) }

    @Test(arguments: UInt64(0)..<2)
    func `killed after any call, an epoch is there wholly or not at all`(seed: UInt64) throws {
        try conformance().checkCrashesKeepEpochsWhole(seed: seed)
    }

    @Test(arguments: UInt64(0)..<2)
    func `noted progress stays, with all that was committed before it`(seed: UInt64) throws {
        try conformance().checkNotedProgressStays(seed: seed)
    }

    @Test(arguments: UInt64(0)..<2)
    func `an abandoned transaction leaves nothing`(seed: UInt64) throws {
        try conformance().checkAbandonedTransactionsLeaveNothing(seed: seed)
    }

    @Test func `killed after any call, a generation is the old one or the new one`() throws {
        try conformance().checkCrashesKeepGenerationsWhole()
    }

    @Test func `readers see whole generations`() throws { try conformance().checkReadersSeeWholeGenerations() }

    @Test func `a generation can be given up`() throws { try conformance().checkGenerationsCanBeGivenUp() }

    @Test func `a generation has one row for a key`() throws { try conformance().checkGenerationsHaveOneRowForAKey() }

    @Test func `a view can be dropped and come again`() throws { try conformance().checkViewsCanBeDropped() }
}

/// The same claims where next to every epoch is a journal that is put in place part by part.
@Suite struct RedisStorePartsTests {
    private func conformance() -> StoreConformance {
        StoreConformance(RedisPlace(options: .init(directKeyCount: 2)))
    }

    @Test(arguments: UInt64(0)..<3)
    func `random deltas accumulate to the rows they add up to`(seed: UInt64) throws {
        try conformance().checkDeltasAccumulate(seed: seed)
    }

    @Test func `a replay is refused and changes nothing`() throws { try conformance().checkReplaysAreRefused(seed: 0) }

    @Test func `a contradiction is refused and nothing of its transaction remains`() throws {
        try conformance().checkContradictionsAreRefused()
    }

    @Test func `killed after any call, an epoch is there wholly or not at all`() throws {
        try conformance().checkCrashesKeepEpochsWhole(seed: 0)
    }

    @Test func `killed after any call, a generation is the old one or the new one`() throws {
        try conformance().checkCrashesKeepGenerationsWhole()
    }

    @Test func `readers see whole generations`() throws { try conformance().checkReadersSeeWholeGenerations() }

    @Test func `an abandoned transaction leaves nothing`() throws {
        try conformance().checkAbandonedTransactionsLeaveNothing(seed: 0)
    }
}
