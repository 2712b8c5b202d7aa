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
        // The index of a kept version gives no texts of its own: it names the view's table.
        let isKept = PreviousView.original(of: view.name) != nil
        let columns = try view.searchColumns().map {
            (isKept ? "t." : "f.") + QualifiedName.quote(view.columns[$0.column].name)
        }
        let index = QualifiedName.quote(view.name + "_fts")
        let texts = isKept ? " JOIN \(QualifiedName.quote(view.name)) AS t ON t.rowid = f.rowid" : ""
        let query = try store.database.prepare(
            "SELECT \(columns.joined(separator: ", ")) FROM \(index)(?1) AS f\(texts)"
        )
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
        let isKept = PreviousView.original(of: view.name) != nil
        let depth = isKept ? 0 : 1
        try store.database.execute("INSERT INTO \(index) (\(index), rank) VALUES ('integrity-check', \(depth))")
    }
}

/// The claims of every store, kept by search views.
@Suite struct SQLiteSearchConformanceTests {
    @Test(arguments: StoreClaim.cases(seeds: 3, without: [.progressIsComplete, .rowsCanBeAdopted]))
    func `a claim of every store`(claim: StoreClaim.Case) throws {
        try claim.check(StoreConformance(searching: try SQLitePlace()))
    }
}
