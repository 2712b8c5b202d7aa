import Relational
import SQLiteDatabase
import TestSupport
import Testing
import ViewStores

@testable import SQLiteStore

extension SQLitePlace: SearchPlace {
    /// FTS5 folds letters and takes their accents away.
    var probes: [SearchProbe] {
        SearchProbe.plain + [
            SearchProbe("E") { ["e\u{301}", "\u{e9}"].contains($0) }, SearchProbe("日本語") { $0 == "日本語" },
        ]
    }

    func find(_ word: String, in view: ViewTable, through store: any ViewStore) throws -> [[String?]] {
        guard let store = store as? SQLiteStore else { return [] }
        let columns = try view.searchColumns().map { "f." + QualifiedName.quote(view.columns[$0.column].name) }
        let index = QualifiedName.quote(view.name + "_fts")
        let query = try store.database.prepare("SELECT \(columns.joined(separator: ", ")) FROM \(index)(?1) AS f")
        try query.bind(1, text: "\"\(word)\"")
        var rows: [[String?]] = []
        while try query.step() {
            rows.append(columns.indices.map { query.storageClass($0) == .null ? nil : query.text($0) })
        }
        return rows
    }

    /// FTS5's own comparison of an index with its texts; it writes, and only the owner can.
    func checkEngine(_ view: ViewTable, through store: any ViewStore) throws {
        guard let store = store as? SQLiteStore, store.owner != nil else { return }
        let index = QualifiedName.quote(view.name + "_fts")
        try store.database.execute("INSERT INTO \(index) (\(index), rank) VALUES ('integrity-check', 1)")
    }
}

/// The claims of every store, kept by search views.
@Suite struct SQLiteSearchConformanceTests {
    private func conformance() throws -> StoreConformance { StoreConformance(searching: try SQLitePlace()) }

    @Test(arguments: UInt64(0)..<8)
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

    @Test func `after a reset a difference may be written at any offset`() throws {
        try conformance().checkProgressCanBeReset()
    }

    @Test func `a later owner fences the earlier one`() throws { try conformance().checkOwnersAreFenced() }

    @Test func `rows of another log are refused, adopted or dropped as asked`() throws {
        try conformance().checkForeignRowsAreRefused()
    }

    @Test(arguments: UInt64(0)..<2)
    func `a restored backup catches up`(seed: UInt64) throws { try conformance().checkBackupsCatchUp(seed: seed) }

    @Test(arguments: UInt64(0)..<4)
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
