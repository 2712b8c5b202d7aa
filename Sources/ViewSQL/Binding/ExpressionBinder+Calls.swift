import Expressions
import Relational

extension ExpressionBinder {
    mutating func bind(_ call: CallSyntax, at location: Int?) throws(Diagnostic) -> Expression {
        if Self.isAggregate(call.name) { return try aggregate(call, at: location) }
        if Self.unsupportedAggregates.contains(call.name) {
            throw Diagnostic(
                .notSupported,
                "aggregate function \(call.name) is not supported yet",
                hint: "count, sum, avg, min and max are",
                at: location
            )
        }
        if Self.setReturning.contains(call.name) {
            throw RefusedConstruct.setReturningFunctions.diagnostic(at: location)
        }
        if call.filter != nil {
            throw Diagnostic(
                .init(rawValue: "42809"),
                "FILTER specified, but \(call.name) is not an aggregate function",
                at: location
            )
        }
        if call.isStar {
            throw Diagnostic(
                .init(rawValue: "42809"),
                "\(call.name)(*) specified, but \(call.name) is not an aggregate function",
                at: location
            )
        }
        var arguments: [Expression] = []
        for argument in call.arguments { arguments.append(try bind(argument)) }
        let bound = arguments
        return try resolving(at: location) { () throws(ResolutionError) in
            try Catalog.call(function: call.name, bound)
        }
    }

    static func isAggregate(_ name: String) -> Bool { AggregateFunction(rawValue: name) != nil && name != "countAll" }

    /// Whether an aggregate stands anywhere in the expression.
    static func hasAggregate(_ syntax: ExpressionSyntax) -> Bool {
        if case .call(let call) = syntax.kind, isAggregate(call.name) { return true }
        return syntax.operands.contains(where: hasAggregate)
    }

    /// Collects the aggregate and stands its result's identity in its place; equal ones are one.
    private mutating func aggregate(_ call: CallSyntax, at location: Int?) throws(Diagnostic) -> Expression {
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
        if !call.isStar, call.arguments.isEmpty {
            throw Diagnostic(
                .init(rawValue: "42809"),
                "\(call.name)(*) must be used to call a parameterless aggregate function",
                hint: call.name == "count" ? "write count(*)" : "\(call.name) takes one argument",
                at: location
            )
        }
        if call.arguments.count > 1 {
            throw Diagnostic(
                .init(rawValue: "42883"),
                "aggregate function \(call.name) takes one argument, not \(call.arguments.count)",
                at: location
            )
        }
        let outer = (clause: clause, uses: uses)
        clause = .aggregateArgument
        let argument = try call.arguments.first.map { (syntax) throws(Diagnostic) in try expression(syntax) }
        clause = .aggregateFilter
        let filter = try call.filter.map { (syntax) throws(Diagnostic) in try condition(syntax, of: "FILTER") }
        (clause, uses) = outer
        let resolved = try resolving(at: location) { () throws(ResolutionError) in
            try Catalog.aggregate(call.name, argument)
        }
        let folded = resolved.argument?.folded()
        // TRUE filters nothing.
        let kept = filter == .constant(.bool(true), .bool) ? nil : filter
        if let same = aggregates.first(where: {
            $0.function == resolved.function && $0.argument == folded && $0.filter == kept
        }) {
            return .column(same.id, same.resultType)
        }
        let id = nextColumn
        nextColumn += 1
        aggregates.append(
            LogicalAggregateCall(
                id: id,
                function: resolved.function,
                argument: folded,
                filter: kept,
                resultType: resolved.resultType
            )
        )
        return .column(id, resolved.resultType)
    }

    /// Aggregates of Postgres that are not maintained yet.
    static let unsupportedAggregates: Set<String> = [
        "any_value", "array_agg", "bit_and", "bit_or", "bit_xor", "bool_and", "bool_or", "corr", "covar_pop",
        "covar_samp", "every", "json_agg", "json_object_agg", "jsonb_agg", "jsonb_object_agg", "mode",
        "percentile_cont", "percentile_disc", "range_agg", "regr_slope", "stddev", "stddev_pop", "stddev_samp",
        "string_agg", "var_pop", "var_samp", "variance", "xmlagg",
    ]

    static let setReturning: Set<String> = [
        "generate_series", "generate_subscripts", "json_array_elements", "json_each", "json_each_text",
        "json_object_keys", "json_populate_recordset", "json_to_recordset", "jsonb_array_elements",
        "jsonb_array_elements_text", "jsonb_each", "jsonb_each_text", "jsonb_object_keys", "jsonb_path_query",
        "jsonb_populate_recordset", "jsonb_to_recordset", "regexp_matches", "regexp_split_to_table",
        "string_to_table", "unnest",
    ]
}

extension ExpressionSyntax {
    /// Direct operands.
    var operands: [ExpressionSyntax] {
        switch kind {
        case .column, .star, .literal: []
        case .operation(_, let left, let right): (left.map { [$0] } ?? []) + [right]
        case .and(let operands), .or(let operands), .coalesce(let operands), .extreme(let operands, _): operands
        case .not(let operand), .isNull(let operand, _), .isTruth(let operand, _, _), .cast(let operand, _),
            .collate(let operand, _):
            [operand]
        case .isDistinct(let left, let right, _), .nullIf(let left, let right): [left, right]
        case .between(let between): [between.value, between.low, between.high]
        case .isIn(let value, let list, _): [value] + list
        case .conditional(let conditional):
            (conditional.operand.map { [$0] } ?? []) + conditional.clauses.flatMap { [$0.condition, $0.result] }
                + (conditional.otherwise.map { [$0] } ?? [])
        case .call(let call): call.arguments + (call.filter.map { [$0] } ?? [])
        }
    }
}
