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
    @Test(arguments: StoreClaim.cases(seeds: 1, without: [.progressIsComplete, .rowsCanBeAdopted]))
    func `a claim of every store`(claim: StoreClaim.Case) throws {
        // A B-tree has no room for a key of a megabyte.
        try claim.check(
            StoreConformance(searching: try PostgresPlace(), promises: StorePromises(holdsHugeKeys: false))
        )
    }
}
