import PostgresClient
import TestSupport
import Testing
import ViewStores

@testable import PostgresStore

extension PostgresPlace: SearchPlace {
    /// `a` is a word that English search leaves out.
    var probes: [SearchProbe] { SearchProbe.plain.filter { $0.word != "a" } }

    func find(_ word: String, in view: ViewTable, through store: any ViewStore) throws -> [[String?]] {
        guard let store = store as? PostgresStore else { return [] }
        let columns = try view.searchColumns().map { SQLText.identifier(view.columns[$0.column].name) }
        let result = try store.connection.query(
            "SELECT \(columns.joined(separator: ", ")) FROM \(store.names.qualified(view.name)) "
                + "WHERE search @@ plainto_tsquery($1::regconfig, $2)",
            [view.searchLanguage, word]
        )
        return result.rows
    }

    /// The server keeps a generated column itself.
    func checkEngine(_ view: ViewTable, through store: any ViewStore) throws {}
}

/// The claims of every store, kept by search views.
@Suite struct PostgresSearchConformanceTests {
    private func conformance() throws -> StoreConformance {
        // A B-tree has no room for a key of a megabyte.
        StoreConformance(searching: try PostgresPlace(), allowsHugeKeys: false)
    }

    @Test(arguments: UInt64(0)..<3)
    func `random deltas accumulate to the rows they add up to`(seed: UInt64) throws {
        try conformance().checkDeltasAccumulate(seed: seed)
    }

    @Test func `an epoch of 100 000 rows is one transaction`() throws { try conformance().checkLargeEpoch() }

    @Test func `values at the edges of every type come back as they were`() throws {
        try conformance().checkExtremeValues()
    }

    @Test func `empty epochs are fine`() throws { try conformance().checkEmptyEpochs() }

    @Test func `a replay is refused and changes nothing`() throws { try conformance().checkReplaysAreRefused(seed: 0) }

    @Test func `a contradiction is refused and nothing of its transaction remains`() throws {
        try conformance().checkContradictionsAreRefused()
    }

    @Test func `after a reset a difference may be written at any offset`() throws {
        try conformance().checkProgressCanBeReset()
    }

    @Test func `a later owner fences the earlier one`() throws { try conformance().checkOwnersAreFenced() }

    @Test func `rows of another log are refused, adopted or dropped as asked`() throws {
        try conformance().checkForeignRowsAreRefused()
    }

    @Test func `a restored backup catches up`() throws { try conformance().checkBackupsCatchUp(seed: 0) }

    @Test(arguments: UInt64(0)..<2)
    func `killed after any call, an epoch is there wholly or not at all`(seed: UInt64) throws {
        try conformance().checkCrashesKeepEpochsWhole(seed: seed)
    }

    @Test func `noted progress stays, with all that was committed before it`() throws {
        try conformance().checkNotedProgressStays(seed: 0)
    }

    @Test func `an abandoned transaction leaves nothing`() throws {
        try conformance().checkAbandonedTransactionsLeaveNothing(seed: 0)
    }

    @Test func `killed after any call, a generation is the old one or the new one`() throws {
        try conformance().checkCrashesKeepGenerationsWhole()
    }

    @Test func `readers see whole generations`() throws { try conformance().checkReadersSeeWholeGenerations() }

    @Test func `a generation can be given up`() throws { try conformance().checkGenerationsCanBeGivenUp() }

    @Test func `a generation has one row for a key`() throws { try conformance().checkGenerationsHaveOneRowForAKey() }

    @Test func `a view can be dropped and come again`() throws { try conformance().checkViewsCanBeDropped() }
}
