import Foundation
public import Relational
public import ViewStores

extension SearchStore {
    /// What a search found, the best first.
    public final class Found {
        /// One row.
        public struct Place {
            public let row: RowView
            /// Greater is better, within this answer.
            public let rank: Double
            /// The place with the words in brackets.
            public let snippet: String
        }

        private var rows: ZSet
        private let marks: [(rank: Double, snippet: String)]

        init(_ rows: consuming ZSet, _ marks: [(rank: Double, snippet: String)]) {
            self.rows = rows
            self.marks = marks
        }

        /// How many rows were found.
        public var count: Int { marks.count }

        /// A row; it lives as long as this answer.
        public subscript(index: Int) -> Place {
            Place(row: rows.row(at: index), rank: marks[index].rank, snippet: marks[index].snippet)
        }
    }

    /// What one request of a search answers with at most.
    private static let foundCountMax = 10_000

    private struct Hits: Decodable {
        struct List: Decodable { var hits: [Hit] }
        struct Hit: Decodable {
            var _score: Double?
            var highlight: [String: [String]]?
        }
        var hits: List
    }

    /// Finds the rows that have all parts of a query, each in any of the indexed columns, as of the last commit.
    ///
    /// - Throws: `unsupported` for a view without an index of words, and for one that is not there.
    public func find(_ query: SearchQuery, in view: ViewTable, limit: Int?) throws(StoreError) -> Found {
        let columns = try view.searchColumns()
        guard !columns.isEmpty, let entry = try read()?.state.views[view.name] else {
            throw .noSearchView(view.name, in: location)
        }
        let fields = columns.map { "\(Self.plain(view.columns[$0.column].name))^\($0.weight)" }
        let parts = query.parts.map { part in
            [
                "multi_match": [
                    "query": part.words.joined(separator: " "), "type": part.isPrefix ? "phrase_prefix" : "phrase",
                    "fields": fields,
                ] as [String: Any]
            ]
        }
        let shown = Dictionary(
            uniqueKeysWithValues: columns.map { (view.columns[$0.column].name, [:] as [String: Any]) }
        )
        let question: [String: Any] = [
            "size": min(limit ?? Self.foundCountMax, Self.foundCountMax),
            "query": ["bool": ["must": parts]],
            "highlight": [
                "pre_tags": ["["], "post_tags": ["]"], "number_of_fragments": 1, "fields": shown,
            ] as [String: Any],
        ]
        let body = try? JSONSerialization.data(withJSONObject: question, options: [.sortedKeys])
        _ = try answer("rows were made visible", "POST", "/\(entry.index)/_refresh")
        let answer = try answer("words were found", "POST", "/\(entry.index)/_search", body)
        guard answer.status == 200, let hits = try? JSONDecoder().decode(Hits.self, from: answer.body).hits.hits else {
            throw refusal(answer, "words were found")
        }
        var rows = ZSet()
        _ = try DocumentReader(view).append(answer.body, to: &rows)
        let marks = hits.map { hit in
            let snippets = columns.compactMap { hit.highlight?[view.columns[$0.column].name]?.first }
            return (hit._score ?? 0, snippets.first ?? "")
        }
        guard marks.count == rows.count else { throw refusal(answer, "words were found") }
        return Found(rows, marks)
    }

    /// A field's name is a pattern there: what has a meaning in one is matched as any character.
    private static func plain(_ name: String) -> String {
        String(name.map { $0 == "*" || $0 == "^" ? "?" : $0 })
    }
}
