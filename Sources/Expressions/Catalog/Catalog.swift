import Relational

/// What SQL names mean: operators, functions, casts and aggregates over the types that Leftfold computes with.
///
/// Overloads are chosen as PostgreSQL chooses them (`CandidateSelection`), over Postgres's own catalog (`PostgresCatalog`); what is
/// chosen and has no implementation is refused, never replaced by a neighbour. Undecided literals come in as constants of type
/// `unknown` and leave as constants of the type decided, their text checked. The time zone is UTC wherever one matters.
public enum Catalog {
    /// The expression `left name right`, or `name operand` for one argument; names as in `pg_operator` (`LIKE` is `~~`).
    public static func call(
        operator name: String,
        _ arguments: [Expression]
    ) throws(ResolutionError) -> Expression {
        if let equality = try userTypeEquality(name, arguments) { return equality }
        let types = arguments.map { typeName(of: $0.type) }
        let candidates = (PostgresCatalog.operators[name] ?? []).filter { $0.parameters.count == arguments.count }
        switch CandidateSelection.select(candidates, types, isOperator: true) {
        case .chosen(let candidate):
            let signature = operatorSignature(name, candidate.parameters.map(displayName))
            return try apply(candidate, named: name, signature: "operator " + signature, to: arguments)
        case .none: throw unresolved("operator", operatorSignature(name, arguments.map(displayName)), arguments)
        case .ambiguous:
            throw ambiguous("operator is not unique: \(operatorSignature(name, arguments.map(displayName)))")
        }
    }

    /// The expression `name(arguments)`; names in lower case, as in `pg_proc` (`EXTRACT` is `extract`, `TRIM` is `btrim`).
    public static func call(
        function name: String,
        _ arguments: [Expression]
    ) throws(ResolutionError) -> Expression {
        if let refusal = refusal(ofFunction: name) { throw refusal }
        if let expression = try jsonCall(name, arguments) { return expression }
        if let expression = try conversionCall(name, arguments) { return expression }
        let types = arguments.map { typeName(of: $0.type) }
        let displayed = "\(name)(\(arguments.map(displayName).joined(separator: ", ")))"
        guard let candidates = PostgresCatalog.functions[name] else {
            throw ResolutionError(
                code: .undefinedFunction,
                message: "function \(displayed) is not known",
                detail: "Leftfold knows the functions listed in docs/sql.md."
            )
        }
        switch CandidateSelection.select(candidates, types, isOperator: false) {
        case .chosen(let candidate):
            let signature = "\(name)(\(candidate.parameters.map(displayName).joined(separator: ", ")))"
            return try apply(candidate, named: name, signature: "function " + signature, to: arguments)
        case .none: throw unresolved("function", displayed, arguments)
        case .ambiguous: throw ambiguous("function \(displayed) is not unique")
        }
    }

    /// No operator or function takes the arguments; what takes a type that Postgres does not bring along is not known here.
    private static func unresolved(
        _ kind: String,
        _ signature: String,
        _ arguments: [Expression]
    ) -> ResolutionError {
        if let foreign = arguments.first(where: { typeName(of: $0.type).hasPrefix("oid ") }) {
            return .notSupported(
                "\(kind) \(signature) is not supported",
                detail: "Values of type \(foreign.type.name) are carried as text and compared for equality only.",
                hint: "cast to text"
            )
        }
        let isOperator = kind == "operator"
        return ResolutionError(
            code: .undefinedFunction,
            message: isOperator ? "operator does not exist: \(signature)" : "function \(signature) does not exist",
            hint: "add explicit type casts to the \(isOperator ? "operands" : "arguments")"
        )
    }

    private static func ambiguous(_ message: String) -> ResolutionError {
        ResolutionError(
            code: .ambiguousFunction,
            message: message,
            hint: "add explicit type casts to say which one is meant"
        )
    }

    // MARK: Applying a candidate

    private static func apply(
        _ candidate: PostgresCatalog.Candidate,
        named name: String,
        signature: String,
        to arguments: [Expression]
    ) throws(ResolutionError) -> Expression {
        let key = candidate.source == "-" ? "\(name)(\(candidate.parameters.joined(separator: ",")))" : candidate.source
        if key == "date_part(text,date)" {
            // Postgres defines it so: the field of the timestamp at midnight.
            let midnight = try cast(arguments[1], to: .timestamp, .implicit)
            return try call(function: "date_part", [arguments[0], midnight])
        }
        guard let implementation = Implementations.bySource[key] else {
            if let equality = try sameTextEquality(name, candidate, arguments) { return equality }
            throw .notSupported("\(signature) is not supported", hint: "docs/sql.md lists what is")
        }
        var converted: [Expression] = []
        for (index, argument) in arguments.enumerated() {
            var value = try coerce(argument, toParameter: candidate.parameters[index])
            if index < implementation.conversions.count, let conversion = implementation.conversions[index] {
                value = .call(conversion, [value], .timestamp)
            }
            converted.append(value)
        }
        let collation = try CollationState.combined(converted)
        if implementation.needsByteOrder { try collation.requireByteOrder(signature) }
        var result = scalarType(named: candidate.result)
        if isCollatable(result.oid) { result.collation = collation.collation }
        let function = try specialised(implementation.function, converted, collation, signature)
        try checkField(function, converted)
        return .call(function, converted, result)
    }

    private static func coerce(
        _ argument: Expression,
        toParameter parameter: String
    ) throws(ResolutionError) -> Expression {
        switch parameter {
        case "anynonarray": try cast(argument, to: .text, .explicit)
        case "bpchar" where argument.type.oid == .bpchar: argument
        default: try cast(argument, to: scalarType(named: parameter), .implicit)
        }
    }

    /// Case mapping follows the collation: ASCII under C and POSIX, Unicode under libc's UTF-8 locales.
    private static func specialised(
        _ function: ScalarFunction,
        _ arguments: [Expression],
        _ collation: CollationState,
        _ signature: String
    ) throws(ResolutionError) -> ScalarFunction {
        guard function == .textLower || function == .textUpper else { return function }
        let name = collation.collation?.name ?? "default"
        if name == "C" || name == "POSIX" { return function == .textLower ? .asciiLower : .asciiUpper }
        let language = name.prefix(2)
        if name.hasSuffix("-x-icu") || name == "unicode" || name == "und" || language == "tr" || language == "az" {
            throw .notSupported(
                "\(signature) is not supported under collation \"\(name)\"",
                detail: "Its case mapping is not the one of a libc UTF-8 locale.",
                hint: "add COLLATE \"C.UTF-8\""
            )
        }
        guard CaseMapping.isAvailable else {
            throw .notSupported(
                "\(signature) needs the locale C.UTF-8, which this machine does not have",
                hint: "install the locale, or add COLLATE \"C\" for ASCII letters alone"
            )
        }
        return function
    }

    /// A constant field name of `extract`, `date_part` and `date_trunc` is checked when the query is planned.
    private static func checkField(
        _ function: ScalarFunction,
        _ arguments: [Expression]
    ) throws(ResolutionError) {
        guard TimeField.isNamed(inFirstArgumentOf: function), case .constant(.text(let name), _) = arguments[0] else {
            return
        }
        let field = TimeField(name: name)
        if let field, field.isUsable(by: function) { return }
        let type = arguments[1].type.name
        throw ResolutionError(
            code: field == nil ? .invalidParameterValue : .notSupported,
            message: "unit \"\(name)\" \(field == nil ? "not recognized" : "not supported") for type \(type)"
        )
    }

    // MARK: Names

    static func operatorSignature(_ name: String, _ operands: [String]) -> String {
        operands.count == 1 ? "\(name) \(operands[0])" : "\(operands.first ?? "") \(name) \(operands.last ?? "")"
    }

    /// The `typname` of a built-in type; a name of its own for any other type, which nothing in the catalog takes.
    static func typeName(of type: ScalarType) -> String {
        if type.oid == .unknown { return "unknown" }
        return PostgresCatalog.typesByOID[type.oid]?.name ?? "oid \(type.oid)"
    }

    /// What `format_type` prints without a modifier.
    static func displayName(of type: ScalarType) -> String {
        if type.oid == .unknown { return "unknown" }
        return PostgresCatalog.typesByOID[type.oid]?.displayName ?? type.name
    }

    private static func displayName(_ argument: Expression) -> String { displayName(of: argument.type) }

    private static func displayName(_ typeName: String) -> String {
        PostgresCatalog.typesByName[typeName]?.displayName ?? typeName
    }

    static func scalarType(named name: String) -> ScalarType {
        guard let entry = PostgresCatalog.typesByName[name] else { return .unknown }
        return ScalarType(oid: entry.oid, name: entry.displayName)
    }

    static func isCollatable(_ oid: TypeOID) -> Bool {
        oid == .text || oid == .varchar || oid == .bpchar
    }
}
