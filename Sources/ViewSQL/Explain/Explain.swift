import Expressions
import Relational
public import ViewPlan

/// Prints a view's plan for people.
public enum Explain {
    /// The view's columns and key, then its operators as a tree: what each does, what it keeps as state, what one changed row costs.
    ///
    /// State that plans of `others` keep too is marked with their names; the view itself may be among them.
    public static func text(_ view: ViewDefinition, among others: [ViewDefinition] = []) -> String {
        var lines = ["view \(view.name)"]
        if !view.dependencies.isEmpty { lines.append("  reads views: \(view.dependencies.joined(separator: ", "))") }
        if let store = view.options["store"] { lines.append("  store: \(store)") }
        lines.append("  key: \(key(of: view))")
        if view.kind == .search {
            lines.append(
                "  words of: \(view.options["columns"] ?? ""); language \(view.options["language"] ?? "simple")"
            )
        }
        if !view.ordering.isEmpty { lines.append("  served in order: \(ordering(of: view))") }
        for column in view.columns {
            let collation = column.type.collation.map { $0.isByteOrder ? "" : " collate \"\($0.name)\"" } ?? ""
            lines.append("  \(column.name) \(column.type.name)\(collation)\(column.isNotNull ? " not null" : "")")
        }
        lines.append("")
        var printer = PlanPrinter(root: view.root, others: others.filter { $0.name != view.name })
        lines += printer.lines()
        return lines.joined(separator: "\n") + "\n"
    }

    private static func key(of view: ViewDefinition) -> String {
        guard let key = view.key else { return "none; equal rows are kept apart" }
        if key.isEmpty { return "(); at most one row" }
        let names = "(\(key.map { view.columns[$0].name }.joined(separator: ", ")))"
        if !view.isKeyProven {
            return names + " declared; the plan does not prove it, a second row for a key is an error of the view"
        }
        return names + (view.options["key"] == nil ? " inferred" : " declared, proven")
    }

    private static func ordering(of view: ViewDefinition) -> String {
        view.ordering.map { item in
            var text = view.columns[item.column].name + (item.isDescending ? " desc" : "")
            if item.nullsFirst != item.isDescending { text += item.nullsFirst ? " nulls first" : " nulls last" }
            return text
        }.joined(separator: ", ")
    }
}
