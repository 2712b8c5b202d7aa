import Testing
import ViewStores

/// Words, phrases and beginnings, and nothing that means more.
@Suite struct SearchQueryTests {
    private func read(_ text: String) -> [String]? {
        SearchQuery(parsing: text)?.parts.map { $0.words.joined(separator: "_") + ($0.isPrefix ? "*" : "") }
    }

    @Test(arguments: [
        ("red shoe", ["red", "shoe"]), ("  \"red  shoe\"\tx* ", ["red_shoe", "x*"]), ("\"red sho\"*", ["red_sho*"]),
        ("a\"b c\"d", ["a", "b_c", "d"]), ("\"no end", ["no_end"]), ("re*d", ["re*d"]), ("sho**", ["sho*"]),
        ("\"a & b\"", ["a_b"]), ("* & red", ["red"]), ("日本 é", ["日本", "é"]), ("\"a\u{301}\"b", ["a\u{301}", "b"]),
        ("x\"\u{301}y", ["x", "\u{301}y"]), ("a\0b", ["a", "b"]),
    ])
    func `a text is words and phrases`(text: String, parts: [String]) {
        #expect(read(text) == parts)
    }

    @Test(arguments: ["", " ", "*", "\"\"", "\" * \"", "& | !", "\"", "\0", "👩"])
    func `a text without a word is none`(text: String) { #expect(read(text) == nil) }
}
