import Foundation
import Relational
import ViewStores

/// What an index is made with: a field for each column, and nothing that comes up later.
///
/// 1. An indexed column is `text`, cut by the analyzer of the view's language.
/// 2. Integers are `long`, floats and numeric `double`, booleans `boolean`, dates and times `date`. What a value's field cannot hold
///    (NaN, infinity, a year BC) is not found by it, and is in the row all the same.
/// 3. json and its arrays are not indexed; everything else is `keyword` up to 8191 characters.
enum IndexMapping {
    /// The analyzers that every server has, by the languages' names.
    private static let languages: Set<String> = [
        "arabic", "armenian", "basque", "bengali", "brazilian", "bulgarian", "catalan", "cjk", "czech", "danish",
        "dutch", "english", "estonian", "finnish", "french", "galician", "german", "greek", "hindi", "hungarian",
        "indonesian", "irish", "italian", "latvian", "lithuanian", "norwegian", "persian", "portuguese", "romanian",
        "russian", "sorani", "spanish", "swedish", "turkish", "thai",
    ]

    /// The body of the request that makes an index and the alias by which it is written.
    ///
    /// - Throws: `unsupported` for a language without an analyzer, and for columns that cannot be indexed.
    static func body(_ view: ViewTable, alias: String) throws(StoreError) -> Data {
        let searched = Set(try view.searchColumns().map(\.column))
        let language = view.searchLanguage
        guard language == "simple" || languages.contains(language) else {
            throw StoreError(
                .unsupported,
                "view \"\(view.name)\": OpenSearch has no analyzer for language \"\(language)\"",
                hint: "write one of simple, \(languages.sorted().joined(separator: ", "))"
            )
        }
        var properties: [String: Any] = [:]
        for (index, column) in view.columns.enumerated() {
            properties[column.name] =
                searched.contains(index)
                ? ["type": "text", "analyzer": language == "simple" ? "standard" : language]
                : field(JSONForm(column.type), column.type.encoding)
        }
        return encoded([
            "settings": [
                "index": [
                    "mapping": ["total_fields": ["limit": max(1000, 2 * view.columns.count)]],
                    // Longer than any request is under way: a late one must find that its document was deleted.
                    "gc_deletes": "5m",
                    // A text of any length is found with its place.
                    "highlight": ["max_analyzed_offset": Int(Int32.max)],
                ] as [String: Any]
            ],
            "aliases": [alias: [:] as [String: Any]],
            "mappings": [
                "dynamic": false, "_meta": ["leftfold": SearchState.format], "properties": properties,
            ] as [String: Any],
        ])
    }

    /// The body of the request that makes the index of the progress.
    static var progressBody: Data {
        encoded([
            "settings": ["index": ["number_of_shards": 1]],
            "mappings": ["dynamic": false, "_meta": ["leftfold": SearchState.format]] as [String: Any],
        ])
    }

    private static func field(_ form: JSONForm, _ encoding: Encoding) -> [String: Any] {
        let keyword: [String: Any] = ["type": "keyword", "ignore_above": 8191]
        switch form {
        case .bool: return ["type": "boolean"]
        case .number: return ["type": encoding.isInteger ? "long" : "double", "ignore_malformed": true]
        case .time: return ["type": "date", "format": "strict_date_optional_time", "ignore_malformed": true]
        case .json, .array(.json): return ["type": "object", "enabled": false]
        case .string where encoding == .date:
            return ["type": "date", "format": "strict_date", "ignore_malformed": true]
        case .string, .array: return keyword
        }
    }

    private static func encoded(_ value: [String: Any]) -> Data {
        (try? JSONSerialization.data(withJSONObject: value, options: [.sortedKeys])) ?? Data()
    }
}
