import Expressions
import Relational
import ViewPlan

@testable import ViewSQL

/// Writes a plan back as SQL, one subquery for each node, columns `c0`, `c1`, …: Postgres then runs exactly that plan.
///
/// Meant for plans over integers, whose expressions EXPLAIN prints as SQL.
enum PlanSQL {
    static func text(_ node: PlanNode, depth: Int = 0) -> String {
        let name = "q\(depth)"
        switch node {
        case .scan(let scan): return "SELECT \(aliased(scan.columns.map { "\"\($0.name)\"" })) FROM \(scan.name)"
        case .filter(let filter):
            let predicate = ExpressionPrinter(names: names(name, filter.input)).text(filter.predicate)
            return "SELECT * FROM (\(text(filter.input, depth: depth + 1))) \(name) WHERE \(predicate)"
        case .project(let projection):
            let printer = ExpressionPrinter(names: names(name, projection.input))
            let input = text(projection.input, depth: depth + 1)
            return "SELECT \(aliased(projection.expressions.map(printer.text))) FROM (\(input)) \(name)"
        case .join(let join): return text(join, name, depth)
        case .aggregate(let aggregate): return text(aggregate, name, depth)
        }
    }

    private static func text(_ join: Join, _ name: String, _ depth: Int) -> String {
        let (left, right) = (name + "l", name + "r")
        let both = names(left, join.left) + names(right, join.right)
        var condition = zip(join.leftKey, join.rightKey).map { "\(left).c\($0) = \(right).c\($1)" }
            .joined(separator: " AND ")
        if let residual = join.residual { condition += " AND (\(ExpressionPrinter(names: both).text(residual)))" }
        return "SELECT \(aliased(join.output.map { both[$0] })) FROM (\(text(join.left, depth: depth + 1))) \(left) "
            + "\(join.kind == .left ? "LEFT" : "INNER") JOIN (\(text(join.right, depth: depth + 1))) \(right) ON \(condition)"
    }

    private static func text(_ aggregate: Aggregate, _ name: String, _ depth: Int) -> String {
        let input = names(name, aggregate.input)
        let groups = aggregate.groupColumns.map { input[$0] }
        let calls = aggregate.calls.map { AggregateText.text($0, input) }
        return "SELECT \(aliased(groups + calls)) FROM (\(text(aggregate.input, depth: depth + 1))) \(name)"
            + (groups.isEmpty ? "" : " GROUP BY \(groups.joined(separator: ", "))")
    }

    private static func names(_ table: String, _ node: PlanNode) -> [String] {
        node.columns.indices.map { "\(table).c\($0)" }
    }

    private static func aliased(_ items: [String]) -> String {
        items.enumerated().map { "\($1) AS c\($0)" }.joined(separator: ", ")
    }
}
