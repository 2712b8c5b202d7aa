import Expressions
import ViewPlan

extension Binder {
    mutating func bind(_ select: SelectSyntax, _ outer: [CommonTable]) throws(Diagnostic) -> Query {
        depth += 1
        defer { depth -= 1 }
        if depth > Self.depthLimit { throw SyntaxDecoder.tooDeep(at: select.location) }
        let commonTables = try visible(select.commonTables, after: outer)
        let query = try body(select, commonTables)
        // What nothing reads must be right all the same.
        for common in commonTables.dropFirst(outer.count) where !isRead(common) { try check(common) }
        return query
    }

    private mutating func body(_ select: SelectSyntax, _ commonTables: [CommonTable]) throws(Diagnostic) -> Query {
        let item = try bind(select.from, commonTables)
        var plan = item.plan
        if let condition = select.condition {
            var binder = expressions(item.scope, .condition)
            let conjuncts = try binder.conjuncts(in: condition, of: "WHERE")
            if !conjuncts.isEmpty { plan = .filter(plan, conjuncts) }
        }
        let targets = try expanded(select.targets, item.scope)
        let isGrouped =
            select.hasGroupClause || select.having != nil
            || targets.contains { ExpressionBinder.hasAggregate($0.value) }
        let subqueries = try join(
            targets.flatMap(\.value.subqueries),
            to: &plan,
            Surroundings(scope: item.scope, commonTables: commonTables)
        )
        var query: Query
        if isGrouped {
            query = try grouped(select, targets, item.scope, plan, subqueries)
        } else {
            var binder = expressions(item.scope, .select)
            binder.subqueries = subqueries
            var columns: [Query.Column] = []
            for target in targets { columns.append(try column(target, &binder)) }
            query = Query(plan: plan, columns: columns)
        }
        return select.isDistinct ? try distinct(query) : query
    }

    func expressions(_ scope: Scope, _ clause: ExpressionBinder.Clause) -> ExpressionBinder {
        ExpressionBinder(scope: scope, types: types, clause: clause, nextColumn: nextColumn)
    }

    func visible(
        _ tables: [CommonTableSyntax],
        after outer: [CommonTable]
    ) throws(Diagnostic) -> [CommonTable] {
        var result = outer
        for (index, syntax) in tables.enumerated() {
            if tables[..<index].contains(where: { $0.name == syntax.name }) {
                throw Diagnostic(
                    .duplicateAlias,
                    "WITH query name \"\(syntax.name)\" specified more than once",
                    at: syntax.location
                )
            }
            result.append(CommonTable(syntax: syntax, visible: result))
        }
        return result
    }

    /// The SELECT list with `*` and `t.*` written out.
    private func expanded(_ targets: [TargetSyntax], _ scope: Scope) throws(Diagnostic) -> [BoundTarget] {
        var result: [BoundTarget] = []
        for target in targets {
            guard case .star(let qualifier) = target.value.kind else {
                result.append(
                    BoundTarget(name: OutputName.name(of: target), value: target.value, location: target.location)
                )
                continue
            }
            let columns =
                qualifier.isEmpty
                ? scope.columns : try scope.table(qualifier, at: target.value.location).columns
            for column in columns {
                result.append(
                    BoundTarget(
                        name: column.name,
                        value: target.value,
                        star: column,
                        location: target.location
                    )
                )
            }
        }
        return result
    }

    /// One column of the SELECT list; `star` is the column that a `*` stands for.
    struct BoundTarget {
        var name: String
        var value: ExpressionSyntax
        var star: ScopeColumn?
        var location: Int?
    }

    private func bind(_ target: BoundTarget, _ binder: inout ExpressionBinder) throws(Diagnostic) -> Expression {
        binder.uses = [:]
        if let star = target.star {
            star.value.forEachColumn {
                binder.uses[$0] = ExpressionBinder.ColumnUse(name: star.displayName, location: target.location)
            }
            return star.value
        }
        return try binder.decided(try binder.expression(target.value), at: target.location)
    }

    private func column(_ target: BoundTarget, _ binder: inout ExpressionBinder) throws(Diagnostic) -> Query.Column {
        Query.Column(name: target.name, value: try bind(target, &binder), location: target.location)
    }

    // MARK: GROUP BY

    private mutating func grouped(
        _ select: SelectSyntax,
        _ targets: [BoundTarget],
        _ scope: Scope,
        _ input: LogicalPlan,
        _ subqueries: [Int: Expression]
    ) throws(Diagnostic) -> Query {
        var plan = input
        var groups: [Expression] = []
        for syntax in select.groups {
            let group = try self.group(syntax, targets, scope)
            if !groups.contains(group) { groups.append(group) }
        }
        var grouping = try identified(groups, &plan, scope)
        var binder = expressions(scope, .select)
        binder.subqueries = subqueries
        binder.isGrouped = true
        var columns: [Query.Column] = []
        for target in targets {
            let value = try bind(target, &binder)
            columns.append(
                Query.Column(
                    name: target.name,
                    value: try grouping.rewrite(value, binder.uses, binder.aggregates),
                    location: target.location
                )
            )
        }
        var having: [Expression] = []
        if let syntax = select.having {
            binder.clause = .having
            binder.uses = [:]
            let condition = try binder.condition(syntax, of: "HAVING")
            having = try grouping.rewrite(condition, binder.uses, binder.aggregates).conjuncts
        }
        nextColumn = binder.nextColumn
        plan = .aggregate(
            LogicalAggregate(input: plan, groups: grouping.columns, calls: binder.aggregates)
        )
        return Query(plan: having.isEmpty ? plan : .filter(plan, having), columns: columns)
    }

    /// An expression of GROUP BY: a position in the SELECT list, an output name that is no input column, or an expression.
    private func group(
        _ syntax: ExpressionSyntax,
        _ targets: [BoundTarget],
        _ scope: Scope
    ) throws(Diagnostic) -> Expression {
        var binder = expressions(scope, .group)
        let value: Expression
        switch syntax.kind {
        case .literal(.integer(let position)):
            guard position >= 1, position <= targets.count else {
                throw Diagnostic(
                    .invalidColumnReference,
                    "GROUP BY position \(position) is not in select list",
                    at: syntax.location
                )
            }
            value = try bind(targets[Int(position) - 1], &binder)
        case .literal(let literal) where literal != .null:
            throw Diagnostic(
                .syntaxError,
                "non-integer constant in GROUP BY",
                hint: "leave it out: it does not change the groups",
                at: syntax.location
            )
        case .column(let parts)
        where parts.count == 1 && !scope.columns.contains(where: { $0.name == parts[0] })
            && targets.contains(where: { $0.name == parts[0] }):
            let matches = targets.filter { $0.name == parts[0] }
            var values: [Expression] = []
            for match in matches { values.append(try bind(match, &binder)) }
            guard let first = values.first, values.allSatisfy({ $0 == first }) else {
                throw Diagnostic(.ambiguousColumn, "GROUP BY \"\(parts[0])\" is ambiguous", at: syntax.location)
            }
            value = first
        default: value = try binder.decided(try binder.expression(syntax), at: syntax.location)
        }
        if let refusal = Catalog.equalityRefusal(value.type) { throw Diagnostic(refusal, at: syntax.location) }
        return value
    }

    /// Gives every group expression an identity, computing those that are more than a column.
    mutating func identified(
        _ groups: [Expression],
        _ plan: inout LogicalPlan,
        _ scope: Scope
    ) throws(Diagnostic) -> Grouping {
        var computed: [ComputedColumn] = []
        var identities: [Expression: Int] = [:]
        var columns: [Int] = []
        for group in groups {
            let id = group.columnIndex ?? freshColumn()
            if group.columnIndex == nil { computed.append(ComputedColumn(id: id, value: group)) }
            identities[group] = id
            columns.append(id)
        }
        if !computed.isEmpty { plan = .compute(plan, computed) }
        var dependent: Set<Int> = []
        for table in scope.tables where !table.primaryKey.isEmpty && table.primaryKey.allSatisfy(columns.contains) {
            for column in table.columns { if let id = column.value.columnIndex { dependent.insert(id) } }
        }
        return Grouping(identities: identities, columns: columns, dependent: dependent)
    }

    // MARK: DISTINCT

    /// DISTINCT is grouping by every output column.
    private mutating func distinct(_ query: Query) throws(Diagnostic) -> Query {
        var computed: [ComputedColumn] = []
        var groups: [Int] = []
        var columns = query.columns
        for index in columns.indices {
            let value = columns[index].value
            if let refusal = Catalog.equalityRefusal(value.type) {
                throw Diagnostic(refusal, at: columns[index].location)
            }
            let id: Int
            if let same = computed.first(where: { $0.value == value }) {
                id = same.id
            } else if let plain = value.columnIndex {
                id = plain
            } else {
                id = freshColumn()
                computed.append(ComputedColumn(id: id, value: value))
            }
            if !groups.contains(id) { groups.append(id) }
            columns[index].value = .column(id, value.type)
        }
        let input = computed.isEmpty ? query.plan : .compute(query.plan, computed)
        return Query(plan: .aggregate(LogicalAggregate(input: input, groups: groups, calls: [])), columns: columns)
    }
}
