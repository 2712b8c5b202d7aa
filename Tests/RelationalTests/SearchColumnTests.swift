import Relational
import Testing

@Suite struct SearchColumnTests {
    @Test func `names are folded unless quoted, and weights are 1 unless given`() throws {
        let columns = try SearchColumn.list(parsing: " Name 10,\"Long, \"\"Text\"\"\"  0.5 , x")
        #expect(
            columns == [
                SearchColumn(name: "name", weight: 10), SearchColumn(name: "Long, \"Text\"", weight: 0.5),
                SearchColumn(name: "x"),
            ]
        )
    }

    @Test func `what is printed reads back`() throws {
        let columns = [
            SearchColumn(name: "a \"b\u{301}\", c", weight: 0.001), SearchColumn(name: "Ä", weight: 1_000_000),
        ]
        let text = columns.map(\.description).joined(separator: ", ")
        #expect(try SearchColumn.list(parsing: text) == columns)
    }

    @Test(arguments: [
        "", " ", ",", "a,", ",a", "a 0", "a -1", "a 1e3", "a nan", "a inf", "a 1000001", "a b", "a 1 2", "\"a", "\"\"",
        "a, a",
        "a, \"a\"", "a 1.2.3", "\"a\" \"b\"", "a .",
    ])
    func `anything else says what is wrong`(text: String) {
        let error = #expect(throws: SearchColumn.ParsingError.self) { _ = try SearchColumn.list(parsing: text) }
        #expect(error?.message.isEmpty == false)
    }
}
