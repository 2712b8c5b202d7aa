import Expressions
import Relational
import ViewPlan

/// Subqueries in the SELECT list that aggregate the rows tied to each outer row by equalities.
///
/// `(SELECT json_agg(c.x) FROM child c WHERE c.parent = p.id)` becomes a LEFT JOIN with the aggregate grouped by `c.parent`:
///
/// 1. WHERE is split: what reads inner tables alone stays inside, an equality between both sides ties them.
/// 2. The inner sides of the ties are the groups; each group's row is joined to the outer rows.
/// 3. An outer row without a match reads NULL from every aggregate but `count`, as over no rows; `count` reads 0.
extension Binder {
    /// What stands around a subquery.
    struct Surroundings {
        var scope: Scope
        var commonTables: [CommonTable]
    }

    /// An equality that ties a subquery to its surroundings.
    private struct Tie {
        var function: ScalarFunction
        var inner: Expression
        var outer: Expression
    }

    /// Joins the subqueries to `plan`; returns their values by their places.
    mutating func join(
        _ subqueries: [(select: SelectSyntax, location: Int?)],
        to plan: inout LogicalPlan,
        _ surroundings: Surroundings
    ) throws(Diagnostic) -> [Int: Expression] {
        var values: [Int: Expression] = [:]
        for (select, location) in subqueries {
            guard let location else { throw RefusedConstruct.subqueryExpressions.diagnostic(at: nil) }
            depth += 1
            defer { depth -= 1 }
            if depth > Self.depthLimit { throw SyntaxDecoder.tooDeep(at: location) }
            values[location] = try joinSubquery(select, to: &plan, surroundings, at: location)
        }
        return values
    }

    private mutating func joinSubquery(
        _ select: SelectSyntax,
        to plan: inout LogicalPlan,
        _ surroundings: Surroundings,
        at location: Int
    ) throws(Diagnostic) -> Expression {
        let target = try target(of: select, at: location)
        let commonTables = try visible(select.commonTables, after: surroundings.commonTables)
        let item = try bind(select.from, commonTables)
        var inner = item.plan
        let (own, ties) = try split(select.condition, item, surroundings.scope, at: location)
        if !own.isEmpty { inner = .filter(inner, own) }
        let nested = try join(
            target.subqueries,
            to: &inner,
            Surroundings(scope: item.scope, commonTables: commonTables)
        )
        let grouping = try identified(ties.map(\.inner), &inner, item.scope)
        let value = try aggregated(target, item.scope, surroundings.scope, nested)
        let conditions = ties.map { tie in
            let id = grouping.identities[tie.inner] ?? -1
            return Expression.call(tie.function, [.column(id, tie.inner.type), tie.outer], .bool)
        }
        let groups = LogicalAggregate(input: inner, groups: grouping.columns, calls: value.calls)
        plan = .join(
            LogicalJoin(kind: .left, left: plan, right: .aggregate(groups), conditions: conditions, location: location)
        )
        return value.expression
    }

    /// The one expression of a subquery that has a row whatever its tables hold.
    private func target(of select: SelectSyntax, at location: Int) throws(Diagnostic) -> ExpressionSyntax {
        guard select.targets.count == 1, ExpressionBinder.hasAggregate(select.targets[0].value), !select.isDistinct,
            !select.hasGroupClause, select.having == nil, select.order.isEmpty
        else { throw RefusedConstruct.subqueryExpressions.diagnostic(at: location) }
        return select.targets[0].value
    }

    /// WHERE's conjuncts over inner tables alone, and the ties.
    private func split(
        _ condition: ExpressionSyntax?,
        _ item: Item,
        _ outer: Scope,
        at location: Int
    ) throws(Diagnostic) -> (own: [Expression], ties: [Tie]) {
        var own: [Expression] = []
        var ties: [Tie] = []
        let columns = item.plan.columns
        if let condition {
            var binder = expressions(item.scope.inside(outer), .condition)
            for conjunct in try binder.conjuncts(in: condition, of: "WHERE") {
                if conjunct.columnsRead.isSubset(of: columns) {
                    own.append(conjunct)
                } else if let tie = Self.tie(conjunct, columns) {
                    if let refusal = Catalog.equalityRefusal(tie.inner.type) {
                        throw Diagnostic(refusal, at: condition.location)
                    }
                    ties.append(tie)
                } else {
                    throw Diagnostic(
                        .notSupported,
                        "a subquery in an expression can be tied to the outer query by equalities only",
                        hint: "join with the subquery in FROM instead",
                        at: condition.location
                    )
                }
            }
        }
        if ties.isEmpty { throw RefusedConstruct.subqueryExpressions.diagnostic(at: location) }
        return (own, ties)
    }

    private static func tie(_ conjunct: Expression, _ inner: Set<Int>) -> Tie? {
        guard case .call(let function, _, _) = conjunct, !conjunct.canRaise,
            let (left, right) = Catalog.equalitySides(conjunct)
        else { return nil }
        for (one, other) in [(left, right), (right, left)] {
            let (read, outer) = (one.columnsRead, other.columnsRead)
            if !read.isEmpty, read.isSubset(of: inner), !outer.isEmpty, outer.isDisjoint(with: inner) {
                return Tie(function: function, inner: one, outer: other)
            }
        }
        return nil
    }

    /// The subquery's value over its aggregates, read from a row that may be missing.
    private mutating func aggregated(
        _ target: ExpressionSyntax,
        _ scope: Scope,
        _ outer: Scope,
        _ nested: [Int: Expression]
    ) throws(Diagnostic) -> (expression: Expression, calls: [LogicalAggregateCall]) {
        var binder = expressions(scope, .select)
        binder.subqueries = nested
        binder.isGrouped = true
        let value: Expression
        do throws(Diagnostic) {
            value = try binder.decided(try binder.expression(target), at: target.location)
        } catch {
            var wider = expressions(scope.inside(outer), .select)
            wider.subqueries = nested
            guard (try? wider.expression(target)) != nil else { throw error }
            throw Diagnostic(
                .notSupported,
                "the SELECT list of a subquery in an expression can read its own tables only",
                hint: "join the tables in FROM instead, and group by the outer table's key",
                at: error.location
            )
        }
        // Without GROUP BY nothing but aggregates may be read, the columns of the ties included.
        var grouping = Grouping(identities: [:], columns: [], dependent: [])
        let rewritten = try grouping.rewrite(value, binder.uses, binder.aggregates)
        nextColumn = binder.nextColumn
        var counts: [Int: Expression] = [:]
        for call in binder.aggregates where call.function == .count || call.function == .countAll {
            counts[call.id] = .coalesce([.column(call.id, .int8), .constant(.int(0), .int8)], .int8)
        }
        return (rewritten.substituting(counts), binder.aggregates)
    }
}

extension Scope {
    /// What an expression of a subquery can name: its own tables, and those around it that they do not hide.
    func inside(_ outer: Scope) -> Scope {
        Scope(
            tables: tables + outer.tables.filter { table in !tables.contains { $0.name == table.name } },
            columns: columns + outer.columns.filter { column in !columns.contains { $0.name == column.name } }
        )
    }
}
