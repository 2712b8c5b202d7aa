import Relational
import ViewPlan

/// What `USING search` asks of a view and its options.
enum SearchOptions {
    private static let names = ["columns", "language"]

    /// The options, with `columns` naming what is indexed in full.
    ///
    /// - Throws: for options of a search view on another kind, a search view without a key, and columns that hold no text.
    static func resolve(
        _ options: [String: String],
        _ statement: StatementSyntax,
        _ columns: [ViewColumn],
        hasKey: Bool
    ) throws(Diagnostic) -> [String: String] {
        guard statement.kind == .search else {
            if let name = names.first(where: { options[$0] != nil }) {
                throw Diagnostic(
                    .invalidParameterValue,
                    "parameter \"\(name)\" belongs to a search view",
                    hint: "write USING search before WITH, or leave it out",
                    at: location(of: name, statement)
                )
            }
            return options
        }
        guard hasKey else {
            throw Diagnostic(
                .invalidDefinition,
                "a search view needs a key",
                detail: "No columns of the query are known to identify a row.",
                hint: "select the key of the table, or name the columns that identify a row: WITH (key = 'id')",
                at: statement.location
            )
        }
        var options = options
        let indexed = try options["columns"].map { text throws(Diagnostic) in
            try named(text, columns, at: location(of: "columns", statement))
        }
        let all = columns.filter(\.type.isText).map { SearchColumn(name: $0.name) }
        guard !(indexed ?? all).isEmpty else {
            throw Diagnostic(
                .invalidDefinition,
                "a search view needs a column of text",
                hint: "select one, or cast one: price::text",
                at: statement.location
            )
        }
        options["columns"] = (indexed ?? all).map(\.description).joined(separator: ", ")
        return options
    }

    private static func named(
        _ text: String,
        _ columns: [ViewColumn],
        at location: Int?
    ) throws(Diagnostic) -> [SearchColumn] {
        let named: [SearchColumn]
        do {
            named = try SearchColumn.list(parsing: text)
        } catch {
            throw Diagnostic(
                .invalidParameterValue,
                "parameter \"columns\": \(error.message)",
                detail: "A weight is a number above 0, at most \(Int(SearchColumn.weightMax)).",
                hint: "write columns = 'name 10, description'",
                at: location
            )
        }
        for column in named {
            guard let found = columns.first(where: { $0.name == column.name }) else {
                throw Diagnostic(
                    .undefinedColumn,
                    "column \"\(column.name)\" named in columns does not exist",
                    detail: "The view's columns: \(columns.map(\.name).joined(separator: ", ")).",
                    hint: Suggestion.closest(to: column.name, among: columns.map(\.name)).map {
                        "perhaps you meant \"\($0)\""
                    },
                    at: location
                )
            }
            guard found.type.isText else {
                throw Diagnostic(
                    .datatypeMismatch,
                    "column \"\(column.name)\" named in columns is of type \(found.type.name), not text",
                    hint: "cast it in the view's SQL: \(column.name)::text AS \(column.name)",
                    at: location
                )
            }
        }
        return named
    }

    private static func location(of option: String, _ statement: StatementSyntax) -> Int? {
        statement.options.first { $0.name == option }?.location
    }
}
