import ViewPlan

/// The options of `WITH (…)`.
enum ViewOptions {
    struct Option {
        var name: String
        var summary: String
    }

    static let known: [Option] = [
        Option(name: "store", summary: "the store that keeps the view; default `main`"),
        Option(
            name: "key",
            summary: "the columns that identify a row, separated by commas; default: inferred from the query"
        ),
        Option(
            name: "index",
            summary:
                "further indexes of the view's table: columns or expressions as in CREATE INDEX, several parted by `;`"
        ),
        Option(
            name: "columns",
            summary:
                "USING search: the text columns to find words in, with weights: `name 10, description 2`; default: "
                + "all, each with weight 1"
        ),
        Option(
            name: "language",
            summary: "USING search: how words are taken back to their stems, in Postgres a text search configuration; "
                + "default `simple`: not at all"
        ),
        Option(name: "ttl", summary: "USING cache: how long an entry lives: `90s`, `15m`, `1h`, `7d`"),
        Option(
            name: "format",
            summary: "USING cache: what an entry is: `json`, a document, the default, or `hash`"
        ),
        Option(
            name: "on_change",
            summary:
                "when the view's text changes: `rebuild`, the default, builds new rows beside the old ones; `diff` sends the difference"
        ),
    ]

    /// The values by name.
    static func values(of options: [OptionSyntax]) throws(Diagnostic) -> [String: String] {
        var result: [String: String] = [:]
        for option in options {
            let supported = known.map(\.name)
            guard supported.contains(option.name) else {
                throw Diagnostic(
                    .invalidParameterValue,
                    "unrecognized parameter \"\(option.name)\"",
                    detail: "Known parameters: \(supported.joined(separator: ", ")).",
                    hint: Suggestion.closest(to: option.name, among: supported).map { "perhaps you meant \"\($0)\"" },
                    at: option.location
                )
            }
            if result[option.name] != nil {
                throw Diagnostic(
                    .syntaxError,
                    "parameter \"\(option.name)\" specified more than once",
                    at: option.location
                )
            }
            guard let value = option.value, !value.isEmpty else {
                throw Diagnostic(
                    .invalidParameterValue,
                    "parameter \"\(option.name)\" needs a value",
                    hint: "write \(option.name) = 'value'",
                    at: option.location
                )
            }
            if option.name == "on_change", !["rebuild", "diff"].contains(value) {
                throw Diagnostic(
                    .invalidParameterValue,
                    "invalid value for parameter \"on_change\": \"\(value)\"",
                    hint: "write on_change = 'rebuild' or on_change = 'diff'",
                    at: option.location
                )
            }
            result[option.name] = value
        }
        return result
    }

    /// The positions of the columns that `key = 'a, b'` names.
    static func key(_ value: String, of columns: [ViewColumn], at location: Int?) throws(Diagnostic) -> [Int] {
        var result: [Int] = []
        for part in try names(in: value, at: location) {
            guard let index = columns.firstIndex(where: { $0.name == part }) else {
                throw Diagnostic(
                    .undefinedColumn,
                    "column \"\(part)\" named in key does not exist",
                    detail: "The view's columns: \(columns.map(\.name).joined(separator: ", ")).",
                    hint: Suggestion.closest(to: part, among: columns.map(\.name)).map {
                        "perhaps you meant \"\($0)\""
                    },
                    at: location
                )
            }
            if result.contains(index) {
                throw Diagnostic(.duplicateColumn, "column \"\(part)\" appears twice in key", at: location)
            }
            result.append(index)
        }
        return result
    }

    /// Identifiers separated by commas, as SQL writes them: folded to lower case unless in double quotes.
    private static func names(in value: String, at location: Int?) throws(Diagnostic) -> [String] {
        var result: [String] = []
        for part in value.split(separator: ",", omittingEmptySubsequences: false) {
            let trimmed = part.drop { $0 == " " }
            let name = String(trimmed.prefix(trimmed.count - trimmed.reversed().prefix { $0 == " " }.count))
            if name.isEmpty {
                throw Diagnostic(
                    .invalidParameterValue,
                    "parameter \"key\" holds an empty name",
                    hint: "write key = 'a, b'",
                    at: location
                )
            }
            let isQuoted = name.count > 1 && name.hasPrefix("\"") && name.hasSuffix("\"")
            result.append(
                isQuoted ? String(name.dropFirst().dropLast()).replacing("\"\"", with: "\"") : name.lowercased()
            )
        }
        return result
    }
}
