import Expressions
import Relational
import ViewPlan

/// ORDER BY of a view: kept for those who serve its rows, so it can name output columns only.
enum Ordering {
    static func resolve(
        _ order: [SortSyntax],
        _ columns: [Binder.Query.Column],
        _ targets: [TargetSyntax]
    ) throws(Diagnostic) -> [ViewOrdering] {
        var result: [ViewOrdering] = []
        for item in order {
            let column = try column(item.value, columns, targets)
            let type = columns[column].value.type
            guard Catalog.isOrderable(type) else {
                throw Diagnostic(
                    .notSupported,
                    "ordering by type \(type.name) is not supported",
                    detail: type.collation.map { "Order by collation \"\($0.name)\" depends on a library's version." },
                    hint: type.collation == nil ? "leave it out" : "add COLLATE \"C\" to the column",
                    at: item.value.location
                )
            }
            if result.contains(where: { $0.column == column }) { continue }
            result.append(
                ViewOrdering(
                    column: column,
                    isDescending: item.isDescending,
                    nullsFirst: item.nullsFirst ?? item.isDescending
                )
            )
        }
        return result
    }

    private static func column(
        _ value: ExpressionSyntax,
        _ columns: [Binder.Query.Column],
        _ targets: [TargetSyntax]
    ) throws(Diagnostic) -> Int {
        switch value.kind {
        case .literal(.integer(let position)):
            guard position >= 1, position <= columns.count else {
                throw Diagnostic(
                    .invalidColumnReference,
                    "ORDER BY position \(position) is not in select list",
                    at: value.location
                )
            }
            return Int(position) - 1
        case .column(let parts):
            if parts.count == 1, let index = columns.firstIndex(where: { $0.name == parts[0] }) { return index }
            // `t.a` where the SELECT list has the same words.
            let hasStar = targets.contains { if case .star = $0.value.kind { true } else { false } }
            let match = targets.firstIndex { target in
                if case .column(let other) = target.value.kind { other == parts } else { false }
            }
            if let match, !hasStar { return match }
        default: break
        }
        throw Diagnostic(
            .notSupported,
            "ORDER BY of a view can only name its columns",
            detail: "A view keeps rows without an order; ORDER BY says how to serve them.",
            hint: "add the expression to the SELECT list and name it here, or leave ORDER BY out",
            at: value.location
        )
    }
}
