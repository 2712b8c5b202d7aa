import Expressions
import Relational
import ViewPlan

/// Turns a normalised plan into physical nodes: identities become positions, columns that nothing reads are left out.
///
/// Equal parts of different views come out equal: columns follow the order of the input, conjuncts, keys and aggregates a canonical one
/// that does not depend on how a view was written.
struct Lowering {
    let uniqueness: Uniqueness
    /// Hands out identities for join keys that are expressions.
    private var nextColumn: Int

    init(uniqueness: Uniqueness, nextColumn: Int) {
        self.uniqueness = uniqueness
        self.nextColumn = nextColumn
    }

    /// A physical node and the identity of each of its columns.
    struct Lowered {
        var node: PlanNode
        var identities: [Int]

        /// The position of each identity.
        var positions: [Int: Int] {
            Dictionary(identities.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        }

        /// An expression over identities as one over positions; every identity is there because it was asked for.
        func positioned(_ expression: Expression) -> Expression {
            let positions = positions
            return expression.mapColumns { positions[$0] ?? -1 }
        }
    }

    /// The node whose columns are `outputs`.
    mutating func lower(_ plan: LogicalPlan, outputs: [Expression]) -> PlanNode {
        var (plan, outputs) = (plan, outputs)
        if case .compute(let input, let computed) = plan {
            plan = input
            outputs = outputs.map { $0.substituting(Self.values(of: computed)) }
        }
        let lowered = lower(plan, outputs.reduce(into: []) { $0.formUnion($1.columnsRead) })
        return Self.project(lowered.node, outputs.map(lowered.positioned))
    }

    private mutating func lower(_ plan: LogicalPlan, _ needed: Set<Int>) -> Lowered {
        switch plan {
        case .scan(let scan): return lower(scan, needed)
        case .view(let view): return Lowered(node: view.root, identities: view.columns)
        case .filter(let input, let conjuncts):
            let read = conjuncts.reduce(into: needed) { $0.formUnion($1.columnsRead) }
            let lowered = lower(input, read)
            let predicate = Self.conjunction(conjuncts.map(lowered.positioned))
            return Lowered(
                node: .filter(Filter(input: lowered.node, predicate: predicate)),
                identities: lowered.identities
            )
        case .compute(let input, let computed): return lower(input, computed, needed)
        case .join(let join): return lower(join, needed)
        case .aggregate(let aggregate): return lower(aggregate, needed)
        }
    }

    // MARK: Scans and projections

    private func lower(_ scan: LogicalScan, _ needed: Set<Int>) -> Lowered {
        var kept = scan.columns.indices.filter { needed.contains(scan.columns[$0]) }
        if kept.isEmpty { kept = [scan.relation.primaryKey.first ?? 0] }
        kept.sort { scan.relation.columns[$0].attributeNumber < scan.relation.columns[$1].attributeNumber }
        let node = TableScan(
            relation: scan.relation.relationID,
            name: scan.relation.name,
            columns: kept.map { scan.relation.columns[$0] }
        )
        return Lowered(node: .scan(node), identities: kept.map { scan.columns[$0] })
    }

    private mutating func lower(
        _ input: LogicalPlan,
        _ computed: [ComputedColumn],
        _ needed: Set<Int>
    ) -> Lowered {
        let used = computed.filter { needed.contains($0.id) }
        let passed = needed.subtracting(computed.map(\.id))
        let lowered = lower(input, used.reduce(into: passed) { $0.formUnion($1.value.columnsRead) })
        return Self.extended(lowered, keeping: passed, with: used)
    }

    /// The kept columns in their order, then the computed ones in canonical order.
    private static func extended(
        _ lowered: Lowered,
        keeping passed: Set<Int>,
        with computed: [ComputedColumn]
    ) -> Lowered {
        let types = lowered.node.columns
        let kept = lowered.identities.indices.filter { passed.contains(lowered.identities[$0]) }
        let values = computed.map { (id: $0.id, value: lowered.positioned($0.value)) }
            .sorted { CanonicalOrder.precedes($0.value, $1.value) }
        if values.isEmpty, kept.count == types.count { return lowered }
        return Lowered(
            node: project(lowered.node, kept.map { .column($0, types[$0].type) } + values.map(\.value)),
            identities: kept.map { lowered.identities[$0] } + values.map(\.id)
        )
    }

    /// A projection, or the input itself when nothing would change.
    static func project(_ input: PlanNode, _ expressions: [Expression]) -> PlanNode {
        let types = input.columns
        let isIdentity =
            expressions.count == types.count
            && expressions.enumerated().allSatisfy { $1 == .column($0, types[$0].type) }
        if isIdentity { return input }
        let columns = expressions.map { expression in
            PlanColumn(
                type: expression.type,
                isNotNull: expression.isNeverNull { types.indices.contains($0) && types[$0].isNotNull }
            )
        }
        return .project(Projection(input: input, expressions: expressions, columns: columns))
    }

    /// The AND of conjuncts, FALSE when one is: first those that cannot fail, in canonical order, then the others as written.
    static func conjunction(_ conjuncts: [Expression]) -> Expression {
        if conjuncts.contains(.constant(.bool(false), .bool)) { return .constant(.bool(false), .bool) }
        var seen: Set<Expression> = []
        let distinct = conjuncts.filter { seen.insert($0).inserted }
        let safe = distinct.filter { !$0.canRaise }.sorted(by: CanonicalOrder.precedes)
        let ordered = safe + distinct.filter(\.canRaise)
        return ordered.count == 1 ? ordered[0] : .and(ordered)
    }

    // MARK: Joins

    private mutating func lower(_ join: LogicalJoin, _ needed: Set<Int>) -> Lowered {
        let read = join.conditions.reduce(into: needed) { $0.formUnion($1.columnsRead) }
        let (left, leftKey) = side(join.left, read, join.keys.map(\.left))
        let (right, rightKey) = side(join.right, read, join.keys.map(\.right))
        var pairs: [(left: Int, right: Int)] = []
        for (one, other) in zip(leftKey, rightKey) where !pairs.contains(where: { $0 == (one, other) }) {
            pairs.append((one, other))
        }
        pairs.sort { ($0.left, $0.right) < ($1.left, $1.right) }

        let both = Lowered(node: left.node, identities: left.identities + right.identities)
        let leftColumns = left.node.columns
        let rightColumns = right.node.columns.map {
            PlanColumn(type: $0.type, isNotNull: $0.isNotNull && join.kind == .inner)
        }
        var output = both.identities.indices.filter { needed.contains(both.identities[$0]) }
        if output.isEmpty { output = [pairs[0].left] }
        let columns = leftColumns + rightColumns
        let residual = join.conditions.isEmpty ? nil : Self.conjunction(join.conditions.map(both.positioned))
        let node = Join(
            kind: join.kind,
            left: left.node,
            right: right.node,
            leftKey: pairs.map(\.left),
            rightKey: pairs.map(\.right),
            residual: residual,
            output: output,
            columns: output.map { columns[$0] },
            leftKeyIsUnique: uniqueness.isUnique(pairs.map(\.left), in: left.node),
            rightKeyIsUnique: uniqueness.isUnique(pairs.map(\.right), in: right.node)
        )
        return Lowered(node: .join(node), identities: output.map { both.identities[$0] })
    }

    /// One side of a join with the positions of its keys; keys that are more than a column are computed, what nothing reads is dropped,
    /// since the side is kept as state.
    private mutating func side(
        _ plan: LogicalPlan,
        _ read: Set<Int>,
        _ keys: [Expression]
    ) -> (Lowered, keys: [Int]) {
        var computed: [ComputedColumn] = []
        var identities: [Int] = []
        for key in keys {
            if let id = key.columnIndex {
                identities.append(id)
            } else if let same = computed.first(where: { $0.value == key }) {
                identities.append(same.id)
            } else {
                computed.append(ComputedColumn(id: nextColumn, value: key))
                identities.append(nextColumn)
                nextColumn += 1
            }
        }
        let passed = read.union(identities).intersection(plan.columns)
        let lowered = lower(plan, computed.reduce(into: passed) { $0.formUnion($1.value.columnsRead) })
        let extended = Self.extended(lowered, keeping: passed, with: computed)
        let positions = extended.positions
        return (extended, identities.map { positions[$0] ?? -1 })
    }

    // MARK: Aggregates

    private mutating func lower(_ aggregate: LogicalAggregate, _ needed: Set<Int>) -> Lowered {
        var (input, values): (LogicalPlan, [Int: Expression]) = (aggregate.input, [:])
        if case .compute(let inner, let computed) = input { (input, values) = (inner, Self.values(of: computed)) }
        var calls = aggregate.calls.filter { needed.contains($0.id) }
        if calls.isEmpty, aggregate.groups.isEmpty {
            // One row without a column of its own: counting gives it one.
            calls = [
                LogicalAggregateCall(id: nextColumn, function: .countAll, argument: nil, filter: nil, resultType: .int8)
            ]
            nextColumn += 1
        }
        let types = Self.types(of: aggregate.groups, values, input)
        let groups = aggregate.groups.map { values[$0] ?? .column($0, types[$0] ?? .unknown) }
        let arguments = calls.flatMap { $0.expressions.map { $0.substituting(values) } }
        let read = (groups + arguments).reduce(into: Set<Int>()) { $0.formUnion($1.columnsRead) }
        let lowered = lower(input, read)

        // Plain columns stay where they are; anything computed needs a projection below, groups first.
        var slots = groups.map(lowered.positioned)
        let order = slots.indices.sorted { CanonicalOrder.precedes(slots[$0], slots[$1]) }
        slots = order.map { slots[$0] }
        for argument in arguments.map(lowered.positioned).sorted(by: CanonicalOrder.precedes)
        where !slots.contains(argument) {
            slots.append(argument)
        }
        let isPlain = slots.allSatisfy { $0.columnIndex != nil }
        let node = isPlain ? lowered.node : Self.project(lowered.node, slots)
        let position = { (expression: Expression) -> Int in
            let positioned = lowered.positioned(expression.substituting(values))
            return isPlain ? positioned.columnIndex ?? -1 : slots.firstIndex(of: positioned) ?? -1
        }
        let groupColumns = order.map { position(groups[$0]) }
        if calls.isEmpty, uniqueness.isUnique(groupColumns, in: node) {
            // No two rows share their group: the groups are the rows.
            let types = node.columns
            return Lowered(
                node: Self.project(node, groupColumns.map { .column($0, types[$0].type) }),
                identities: order.map { aggregate.groups[$0] }
            )
        }
        let physical = calls.map { (id: $0.id, call: Self.physical($0, position)) }
            .sorted { CanonicalOrder.precedes($0.call, $1.call) }
        let inputColumns = node.columns
        let columns =
            groupColumns.map { inputColumns[$0] }
            + physical.map {
                PlanColumn(
                    type: $0.call.resultType,
                    isNotNull: $0.call.function == .count || $0.call.function == .countAll
                )
            }
        return Lowered(
            node: .aggregate(
                Aggregate(input: node, groupColumns: groupColumns, calls: physical.map(\.call), columns: columns)
            ),
            identities: order.map { aggregate.groups[$0] } + physical.map(\.id)
        )
    }

    private static func physical(_ call: LogicalAggregateCall, _ position: (Expression) -> Int) -> AggregateCall {
        AggregateCall(
            function: call.function,
            argument: call.argument.map(position),
            second: call.second.map(position),
            order: call.order.map {
                AggregateOrder(
                    column: position($0.value),
                    isDescending: $0.isDescending,
                    nullsFirst: $0.nullsFirst
                )
            },
            isDistinct: call.isDistinct,
            filter: call.filter.map(position),
            resultType: call.resultType
        )
    }

    private static func values(of computed: [ComputedColumn]) -> [Int: Expression] {
        Dictionary(computed.map { ($0.id, $0.value) }, uniquingKeysWith: { first, _ in first })
    }

    /// The types of the group columns that are plain columns of `plan`.
    private static func types(of groups: [Int], _ values: [Int: Expression], _ plan: LogicalPlan) -> [Int: ScalarType] {
        var result: [Int: ScalarType] = [:]
        plan.forEachTypedColumn { id, type in result[id] = type }
        return result
    }
}

extension LogicalPlan {
    /// Calls `body` with every column of the rows and its type.
    func forEachTypedColumn(_ body: (Int, ScalarType) -> Void) {
        switch self {
        case .scan(let scan):
            for (id, column) in zip(scan.columns, scan.relation.columns) { body(id, column.type) }
        case .view(let view):
            for (id, column) in zip(view.columns, view.root.columns) { body(id, column.type) }
        case .filter(let input, _): input.forEachTypedColumn(body)
        case .compute(let input, let computed):
            input.forEachTypedColumn(body)
            for column in computed { body(column.id, column.value.type) }
        case .join(let join):
            join.left.forEachTypedColumn(body)
            join.right.forEachTypedColumn(body)
        case .aggregate(let aggregate):
            let groups = Set(aggregate.groups)
            aggregate.input.forEachTypedColumn { if groups.contains($0) { body($0, $1) } }
            for call in aggregate.calls { body(call.id, call.resultType) }
        }
    }
}
