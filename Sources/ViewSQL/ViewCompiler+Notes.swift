import Expressions
import Relational
public import ViewPlan

extension ViewCompiler {
    /// What somebody who compares a view with Postgres should know: its lists whose order the SQL leaves open.
    ///
    /// Lists of the views that it reads, which are among `others`, are not its own.
    public func notes(on view: ViewDefinition, among others: [ViewDefinition] = []) -> [String] {
        let foreign = Set(others.filter { view.dependencies.contains($0.name) }.map(\.root))
        let uniqueness = Uniqueness(relations: relations)
        var notes: [String] = []
        var open = [view.root]
        var seen: Set<PlanNode> = []
        while let node = open.popLast() {
            guard !foreign.contains(node), seen.insert(node).inserted else { continue }
            open += node.inputs
            guard case .aggregate(let aggregate) = node else { continue }
            for call in aggregate.calls where call.function.isList {
                guard !ListOrder(aggregate, uniqueness).isTotal(call) else { continue }
                let note = call.order.isEmpty ? "has no ORDER BY" : "has an ORDER BY that leaves rows equal"
                let text = "\(call.function.rawValue) \(note): Postgres may show such rows in another order"
                if !notes.contains(text) { notes.append(text) }
            }
        }
        return notes
    }
}

/// Whether the order of an aggregate's lists is decided: by the rows' key, or because rows that are equal in it show the same.
struct ListOrder {
    private let facts: Uniqueness.Facts
    private let columns: [PlanColumn]
    private let groups: Set<Int>
    /// What each column of the aggregate's input is over `columns`.
    private let values: [Expression]

    init(_ aggregate: Aggregate, _ uniqueness: Uniqueness) {
        var base = aggregate.input
        if case .project(let projection) = base {
            base = projection.input
            values = projection.expressions
        } else {
            values = base.columns.enumerated().map { .column($0, $1.type) }
        }
        facts = uniqueness.facts(of: base)
        columns = base.columns
        groups = Set(aggregate.groupColumns.compactMap { [values] in Self.column(values[$0]) })
    }

    func isTotal(_ call: AggregateCall) -> Bool {
        var known = groups.union(call.order.compactMap { Self.column(values[$0.column]) })
        // Of equal keys the last one counts, so only rows with one key are ever compared.
        if call.function == .jsonbObjectAgg, let key = call.argument.flatMap({ Self.column(values[$0]) }) {
            known.insert(key)
        }
        if facts.isKey(known) { return true }
        let decided = facts.closure(of: known)
        let shown = [call.argument, call.second].compactMap { $0.map { values[$0].columnsRead } }
        return shown.joined().allSatisfy { decided.contains($0) && Self.hasOneImage(columns[$0].type.encoding) }
    }

    /// The column that an expression is, its collation and its type's name aside: equal values are equal rows' values.
    private static func column(_ expression: Expression) -> Int? {
        switch expression {
        case .call(.relabel, let operands, _), .call(.collate, let operands, _): operands.first.flatMap(column)
        default: expression.columnIndex
        }
    }

    /// Not where 1.0 = 1.00 or −0 = 0.
    private static func hasOneImage(_ encoding: Encoding) -> Bool {
        switch encoding {
        case .numeric, .float4, .float8: false
        default: true
        }
    }
}
