import Foundation
import Relational
import SQLiteDatabase
import TestSupport
import Testing
import ViewStores

@testable import SQLiteStore

/// What readers find in a search view of a file.
@Suite struct SQLiteSearchTests {
    private let place: SQLitePlace
    private let store: SQLiteStore
    private let token: Int64

    init() throws {
        place = try SQLitePlace()
        store = try SQLiteStore(path: place.path, options: place.options)
        token = try store.claim(logID: "log")
    }

    private func publish(_ view: ViewTable, _ products: [SearchSample.Product] = SearchSample.products) throws {
        try SearchSample.publish(view, products, in: store, token)
    }

    private func reader() throws -> SQLiteConnection { try SQLiteConnection(path: place.path, mode: .readOnly) }

    private func ids(_ text: String, limit: Int? = nil) throws -> [Int64] {
        let database = try reader()
        guard let query = SearchQuery(parsing: text) else { return [] }
        let sql = try SQLiteSearch.select(query, in: "product_search", limit: limit, of: database)
        let statement = try database.prepare(sql)
        var ids: [Int64] = []
        while try statement.step() { ids.append(statement.int(0)) }
        return ids
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
        #expect(try ids("creme") == [6], "accents do not count")
    }

    @Test func `a word in a heavy column ranks a row before others, for every reader`() throws {
        try publish(SearchSample.view())
        #expect(try ids("red") == [1, 3])
        #expect(try ids("shoe", limit: 2).count == 2)
        let database = try reader()
        let best = "SELECT rowid FROM product_search_fts('red') ORDER BY rank LIMIT 1"
        #expect(try database.integer(best) == 1)
        let direct = try database.prepare(
            """
            SELECT p.price, snippet(product_search_fts, 1, '<', '>', '…', 4), bm25(product_search_fts, 1, 100)
            FROM product_search_fts('mountains') AS f JOIN product_search AS p ON p.rowid = f.rowid
            """
        )
        #expect(try direct.step())
        #expect(direct.int(0) == 90 && direct.text(1) == "heavy, for the <mountains>" && direct.double(2) < 0)
    }

    @Test func `a search tells rank and place, whatever the columns are called`() throws {
        let view = ViewTable(
            name: "it's \"odd\"",
            columns: [
                StoreColumn(name: "Rank", type: .int8, isNotNull: true),
                StoreColumn(name: "select", type: .text, isNotNull: true),
            ],
            key: [0],
            version: "v1",
            kind: .search
        )
        var rows = ZSet()
        let row = rows.beginRow(columnCount: 2)
        rows.slab.set(0, int: 7, in: row)
        Array("one two".utf8).withUnsafeBytes { rows.slab.set(1, bytes: $0, in: row) }
        rows.endRow(row, weight: 1)
        try store.beginGeneration(of: view)
        try store.append(rows, to: view)
        try store.begin()
        try store.publish(view)
        try store.commit([SearchSample.progress(view, 1, token)])
        let database = try reader()
        let query = try #require(SearchQuery(parsing: "two"))
        let found = try database.prepare(SQLiteSearch.select(query, in: view.name, limit: 5, of: database))
        #expect(try found.step())
        #expect((0..<4).map(found.columnName) == ["Rank", "select", "_rank", "snippet"])
        #expect(found.int(0) == 7 && found.double(2) > 0 && found.text(3) == "one [two]")
    }

    @Test(arguments: UInt64(0)..<20)
    func `no text is an error of syntax`(seed: UInt64) throws {
        try publish(SearchSample.view())
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<50 {
            let text = SearchSample.nastyText(using: &generator)
            #expect(throws: Never.self, "seed \(seed): \(text.debugDescription)") { _ = try ids(text) }
        }
        #expect(throws: Never.self) { _ = try ids(String(repeating: "shoe ", count: 5000)) }
    }

    @Test func `an update that leaves the texts alone leaves the index alone`() throws {
        let view = SearchSample.view()
        try publish(view)
        let before = try store.database.text("SELECT group_concat(hex(block)) FROM product_search_fts_data")
        try store.begin()
        var delta = SearchSample.rows([SearchSample.products[0]], weight: -1)
        var dearer = SearchSample.products[0]
        dearer.price = 51
        let after = SearchSample.rows([dearer])
        delta.append(after.row(at: 0), weight: 1)
        try store.apply(delta, to: view)
        try store.commit([SearchSample.progress(view, 2, token)])
        #expect(try store.database.text("SELECT group_concat(hex(block)) FROM product_search_fts_data") == before)
        #expect(try store.indexFault(of: view) == nil)
    }

    @Test func `a VACUUM changes nothing`() throws {
        let view = SearchSample.view(byName: true)
        try publish(view, SearchSample.products.filter { $0.name != nil })
        try store.begin()
        try store.apply(SearchSample.rows([SearchSample.products[0]], weight: -1), to: view)
        try store.commit([SearchSample.progress(view, 2, token)])
        try store.database.execute("VACUUM")
        #expect(try ids("blue") == [2])
        #expect(try store.indexFault(of: view) == nil)
    }

    @Test func `english finds other forms of a word, and other languages are refused`() throws {
        try publish(SearchSample.view(language: "english"))
        #expect(try ids("shoes") == ids("shoe"))
        #expect(try ids("run") == [1])
        #expect(try store.indexFault(of: SearchSample.view(language: "english")) == nil)
        let error = try refusal { try store.beginGeneration(of: SearchSample.view(language: "german")) }
        #expect(error.code == .unsupported && error.message.contains("\"german\""))
        #expect(try ids("run") == [1], "what was there is still there")
    }

    @Test func `what FTS5 cannot have is refused with its name`() throws {
        for name in ["rank", "RowID", "product_search_fts"] {
            var view = SearchSample.view()
            view.columns[1].name = name
            view.options["columns"] = "\"\(name)\""
            let error = try refusal { try store.beginGeneration(of: view) }
            #expect(error.code == .unsupported && error.message.contains("\"\(name)\""))
        }
        for columns in ["price", "nothing", "name zero", ""] {
            var view = SearchSample.view()
            view.options["columns"] = columns
            #expect(try refusal { try store.beginGeneration(of: view) }.code == .unsupported, "\(columns)")
        }
        var bag = SearchSample.view()
        bag.key = nil
        #expect(try refusal { try store.beginGeneration(of: bag) }.code == .unsupported)
    }

    @Test func `an index takes no name of anybody else`() throws {
        try store.database.execute("CREATE TABLE Product_Search_FTS (mine)")
        #expect(try refusal { try publish(SearchSample.view()) }.code == .nameTaken)
        try store.database.execute("DROP TABLE Product_Search_FTS")
        var other = SearchSample.view()
        other.name = "product_search_fts"
        other.kind = .table
        try store.beginGeneration(of: other)
        #expect(try refusal { try store.beginGeneration(of: SearchSample.view()) }.code == .unsupported)
        try publish(other)
        #expect(try refusal { try store.beginGeneration(of: SearchSample.view()) }.code == .nameTaken)
        #expect(try reader().integer("SELECT count(*) FROM product_search_fts") == 6)
    }

    @Test func `a dropped view and a view that is a table again leave nothing of the index`() throws {
        func objects() throws -> Int64? {
            try store.database.integer(
                "SELECT count(*) FROM sqlite_schema WHERE name LIKE '%product\\_search\\_%' ESCAPE '\\'"
            )
        }
        try publish(SearchSample.view())
        #expect(try objects() ?? 0 > 4)
        var table = SearchSample.view(version: "v2")
        table.kind = .table
        try publish(table)
        #expect(try objects() == 0)
        try publish(SearchSample.view(version: "v3"))
        #expect(try ids("blue") == [2])
        try store.beginGeneration(of: SearchSample.view(version: "v4"))
        _ = try SQLiteStore(path: place.path, options: place.options).claim(logID: "log")
        #expect(
            try store.database.integer(
                "SELECT count(*) FROM sqlite_schema WHERE name LIKE '\\_leftfold\\_new%' ESCAPE '\\'"
            ) == 0
        )
        _ = try store.claim(logID: "log")
        try store.begin()
        try store.drop(view: "product_search")
        try store.commit([])
        #expect(try objects() == 0)
        #expect(throws: StoreError.self) { try ids("blue") }
    }

    @Test func `an index that disagrees with its rows is noticed, by a reader`() throws {
        let view = SearchSample.view()
        let index = "product_search_fts"
        let changes = [
            "INSERT INTO \(index) (\(index), rowid, name, description) VALUES ('delete', 2, 'Blue shoe', 'heavy, for the mountains')",
            "INSERT INTO \(index) (rowid, name, description) VALUES (77, 'ghost', '')",
            "UPDATE product_search SET name = 'Green shoe' WHERE id = 2",
            "UPDATE product_search SET name = 'shoe Blue' WHERE id = 2",
            "UPDATE product_search SET name = description, description = name WHERE id = 4",
            "DELETE FROM product_search WHERE id = 2",
            "INSERT INTO product_search VALUES (9, 'new', 'new', 1)",
            "DELETE FROM product_search_fts_docsize WHERE id = 2",
            "DELETE FROM product_search_fts_data WHERE id > 10",
            "DROP TABLE \(index)",
        ]
        for change in changes {
            try publish(view)
            let reader = try SQLiteStore(path: place.path, options: .init(isReadOnly: true))
            #expect(try reader.indexFault(of: view) == nil)
            try store.database.execute(change)
            let fault = try reader.indexFault(of: view)
            #expect(fault?.contains("search index") == true, "\(change): \(fault ?? "nothing")")
        }
    }

    @Test func `an index that others removed is a contradiction with the next command, not a crash`() throws {
        try publish(SearchSample.view())
        try store.database.execute("DROP TABLE product_search_fts")
        try store.begin()
        let error = try refusal {
            try store.apply(SearchSample.rows([SearchSample.products[0]], weight: -1), to: SearchSample.view())
        }
        #expect(error.code == .inconsistent && error.hint == "leftfold rebuild product_search")
        try publish(SearchSample.view())
        #expect(try ids("red") == [1, 3])
    }
}
