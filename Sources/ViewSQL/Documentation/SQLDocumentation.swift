import Expressions
import Relational

/// `docs/sql.md`, made from the tables that the binder and the catalog work with.
public enum SQLDocumentation {
    /// The page. Deterministic: the same program gives the same bytes.
    public static func markdown() -> String {
        var page = """
            # SQL that views understand

            <!-- Made from the compiler's own tables. UPDATE_DOCS=1 swift test --filter SQLDocumentationTests writes it. -->

            A view is a file with one SELECT in Postgres's own grammar (PostgreSQL 15). Its result is the one that Postgres gives, with the same
            types, NULL rules and numeric scale. What is not in these tables is refused when the view is planned, with its place in the file and
            with what to write instead; nothing is approximated.

            `leftfold explain` prints how a view is kept up to date. Every change costs work for the rows it touches; no operator recomputes a view.


            """
        page += "## Statement\n\n" + table(SupportedConstruct.statement)
        page += options
        page += "## SELECT\n\n" + table(SupportedConstruct.select)
        page += "## FROM\n\n" + table(SupportedConstruct.from)
        page += "## Expressions\n\n" + table(SupportedConstruct.expressions)
        page += refused + types + operators + functions + aggregates + casts + errors
        while page.hasSuffix("\n\n") { page.removeLast() }
        return page
    }

    private static func table(_ constructs: [SupportedConstruct]) -> String {
        rows(["Construct", "", "Limit"], constructs.map { [$0.title, "✓", $0.limit ?? ""] })
    }

    private static func rows(_ header: [String], _ rows: [[String]]) -> String {
        let line = { (cells: [String]) in
            "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |\n"
        }
        let rule = "|" + String(repeating: "---|", count: header.count) + "\n"
        return line(header) + rule + rows.map(line).joined() + "\n"
    }

    private static var options: String {
        "Options of `WITH (…)`:\n\n"
            + rows(
                ["Option", "", "Meaning"],
                ViewOptions.known.map { ["`\($0.name)`", "✓", $0.summary] }
            )
    }

    private static var refused: String {
        "## Not supported\n\n"
            + rows(
                ["Construct", "", "Instead"],
                RefusedConstruct.allCases.map(\.entry).map { [$0.title, "✗", $0.hint ?? ""] }.sorted { $0[0] < $1[0] }
            )
    }

    private static var types: String {
        let listed = TypeResolver.builtIn.values.sorted { $0.name < $1.name }
        let cells = listed.map { type in
            [
                "`\(type.name)`", type.encoding == .opaque ? "as Postgres prints it" : "✓",
                Catalog.isEqualityComparable(type) ? "✓" : type.oid == .bpchar ? "✓ with a length" : "✗",
                Catalog.isOrderable(type) ? (type.encoding == .text ? "byte order" : "✓") : "✗",
            ]
        }
        return "## Types\n\n"
            + "Columns of every type can be selected and stored. Computing needs one of these:\n\n"
            + rows(["Type", "Values", "`=`, joins, GROUP BY", "`<`, min, max, ORDER BY"], cells)
            + "Enums and types of extensions are carried as Postgres prints them: selected, stored, compared for equality; enums can stand in JSON "
            + "documents. A domain is its base type.\n\n"
    }

    /// Operators that take the same operands share their rows: one for each left operand, result and note.
    private static var operators: String {
        var signatures: [String: [CatalogEntry]] = [:]
        for entry in Catalog.operators { signatures[entry.name, default: []].append(entry) }
        var names: [[String]: [String]] = [:]
        for (name, entries) in signatures {
            names[entries.map { "\($0.parameters) \($0.result) \($0.note)" }, default: []].append(name)
        }
        var cells: [[String]] = []
        for group in names.values.map({ $0.sorted() }).sorted(by: { $0[0] < $1[0] }) {
            let title = group.map { "`\($0)`" }.joined(separator: " ")
            var rights: [[String]: [String]] = [:]
            for entry in signatures[group[0]] ?? [] {
                let left = entry.parameters.count == 1 ? "" : "`\(entry.parameters[0])`"
                rights[[left, entry.result, entry.note], default: []].append("`\(entry.parameters.last ?? "")`")
            }
            for (key, right) in rights.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
                cells.append([title, key[0], right.joined(separator: ", "), "`\(key[1])`", key[2]])
            }
        }
        return "## Operators\n\n" + "`~~` is `LIKE`, `!~~` is `NOT LIKE`.\n\n"
            + rows(["Operator", "Left", "Right", "Result", "Note"], cells)
    }

    private static var functions: String {
        "## Functions\n\n" + signatures(Catalog.functions + Catalog.jsonFunctions)
            + "Functions whose value changes without a change of the tables (`now`, `random`, `nextval`, …) are refused.\n\n"
    }

    private static var aggregates: String {
        "## Aggregates\n\n" + signatures(Catalog.aggregates)
            + "Not yet: \(ExpressionBinder.unsupportedAggregates.sorted().map { "`\($0)`" }.joined(separator: ", ")).\n\n"
    }

    /// One row a name: its parameter lists by result.
    private static func signatures(_ entries: [CatalogEntry]) -> String {
        var byName: [String: [CatalogEntry]] = [:]
        for entry in entries { byName[entry.name, default: []].append(entry) }
        let cells = byName.sorted { $0.key < $1.key }.map { name, entries in
            var byResult: [String: [String]] = [:]
            for entry in entries {
                let parameters = entry.parameters == ["\"any\""] ? "any type" : entry.parameters.joined(separator: ", ")
                byResult[entry.result, default: []].append(parameters.isEmpty ? "`(*)`" : "`(\(parameters))`")
            }
            let notes = notes(on: entries)
            let lists = byResult.sorted { $0.key < $1.key }.map { "\($0.value.joined(separator: " ")) → `\($0.key)`" }
            return ["`\(name)`", lists.joined(separator: "; "), notes.joined(separator: "; ")]
        }
        return rows(["Name", "Arguments → result", "Note"], cells)
    }

    /// Notes with the parameters that they are for, unless they are for all.
    private static func notes(on entries: [CatalogEntry]) -> [String] {
        var parameters: [String: [String]] = [:]
        for entry in entries where !entry.note.isEmpty {
            parameters[entry.note, default: []].append("`(\(entry.parameters.joined(separator: ", ")))`")
        }
        return parameters.sorted { $0.key < $1.key }.map { note, lists in
            lists.count == entries.count ? note : "\(lists.joined(separator: ", ")): \(note)"
        }
    }

    private static var casts: String {
        var bySource: [String: [CatalogEntry]] = [:]
        for cast in Catalog.casts { bySource[cast.parameters.first ?? "", default: []].append(cast) }
        let cells = bySource.sorted { $0.key < $1.key }.map { source, casts in
            let targets = { (context: String) in
                casts.filter { $0.name == context }.map { "`\($0.result)`" }.joined(separator: ", ")
            }
            return ["`\(source)`", targets("implicit"), targets("assignment"), targets("explicit")]
        }
        return "## Casts\n\n"
            + "An implicit cast happens by itself; the others when written. Modifiers (`numeric(12,2)`, `varchar(10)`, `timestamp(3)`) are "
            + "applied as Postgres does.\n\n" + rows(["From", "Implicit", "On assignment", "Only when written"], cells)
    }

    private static let errors = """
        ## Errors of rows

        An expression that fails on a row (a division by zero, an overflow, a text that is no number) puts the view in error until that row is
        corrected or deleted. A condition that can fail is evaluated after all others and after the joins of its FROM clause, so only rows that
        pass everything else can put a view in error. An equality that can fail is used to join only where nothing else connects two tables.

        """
}
