import Expressions
import Relational

extension ExpressionBinder {
    mutating func bind(_ call: CallSyntax, at location: Int?) throws(Diagnostic) -> Expression {
        if Self.isAggregate(call.name) { return try aggregate(call, at: location) }
        if Self.unsupportedAggregates.contains(call.name) {
            throw Diagnostic(
                .notSupported,
                "aggregate function \(call.name) is not supported yet",
                hint: "docs/sql.md lists those that are",
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
        if call.isDistinct || !call.order.isEmpty {
            throw Diagnostic(
                .init(rawValue: "42809"),
                "\(call.isDistinct ? "DISTINCT" : "ORDER BY") specified, but \(call.name) is not an aggregate function",
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

    /// Aggregates of Postgres that are not maintained yet.
    static let unsupportedAggregates: Set<String> = [
        "any_value", "bit_and", "bit_or", "bit_xor", "bool_and", "bool_or", "corr", "covar_pop",
        "covar_samp", "every", "mode",
        "percentile_cont", "percentile_disc", "range_agg", "regr_slope", "stddev", "stddev_pop", "stddev_samp",
        "var_pop", "var_samp", "variance", "xmlagg",
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
        case .column, .star, .literal, .subquery: []
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
        case .call(let call): call.arguments + (call.filter.map { [$0] } ?? []) + call.order.map(\.value)
        }
    }

    /// The subqueries in it, not those within them.
    var subqueries: [(select: SelectSyntax, location: Int?)] {
        if case .subquery(let select) = kind { return [(select, location)] }
        return operands.flatMap(\.subqueries)
    }
}
