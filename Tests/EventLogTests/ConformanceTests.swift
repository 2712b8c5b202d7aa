import EventLog
import TestSupport
import Testing

/// The suite that every backend passes, over files; numbers are the invariants of `docs/log-backend.md`.
@Suite struct ConformanceTests {
    private let suite = LogConformance.ofFiles

    @Test func `1–4, 6–9, 14, 16–19: every reader of a compacted log folds what the source had`() throws {
        var counts: [String: Int] = [:]
        for seed in UInt64(0)..<12 { counts.merge(try suite.checkRandomRuns(seed: seed)) { $0 + $1 } }
        // Horizons that moved, runs that took something, tombstones that left, readers that were sent away.
        for what in ["moved", "smaller", "tombstones", "passed"] { #expect(counts[what, default: 0] > 12, "\(what)") }
    }

    @Test(arguments: UInt64(0)..<4)
    func `5, 6: a tombstone leaves by position, and the key stays deleted`(seed: UInt64) throws {
        try suite.checkTombstones(seed: seed)
    }

    @Test(arguments: UInt64(0)..<4)
    func `6, 7, 8: a tombstone in a large transaction counts from the transaction's end`(seed: UInt64) throws {
        try suite.checkLargeTransactions(seed: seed)
    }

    @Test(arguments: UInt64(0)..<4)
    func `7, 14: a slow reader sees the value or its tombstone, or is told`(seed: UInt64) throws {
        try suite.checkSlowReaders(seed: seed)
    }

    @Test(arguments: UInt64(0)..<4)
    func `9: the least lag protects, the greatest lag clears`(seed: UInt64) throws {
        try suite.checkLags(seed: seed)
    }

    @Test(arguments: UInt64(0)..<6)
    func `10: compaction comes to an end, and once more changes nothing`(seed: UInt64) throws {
        try suite.checkConvergence(seed: seed)
    }

    @Test(arguments: UInt64(0)..<4)
    func `11: a small key map leaves what a large one leaves`(seed: UInt64) throws {
        try suite.checkKeyMapSizes(seed: seed)
    }

    @Test(arguments: UInt64(0)..<4)
    func `16: the source's position outlives the records that told it`(seed: UInt64) throws {
        try suite.checkPositionsSurvive(seed: seed)
    }

    @Test(arguments: UInt64(0)..<4)
    func `17: relations without a key, and those that keep, lose nothing`(seed: UInt64) throws {
        try suite.checkKeptRelations(seed: seed)
    }

    @Test func `17: a record that does not tell its key is refused`() throws {
        try suite.checkRecordsWithoutKey(seed: 0)
    }

    @Test(arguments: UInt64(0)..<4)
    func `18: equal keys are one key, and a changed key ends the old one`(seed: UInt64) throws {
        try suite.checkKeys(seed: seed)
    }

    @Test(arguments: UInt64(0)..<4)
    func `19: a partial record is whole before its elders go`(seed: UInt64) throws {
        try suite.checkPartialRecords(seed: seed)
    }

    @Test(arguments: UInt64(0)..<2)
    func `20: a run that ended early does not stop the next one`(seed: UInt64) throws {
        try suite.checkLiveness(seed: seed)
    }

    @Test(arguments: UInt64(0)..<2)
    func `13: a disk full at any call loses nothing and ends without a new opening`(seed: UInt64) throws {
        var refusals = 0
        for allocation in stride(from: 0, to: try suite.callCounts(seed: seed).allocating, by: 3) {
            for crashSeed in [nil, UInt64(allocation)] {
                refusals += try suite.checkFullDisk(seed: seed, fillAt: allocation, crashSeed: crashSeed)
            }
        }
        #expect(refusals > 20)
    }
}
