import Expressions
import Relational

extension ExpressionBinder {
    /// Collects the aggregate and stands its result's identity in its place; equal ones are one.
    mutating func aggregate(_ call: CallSyntax, at location: Int?) throws(Diagnostic) -> Expression {
        guard clause.allowsAggregates else {
            throw Diagnostic(
                .groupingError,
                clause == .aggregateArgument || clause == .aggregateFilter
                    ? "aggregate function calls cannot be nested"
                    : "aggregate functions are not allowed in \(clause.rawValue)",
                hint: clause == .condition ? "use HAVING" : nil,
                at: location
            )
        }
        try checkArguments(of: call, at: location)
        let outer = (clause: clause, uses: uses)
        clause = .aggregateArgument
        var arguments: [Expression] = []
        for argument in call.arguments { arguments.append(try expression(argument)) }
        let order = try self.order(of: call)
        clause = .aggregateFilter
        let filter = try call.filter.map { (syntax) throws(Diagnostic) in try condition(syntax, of: "FILTER") }
        (clause, uses) = outer
        var bound = try resolved(call, arguments, order, at: location)
        // TRUE filters nothing.
        bound.filter = filter == .constant(.bool(true), .bool) ? nil : filter
        if let filter = bound.filter { bound.guardExpressions(by: filter) }
        if let same = aggregates.first(where: { $0.isSame(as: bound) }) { return .column(same.id, same.resultType) }
        bound.id = nextColumn
        nextColumn += 1
        aggregates.append(bound)
        return .column(bound.id, bound.resultType)
    }

    private func checkArguments(of call: CallSyntax, at location: Int?) throws(Diagnostic) {
        let isList = AggregateFunction(rawValue: call.name)?.isList == true
        if call.isStar, isList {
            throw Diagnostic(
                .init(rawValue: "42883"),
                "function \(call.name)() does not exist",
                hint: "name what it collects, such as json_agg(json_build_object('id', t.id))",
                at: location
            )
        }
        if !call.isStar, call.arguments.isEmpty {
            throw Diagnostic(
                .init(rawValue: "42809"),
                "\(call.name)(*) must be used to call a parameterless aggregate function",
                hint: call.name == "count" ? "write count(*)" : "\(call.name) takes an argument",
                at: location
            )
        }
        if call.arguments.count > 1, !isList {
            throw Diagnostic(
                .init(rawValue: "42883"),
                "aggregate function \(call.name) takes one argument, not \(call.arguments.count)",
                at: location
            )
        }
    }

    /// The call with its types decided, without identity and filter.
    private func resolved(
        _ call: CallSyntax,
        _ arguments: [Expression],
        _ order: [LogicalAggregateOrder],
        at location: Int?
    ) throws(Diagnostic) -> LogicalAggregateCall {
        if let function = AggregateFunction(rawValue: call.name), function.isList {
            return try list(function, call, arguments, order, at: location)
        }
        let isExtreme = call.name == "min" || call.name == "max"
        if call.isDistinct, !isExtreme { throw RefusedConstruct.distinctAggregate.diagnostic(at: location) }
        // Neither the order of the rows nor, for extremes, their number changes the result.
        let resolved = try resolving(at: location) { () throws(ResolutionError) in
            try Catalog.aggregate(call.name, arguments.first)
        }
        return LogicalAggregateCall(
            id: -1,
            function: resolved.function,
            argument: resolved.argument?.folded(),
            resultType: resolved.resultType
        )
    }

    // MARK: Lists

    private func list(
        _ function: AggregateFunction,
        _ call: CallSyntax,
        _ arguments: [Expression],
        _ order: [LogicalAggregateOrder],
        at location: Int?
    ) throws(Diagnostic) -> LogicalAggregateCall {
        let resolved = try resolving(at: location) { () throws(ResolutionError) in
            try Catalog.listAggregate(function, arguments)
        }
        let values = resolved.arguments.map { $0.folded() }
        var result = LogicalAggregateCall(
            id: -1,
            function: function,
            argument: values[0],
            second: values.count > 1 ? values[1] : nil,
            resultType: resolved.resultType
        )
        result.isDistinct = call.isDistinct
        if call.isDistinct {
            result.order = try distinctOrder(values, arguments, order, at: location)
            return result
        }
        for (item, syntax) in zip(order, call.order) {
            if let refusal = Catalog.orderRefusal(item.value, in: call.name) {
                throw Diagnostic(refusal, at: syntax.value.location)
            }
            // A constant, or the same once more, orders nothing.
            let isKnown = item.value.isConstant || result.order.contains { $0.value == item.value }
            if !isKnown { result.order.append(item) }
        }
        return result
    }

    /// The order of distinct rows: ORDER BY, which may name arguments alone, then the other arguments.
    private func distinctOrder(
        _ values: [Expression],
        _ written: [Expression],
        _ order: [LogicalAggregateOrder],
        at location: Int?
    ) throws(Diagnostic) -> [LogicalAggregateOrder] {
        var result: [LogicalAggregateOrder] = []
        for item in order {
            guard let index = written.firstIndex(of: item.value) ?? values.firstIndex(of: item.value) else {
                throw Diagnostic(
                    .invalidColumnReference,
                    "in an aggregate with DISTINCT, ORDER BY expressions must appear in argument list",
                    at: location
                )
            }
            if let refusal = Catalog.orderRefusal(values[index], in: "an aggregate with DISTINCT") {
                throw Diagnostic(refusal, at: location)
            }
            if result.contains(where: { $0.value == values[index] }) { continue }
            var item = item
            item.value = values[index]
            result.append(item)
        }
        for value in values {
            if let refusal = Catalog.equalityRefusal(value.type) { throw Diagnostic(refusal, at: location) }
            if value.isConstant || result.contains(where: { $0.value == value }) { continue }
            result.append(LogicalAggregateOrder(value: value, isDescending: false, nullsFirst: false))
        }
        return result
    }

    private mutating func order(of call: CallSyntax) throws(Diagnostic) -> [LogicalAggregateOrder] {
        var result: [LogicalAggregateOrder] = []
        for item in call.order {
            let value = try decided(try expression(item.value), at: item.value.location)
            result.append(
                LogicalAggregateOrder(
                    value: value.folded(),
                    isDescending: item.isDescending,
                    nullsFirst: item.nullsFirst ?? item.isDescending
                )
            )
        }
        return result
    }
}

extension LogicalAggregateCall {
    /// Keeps what can fail from being evaluated for rows that FILTER leaves out.
    fileprivate mutating func guardExpressions(by filter: Expression) {
        let guarded = { (value: Expression) -> Expression in
            guard value.canRaise else { return value }
            let clause = Expression.WhenClause(condition: filter, result: value)
            return .conditional([clause], otherwise: .constant(.null, value.type), value.type)
        }
        argument = argument.map(guarded)
        second = second.map(guarded)
        for index in order.indices { order[index].value = guarded(order[index].value) }
    }
}
