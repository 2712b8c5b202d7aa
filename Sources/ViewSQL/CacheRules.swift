import Relational
import ViewPlan

/// What `USING cache` asks of a view, and what only a cache may have.
enum CacheRules {
    static func check(
        _ statement: StatementSyntax,
        _ options: [String: String],
        _ columns: [ViewColumn],
        key: [Int]?
    ) throws(Diagnostic) {
        func place(_ name: String) -> Int? { statement.options.first { $0.name == name }?.location }
        guard statement.kind == .cache else {
            for name in ["ttl", "format"] where options[name] != nil {
                throw Diagnostic(
                    .invalidParameterValue,
                    "parameter \"\(name)\" is for cache views alone",
                    hint: "write CREATE MATERIALIZED VIEW name USING cache, or leave it out",
                    at: place(name)
                )
            }
            return
        }
        if options["index"] != nil {
            throw Diagnostic(
                .invalidParameterValue,
                "a cache view has no indexes",
                detail: "Its rows are found by their key.",
                hint: "leave it out, or leave out USING cache: the view is kept as a table",
                at: place("index")
            )
        }
        if let ttl = options["ttl"], !isTime(ttl) {
            throw Diagnostic(
                .invalidParameterValue,
                "ttl \"\(ttl)\" is not a time",
                hint: "write a number with s, m, h or d: ttl = '90s', '15m', '1h', '7d'",
                at: place("ttl")
            )
        }
        if let format = options["format"], format != "json", format != "hash" {
            throw Diagnostic(
                .invalidParameterValue,
                "format \"\(format)\" does not exist",
                hint: "write format = 'json', the default, or format = 'hash'",
                at: place("format")
            )
        }
        try checkKey(key, columns, at: place("key") ?? statement.location)
    }

    private static func checkKey(_ key: [Int]?, _ columns: [ViewColumn], at location: Int?) throws(Diagnostic) {
        guard let key else {
            throw Diagnostic(
                .invalidDefinition,
                "a cache view needs a key",
                detail: "A document is found by the key of its row, and none follows from the query.",
                hint: "name the columns that identify a row: WITH (key = '…')",
                at: location
            )
        }
        for index in key where !columns[index].isNotNull {
            let name = columns[index].name
            throw Diagnostic(
                .invalidDefinition,
                "key column \"\(name)\" of a cache view may be NULL",
                detail: "A document of no key cannot be asked for.",
                hint: "write coalesce(\(name), …) AS \(name), or name other columns: WITH (key = '…')",
                at: location
            )
        }
    }

    /// A whole number above zero with a unit, ten years at most.
    private static func isTime(_ text: String) -> Bool {
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        guard let last = text.last, let unit = units[last], text.first != "+", let count = Int64(text.dropLast()),
            count > 0
        else { return false }
        return count <= 3650 * 86_400 / unit
    }
}
