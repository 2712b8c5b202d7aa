public import Relational

/// Aggregates that make one value out of a list of rows: what they take and give.
extension Catalog {
    /// The aggregate `name(arguments)`, its arguments converted to what it takes.
    public static func listAggregate(
        _ function: AggregateFunction,
        _ arguments: [Expression]
    ) throws(ResolutionError) -> (arguments: [Expression], resultType: ScalarType) {
        let name = function.rawValue
        let displayed = "\(name)(\(arguments.map { displayName(of: $0.type) }.joined(separator: ", ")))"
        guard arguments.count == function.argumentCount else {
            throw ResolutionError(code: .undefinedFunction, message: "function \(displayed) does not exist")
        }
        switch function {
        case .jsonAgg, .jsonbAgg:
            return ([try jsonValue(arguments[0], isPolymorphic: true)], json(function == .jsonAgg))
        case .jsonObjectAgg, .jsonbObjectAgg:
            return ([try jsonKey(arguments[0]), try jsonValue(arguments[1])], json(function == .jsonObjectAgg))
        case .arrayAgg: return (arguments, try arrayType(of: arguments[0].type, displayed))
        default: return try stringAggregate(arguments, displayed)
        }
    }

    private static func json(_ isJSON: Bool) -> ScalarType { scalarType(named: isJSON ? "json" : "jsonb") }

    private static func stringAggregate(
        _ arguments: [Expression],
        _ displayed: String
    ) throws(ResolutionError) -> (arguments: [Expression], resultType: ScalarType) {
        let candidates = PostgresCatalog.aggregates[AggregateFunction.stringAgg.rawValue] ?? []
        guard
            case .chosen(let candidate) = CandidateSelection.select(
                candidates,
                arguments.map { typeName(of: $0.type) },
                isOperator: false
            )
        else {
            throw ResolutionError(
                code: .undefinedFunction,
                message: "function \(displayed) does not exist",
                hint: "add an explicit type cast to text"
            )
        }
        var converted: [Expression] = []
        for (argument, parameter) in zip(arguments, candidate.parameters) {
            converted.append(try cast(argument, to: scalarType(named: parameter), .implicit))
        }
        var result = scalarType(named: candidate.result)
        if isCollatable(result.oid) { result.collation = try CollationState.combined(converted).collation }
        return (converted, result)
    }

    /// The array type with elements of `element`.
    private static func arrayType(of element: ScalarType, _ displayed: String) throws(ResolutionError) -> ScalarType {
        if element.oid == .unknown {
            throw ResolutionError(
                code: .datatypeMismatch,
                message: "could not determine polymorphic type because input has type unknown",
                hint: "add an explicit type cast"
            )
        }
        let entry = PostgresCatalog.types.first {
            $0.element == element.oid && CandidateSelection.isArray($0.name) && element.oid.rawValue != 0
        }
        guard let entry, !CandidateSelection.isArray(typeName(of: element)), entry.name != "_box" else {
            throw .notSupported("\(displayed) is not supported", hint: "cast the argument to text, or use json_agg")
        }
        return ScalarType(oid: entry.oid, name: entry.displayName)
    }

    /// Why rows cannot be put in the order of a value inside `construct`; nil when they can.
    public static func orderRefusal(_ value: Expression, in construct: String) -> ResolutionError? {
        if value.type.encoding == .text {
            do {
                try CollationState.of(value).requireByteOrder("ORDER BY in \(construct)")
                return nil
            } catch {
                return error
            }
        }
        if isOrderable(value.type) { return nil }
        return .notSupported(
            "ORDER BY of type \(displayName(of: value.type)) in \(construct) is not supported",
            detail: "Leftfold does not have the type's order.",
            hint: "order by another expression, such as the value's text under COLLATE \"C\""
        )
    }
}
