import Expressions
import Relational

/// One column that a query can name.
struct ScopeColumn {
    var name: String
    /// Its value over the identities of the FROM clause's plan.
    var value: Expression
    /// The table that it stands under, for messages.
    var table: String?

    var displayName: String { table.map { "\($0).\(name)" } ?? name }
}

/// One table of a FROM clause: a relation, a view, a subquery or an aliased join.
struct ScopeTable {
    var name: String
    /// The schema of a relation without an alias.
    var schema: String?
    /// The relation's own name when it has an alias.
    var hiddenName: String?
    var columns: [ScopeColumn]
    /// Identities of the primary key's columns, in a base table that has one.
    var primaryKey: [Int] = []
}

/// What the expressions of one SELECT can name.
struct Scope {
    var tables: [ScopeTable] = []
    /// Every column of `*`, in its order; the columns of USING stand once.
    var columns: [ScopeColumn] = []

    func column(_ parts: [String], at location: Int?) throws(Diagnostic) -> ScopeColumn {
        guard let name = parts.last else { throw Diagnostic(.syntaxError, "a column has no name", at: location) }
        if parts.count == 1 { return try column(name, at: location) }
        let table = try table(Array(parts.dropLast()), at: location)
        let matches = table.columns.filter { $0.name == name }
        if matches.count > 1 { throw Self.ambiguous(name, at: location) }
        if let match = matches.first { return match }
        throw Diagnostic(
            .undefinedColumn,
            "column \(table.name).\(name) does not exist",
            hint: suggestion(for: name, in: table),
            at: location
        )
    }

    /// The table of `table.column` or `schema.table.column`.
    func table(_ parts: [String], at location: Int?) throws(Diagnostic) -> ScopeTable {
        let name = parts.last ?? ""
        let schema = parts.count > 1 ? parts[0] : nil
        let matches = tables.filter { $0.name == name && (schema == nil || $0.schema == schema) }
        if matches.count > 1 {
            throw Diagnostic(.ambiguousAlias, "table reference \"\(name)\" is ambiguous", at: location)
        }
        if let match = matches.first { return match }
        if let hidden = tables.first(where: { $0.hiddenName == name }) {
            throw Diagnostic(
                .undefinedTable,
                "invalid reference to FROM-clause entry for table \"\(name)\"",
                hint: "perhaps you meant the table alias \"\(hidden.name)\"",
                at: location
            )
        }
        throw Diagnostic(
            .undefinedTable,
            "missing FROM-clause entry for table \"\(name)\"",
            hint: Suggestion.closest(to: name, among: tables.map(\.name)).map {
                "perhaps you meant the table \"\($0)\""
            },
            at: location
        )
    }

    private func column(_ name: String, at location: Int?) throws(Diagnostic) -> ScopeColumn {
        let matches = columns.filter { $0.name == name }
        if matches.count > 1 { throw Self.ambiguous(name, at: location, among: matches) }
        if let match = matches.first { return match }
        if tables.contains(where: { $0.name == name }) { throw RefusedConstruct.wholeRow.diagnostic(at: location) }
        throw Diagnostic(
            .undefinedColumn,
            "column \"\(name)\" does not exist",
            hint: suggestion(for: name, in: nil),
            at: location
        )
    }

    private static func ambiguous(_ name: String, at location: Int?, among matches: [ScopeColumn] = []) -> Diagnostic {
        let names = matches.filter { $0.table != nil }.map(\.displayName)
        return Diagnostic(
            .ambiguousColumn,
            "column reference \"\(name)\" is ambiguous",
            hint: names.isEmpty ? nil : "write \(names.joined(separator: " or "))",
            at: location
        )
    }

    private func suggestion(for name: String, in table: ScopeTable?) -> String? {
        let candidates = table.map(\.columns) ?? tables.flatMap(\.columns)
        // A column of that very name in another table comes first.
        if let elsewhere = tables.flatMap(\.columns).first(where: { $0.name == name }) {
            return "perhaps you meant the column \"\(elsewhere.displayName)\""
        }
        guard let closest = Suggestion.closest(to: name, among: candidates.map(\.name)),
            let column = candidates.first(where: { $0.name == closest })
        else { return nil }
        return "perhaps you meant the column \"\(column.displayName)\""
    }
}
