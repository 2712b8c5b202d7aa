public import Relational

extension Catalog {
    /// Why a function of that name is refused on purpose; nil for every other name.
    static func refusal(ofFunction name: String) -> ResolutionError? {
        if currentTimeFunctions.contains(name) {
            return .notSupported(
                "function \(name)() is not supported in a view",
                detail: "Its value changes without a change in the source.",
                hint: "filter by time where the view is read"
            )
        }
        if volatileFunctions.contains(name) {
            return .notSupported(
                "function \(name)() is not supported in a view",
                detail: "It is volatile: two evaluations over the same rows differ."
            )
        }
        return nil
    }

    private static let currentTimeFunctions: Set<String> = [
        "now", "current_date", "current_time", "current_timestamp", "localtime", "localtimestamp",
        "transaction_timestamp", "statement_timestamp",
    ]

    private static let volatileFunctions: Set<String> = [
        "random", "clock_timestamp", "timeofday", "gen_random_uuid", "nextval", "currval", "lastval", "setval",
        "txid_current", "pg_current_xact_id", "pg_sleep",
    ]

    /// `date('2024-05-31')` and the like: a type's name called with one literal is a cast.
    static func conversionCall(_ name: String, _ arguments: [Expression]) throws(ResolutionError) -> Expression? {
        guard arguments.count == 1, PostgresCatalog.typesByName[name] != nil else { return nil }
        let argument = arguments[0]
        let source = typeName(of: argument.type)
        let isExact = PostgresCatalog.functions[name]?.contains { $0.parameters == [source] } ?? false
        // Postgres takes a cast that changes no bits, or one through text.
        guard !isExact, source == "unknown" || source == name || isTextCast(source, name) else { return nil }
        return try cast(argument, to: scalarType(named: name), .explicit)
    }

    /// Whether the cast has no function of its own and goes through output and input.
    private static func isTextCast(_ source: String, _ target: String) -> Bool {
        PostgresCatalog.casts[.init(source: source, target: target)] == nil
            && (CandidateSelection.category(of: source) == "S" || CandidateSelection.category(of: target) == "S")
    }

    /// The aggregate `name(argument)`; nil is `count(*)`. The argument comes back converted to the type the aggregate takes.
    public static func aggregate(
        _ name: String,
        _ argument: Expression?
    ) throws(ResolutionError) -> (function: AggregateFunction, argument: Expression?, resultType: ScalarType) {
        guard let candidates = PostgresCatalog.aggregates[name] else {
            throw .notSupported("aggregate function \(name) is not supported", hint: "docs/sql.md lists what is")
        }
        guard let argument else {
            guard name == "count" else {
                throw ResolutionError(
                    code: .init(rawValue: "42809"),
                    message: "\(name)(*) specified, but \(name) is not count"
                )
            }
            return (.countAll, nil, .int8)
        }
        if name == "count" {
            return (.count, argument.type.oid == .unknown ? try cast(argument, to: .text, .implicit) : argument, .int8)
        }
        let types = [typeName(of: argument.type)]
        let displayed = "\(name)(\(displayName(of: argument.type)))"
        let usable = candidates.filter { $0.parameters.count == 1 }
        let candidate: PostgresCatalog.Candidate
        switch CandidateSelection.select(usable, types, isOperator: false) {
        case .chosen(let chosen): candidate = chosen
        case .none:
            throw ResolutionError(
                code: .undefinedFunction,
                message: "function \(displayed) does not exist",
                hint: "add an explicit type cast to the argument"
            )
        case .ambiguous:
            throw ResolutionError(
                code: .ambiguousFunction,
                message: "function \(displayed) is not unique",
                hint: "add an explicit type cast to the argument"
            )
        }
        let parameter = scalarType(named: candidate.parameters[0])
        guard parameter.encoding != .opaque, let function = AggregateFunction(rawValue: name) else {
            throw .notSupported("function \(displayed) is not supported", hint: "docs/sql.md lists what is")
        }
        let converted = try cast(argument, to: parameter, .implicit)
        var result = scalarType(named: candidate.result)
        if isCollatable(result.oid) {
            let collation = try CollationState.of(converted)
            try collation.requireByteOrder("function \(displayed)")
            result.collation = collation.collation
        }
        return (function, converted, result)
    }
}
