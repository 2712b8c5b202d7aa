import Expressions
import ViewPlan

/// Brings a bound plan into the one shape that `Lowering` knows: filters low, equalities as join keys, joins left-deep.
///
/// 1. WHERE conjuncts, and ON conjuncts of inner joins, fall as far as the one table they read.
/// 2. A LEFT JOIN becomes an inner one when a conjunct above it is never TRUE for a row without a match.
/// 3. Nested inner joins become one list of tables and conjuncts, joined from the left in the written order; a table that no
///    equality connects with those before it waits for one that is.
/// 4. ON conjuncts of a LEFT JOIN that read the right side alone fall below it; those that read the left side alone stay in the match.
///
/// **Errors.** Postgres may evaluate conditions in any order. Here a conjunct that can fail (a division, a text cast) does not fall: it
/// is evaluated last, above the joins of its FROM clause, in the written order, on rows that all other conditions have let through. So a
/// view is in error only if one of those rows is. One exception: when nothing else connects two tables, an equality that can fail does.
struct Normaliser {
    /// The plan for the rows of `plan` that satisfy `conjuncts`.
    func normalise(_ plan: LogicalPlan, _ conjuncts: [Expression] = []) throws(Diagnostic) -> LogicalPlan {
        switch plan {
        case .scan, .view: return filtered(plan, conjuncts)
        case .filter(let input, let own): return try normalise(input, Self.merged(own, conjuncts))
        case .compute(let input, let computed):
            let fresh = Set(computed.map(\.id))
            let (falling, staying) = split(conjuncts) { $0.isDisjoint(with: fresh) }
            return filtered(.compute(try normalise(input, falling), computed), staying)
        case .aggregate(let aggregate):
            let groups = Set(aggregate.groups)
            // Without groups there is a row whatever the input holds, so nothing may fall below.
            let (falling, staying) = split(conjuncts) { !groups.isEmpty && !$0.isEmpty && $0.isSubset(of: groups) }
            var result = aggregate
            result.input = try normalise(aggregate.input, falling)
            return filtered(.aggregate(result), staying)
        case .join(let join):
            if join.kind == .inner { return try inner([plan], conjuncts) }
            let right = join.right.columns
            if conjuncts.contains(where: { $0.rejectsNull(of: right) }) { return try inner([plan], conjuncts) }
            return try left(join, conjuncts)
        }
    }

    /// Conjuncts that may fall into an input whose columns pass `fits`, and those that stay above.
    private func split(
        _ conjuncts: [Expression],
        _ fits: (Set<Int>) -> Bool
    ) -> (falling: [Expression], staying: [Expression]) {
        var falling: [Expression] = []
        var staying: [Expression] = []
        for conjunct in conjuncts {
            if !conjunct.canRaise, fits(conjunct.columnsRead) {
                falling.append(conjunct)
            } else {
                staying.append(conjunct)
            }
        }
        return (falling, staying)
    }

    private func filtered(_ plan: LogicalPlan, _ conjuncts: [Expression]) -> LogicalPlan {
        conjuncts.isEmpty ? plan : .filter(plan, conjuncts)
    }

    static func merged(_ first: [Expression], _ second: [Expression]) -> [Expression] {
        let all = first + second
        return all.isEmpty ? [] : Expression.and(all).conjuncts
    }

    // MARK: Left joins

    private func left(_ join: LogicalJoin, _ above: [Expression]) throws(Diagnostic) -> LogicalPlan {
        let leftColumns = join.left.columns
        let rightColumns = join.right.columns
        var result = join
        var toRight: [Expression] = []
        result.conditions = []
        for conjunct in join.conditions {
            let read = conjunct.columnsRead
            if !conjunct.canRaise, read.isSubset(of: rightColumns) {
                toRight.append(conjunct)
            } else {
                result.conditions.append(conjunct)
            }
        }
        takeKeys(of: &result, leftColumns, rightColumns)
        guard !result.keys.isEmpty else { throw RefusedConstruct.nonEquiJoin.diagnostic(at: join.location) }
        let (toLeft, staying) = split(above) { !$0.isEmpty && $0.isSubset(of: leftColumns) }
        result.left = try normalise(join.left, toLeft)
        result.right = try normalise(join.right, toRight)
        return filtered(.join(result), staying)
    }

    /// Moves equalities between the sides from the conditions to the keys; those that can fail only when there are no others.
    private func takeKeys(of join: inout LogicalJoin, _ left: Set<Int>, _ right: Set<Int>) {
        for mayRaise in [false, true] where join.keys.isEmpty {
            var remaining: [Expression] = []
            for condition in join.conditions {
                if condition.canRaise == mayRaise, let key = Self.key(condition, left, right) {
                    join.keys.append(key)
                } else {
                    remaining.append(condition)
                }
            }
            join.conditions = remaining
        }
    }

    private static func key(_ condition: Expression, _ left: Set<Int>, _ right: Set<Int>) -> JoinKey? {
        guard let (one, other) = Catalog.equalitySides(condition) else { return nil }
        let (first, second) = (one.columnsRead, other.columnsRead)
        guard !first.isEmpty, !second.isEmpty else { return nil }
        if first.isSubset(of: left), second.isSubset(of: right) { return JoinKey(left: one, right: other) }
        if first.isSubset(of: right), second.isSubset(of: left) { return JoinKey(left: other, right: one) }
        return nil
    }

    // MARK: Inner joins

    /// Tables of nested inner joins, in written order, and all their conjuncts.
    private struct Group {
        var tables: [LogicalPlan] = []
        var conjuncts: [Expression]
    }

    private func inner(_ plans: [LogicalPlan], _ conjuncts: [Expression]) throws(Diagnostic) -> LogicalPlan {
        var group = Group(conjuncts: conjuncts)
        for plan in plans { gather(plan, into: &group) }
        // An outer join that has become inner brings new conjuncts, which may turn another one.
        while let index = group.tables.firstIndex(where: { isTurned($0, by: group.conjuncts) }) {
            guard case .join(var join) = group.tables.remove(at: index) else { break }
            join.kind = .inner
            var opened = Group(conjuncts: group.conjuncts)
            gather(.join(join), into: &opened)
            group.tables.insert(contentsOf: opened.tables, at: index)
            group.conjuncts = opened.conjuncts
        }
        group.conjuncts = Self.merged(group.conjuncts, [])
        return try joined(group)
    }

    private func isTurned(_ plan: LogicalPlan, by conjuncts: [Expression]) -> Bool {
        guard case .join(let join) = plan, join.kind == .left else { return false }
        let right = join.right.columns
        return conjuncts.contains { $0.rejectsNull(of: right) }
    }

    private func gather(_ plan: LogicalPlan, into group: inout Group) {
        switch plan {
        case .join(let join) where join.kind == .inner:
            gather(join.left, into: &group)
            gather(join.right, into: &group)
            group.conjuncts += join.conditions
        case .filter(let input, let conjuncts):
            gather(input, into: &group)
            group.conjuncts += conjuncts
        default: group.tables.append(plan)
        }
    }

    private func joined(_ group: Group) throws(Diagnostic) -> LogicalPlan {
        let columns = group.tables.map(\.columns)
        var remaining = group.conjuncts
        var tables: [LogicalPlan] = []
        for (index, table) in group.tables.enumerated() {
            // A conjunct without columns (FALSE) falls into the first table.
            let (falling, staying) = split(remaining) { $0.isSubset(of: columns[index]) }
            remaining = staying
            tables.append(try normalise(table, falling))
        }
        var plan = tables[0]
        var known = columns[0]
        var waiting = Array(tables.indices.dropFirst())
        while !waiting.isEmpty {
            let (index, keys) = try next(waiting, columns, known, &remaining, group)
            waiting.removeAll { $0 == index }
            known.formUnion(columns[index])
            let (residual, staying) = split(remaining) { $0.isSubset(of: known) }
            remaining = staying
            plan = .join(
                LogicalJoin(
                    kind: .inner,
                    left: plan,
                    right: tables[index],
                    keys: keys,
                    conditions: residual,
                    location: group.tables[index].location
                )
            )
        }
        return filtered(plan, remaining)
    }

    /// The first waiting table that an equality connects, with its keys taken out of `conjuncts`.
    private func next(
        _ waiting: [Int],
        _ columns: [Set<Int>],
        _ known: Set<Int>,
        _ conjuncts: inout [Expression],
        _ group: Group
    ) throws(Diagnostic) -> (index: Int, keys: [JoinKey]) {
        for mayRaise in [false, true] {
            for index in waiting {
                var keys: [JoinKey] = []
                var remaining: [Expression] = []
                for conjunct in conjuncts {
                    if conjunct.canRaise == mayRaise, let key = Self.key(conjunct, known, columns[index]) {
                        keys.append(key)
                    } else {
                        remaining.append(conjunct)
                    }
                }
                if keys.isEmpty { continue }
                conjuncts = remaining
                return (index, keys)
            }
        }
        throw RefusedConstruct.crossJoin.diagnostic(at: group.tables[waiting[0]].location)
    }
}
