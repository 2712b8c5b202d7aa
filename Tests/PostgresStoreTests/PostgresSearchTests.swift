import PostgresClient
import Relational
import TestSupport
import Testing
import ViewStores

@testable import PostgresStore

/// What readers find in a search view of a server.
@Suite struct PostgresSearchTests {
    private let place: PostgresPlace
    private let store: PostgresStore
    private let token: Int64
    private let reader: PostgresConnection

    init() throws {
        place = try PostgresPlace()
        store = try place.store()
        token = try store.claim(logID: "log")
        reader = try PostgresConnection(place.url)
    }

    private func publish(_ view: ViewTable, _ products: [SearchSample.Product] = SearchSample.products) throws {
        try SearchSample.publish(view, products, in: store, token)
    }

    private func find(_ text: String, limit: Int? = nil) throws -> PostgresResult? {
        guard let query = SearchQuery(parsing: text) else { return nil }
        let search = try PostgresSearch("product_search", schema: "leftfold", of: reader)
        return try reader.query(search.select(query, limit: limit))
    }

    private func ids(_ text: String, limit: Int? = nil) throws -> [Int64] {
        try find(text, limit: limit)?.rows.compactMap { $0[0].flatMap { Int64($0) } } ?? []
    }

    private func refusal(_ body: () throws -> Void) throws -> StoreError {
        try #require(throws: StoreError.self, performing: body)
    }

    @Test(arguments: [false, true])
    func `words, phrases and beginnings find the rows that have them`(byName: Bool) throws {
        try publish(SearchSample.view(byName: byName), SearchSample.products.filter { !byName || $0.name != nil })
        for (text, wanted) in SearchSample.questions {
            let held = wanted.filter { !byName || $0 != 5 }
            #expect(try Set(ids(text)) == held, "\(text)")
        }
    }

    @Test func `readers have the words as a column with an index, and the best rows come first`() throws {
        try publish(SearchSample.view())
        #expect(try ids("red") == [1, 3])
        #expect(try ids("shoe", limit: 2).count == 2)
        let found = try #require(try find("mountains"))
        #expect(
            (0..<found.columnCount).map { found.columnName($0) } == [
                "id", "name", "description", "price", "rank", "snippet",
            ]
        )
        #expect(found[0, 5]?.contains("[mountains]") == true)
        let direct = "SELECT id FROM leftfold.product_search WHERE search @@ to_tsquery('simple', 'red & shoe')"
        #expect(
            try reader.query(direct + " ORDER BY ts_rank(search, to_tsquery('simple', 'red')) DESC").rows == [
                ["1"], ["3"],
            ]
        )
        try reader.query("SET enable_seqscan = off")
        let plan = try reader.query("EXPLAIN " + direct).rows.compactMap { $0[0] }.joined()
        #expect(plan.contains("Bitmap Index Scan on _leftfold_1_product_search_search_idx"), "\(plan)")
    }

    @Test func `a view with a column named search has its words beside it`() throws {
        var view = SearchSample.view()
        view.columns[3].name = "search"
        try publish(view)
        #expect(try ids("blue") == [2])
        #expect(try reader.value("SELECT search FROM leftfold.product_search WHERE _leftfold_search @@ 'blue'") == "90")
        #expect(try store.indexFault(of: view) == nil)
    }

    @Test(arguments: UInt64(0)..<10)
    func `no text is an error of syntax`(seed: UInt64) throws {
        try publish(SearchSample.view())
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<50 {
            let text = SearchSample.nastyText(using: &generator)
            #expect(throws: Never.self, "seed \(seed): \(text.debugDescription)") { _ = try ids(text) }
        }
    }

    @Test func `a language is one that the server has`() throws {
        try publish(SearchSample.view(language: "english"))
        #expect(try ids("shoes") == ids("shoe"))
        #expect(try ids("run") == [1])
        #expect(try ids("the") == [], "a word that English search leaves out finds nothing")
        for language in ["klingon", "x'; DROP TABLE y; --", ""] {
            let error = try refusal { try store.beginGeneration(of: SearchSample.view(language: language)) }
            #expect(error.code == .unsupported && error.message.contains("\"\(language)\""), "\(error)")
        }
        try reader.query("CREATE TEXT SEARCH CONFIGURATION public.\"my own\" (COPY = simple)")
        try publish(SearchSample.view(version: "v2", language: "public.\"my own\""))
        #expect(try ids("blue") == [2])
    }

    @Test func `a configuration that was changed is noticed, and a rebuild puts it right`() throws {
        try reader.query("CREATE TEXT SEARCH CONFIGURATION public.mine (COPY = simple)")
        let view = SearchSample.view(language: "public.mine")
        try publish(view)
        #expect(try store.indexFault(of: view) == nil)
        try reader.query("ALTER TEXT SEARCH CONFIGURATION public.mine ALTER MAPPING FOR asciiword WITH english_stem")
        let late = try place.store()
        #expect(try late.indexFault(of: view)?.contains("rows") == true)
    }

    @Test func `the beginning of a huge text is searched, and its row is whole`() throws {
        let words = (0..<300_000).map { "w\($0)" }.joined(separator: " ")
        // Characters of four bytes, each a word: the most that a tsvector can be asked to hold.
        let scalars = (0..<200_000).compactMap { Unicode.Scalar(0x20000 + UInt32($0 % 40_000)) }
        let wide = scalars.map { "\($0)" }.joined(separator: "-")
        try publish(
            SearchSample.view(),
            [(1, "short", words, 1), (2, wide, wide, 2), (3, nil, String(repeating: "x", count: 5000), 3)]
        )
        #expect(try ids("short w17") == [1])
        #expect(try ids("w299999") == [])
        #expect(
            try reader.value("SELECT length(description) FROM leftfold.product_search WHERE id = 1") == "\(words.count)"
        )
    }

    @Test func `a table becomes a search view and a table again, and readers' grants stay`() throws {
        var table = SearchSample.view()
        table.kind = .table
        try publish(table)
        let role = "reader_\(place.database)"
        try reader.query("CREATE ROLE \(role); GRANT SELECT ON leftfold.product_search TO \(role)")
        defer { _ = try? reader.query("DROP OWNED BY \(role); DROP ROLE \(role)") }
        try publish(SearchSample.view(version: "v2"))
        #expect(try ids("blue") == [2])
        try publish(SearchSample.view(version: "v3"))
        #expect(try ids("blue") == [2])
        table.version = "v4"
        try publish(table)
        #expect(throws: StoreError.self) { try ids("blue") }
        #expect(try reader.value("SELECT has_table_privilege('\(role)', 'leftfold.product_search', 'SELECT')") == "t")
    }
}
