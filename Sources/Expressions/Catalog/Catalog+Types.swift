public import Relational

extension Catalog {
    /// The expressions converted to their one common type, as for CASE, COALESCE, IN lists, GREATEST and UNION.
    ///
    /// `construct` is the word that starts the error message. For CASE, Postgres looks at the ELSE result first: pass it first.
    public static func unify(
        _ expressions: [Expression],
        for construct: String
    ) throws(ResolutionError) -> (expressions: [Expression], type: ScalarType) {
        let type = try commonType(expressions.map(\.type), for: construct)
        var converted: [Expression] = []
        for expression in expressions {
            guard CandidateSelection.canConvertImplicitly(typeName(of: expression.type), to: typeName(of: type)) else {
                throw ResolutionError(
                    code: .cannotCoerce,
                    message: "\(construct) could not convert type \(displayName(of: expression.type)) "
                        + "to \(displayName(of: type))"
                )
            }
            converted.append(try cast(expression, to: type, .implicit))
        }
        var result = type
        if isCollatable(type.oid) { result.collation = try CollationState.combined(converted).collation }
        // A modifier survives only when all agree.
        let typmods = Set(converted.map(\.type.typmod))
        if typmods.count == 1, let first = converted.first?.type {
            result.typmod = first.typmod
            result.name = first.name
        }
        return (converted, result)
    }

    private static func commonType(
        _ types: [ScalarType],
        for construct: String
    ) throws(ResolutionError) -> ScalarType {
        guard var chosen = types.first else { return .text }
        if chosen.oid != .unknown, types.allSatisfy({ $0.oid == chosen.oid }) { return bare(chosen) }
        for next in types.dropFirst() where next.oid != .unknown && next.oid != chosen.oid {
            if chosen.oid == .unknown {
                chosen = next
                continue
            }
            let (held, other) = (typeName(of: chosen), typeName(of: next))
            let category = CandidateSelection.category(of: held)
            if category != CandidateSelection.category(of: other) {
                throw ResolutionError(
                    code: .datatypeMismatch,
                    message: "\(construct) types \(displayName(of: chosen)) and \(displayName(of: next)) "
                        + "cannot be matched"
                )
            }
            if !CandidateSelection.isPreferred(held, in: category),
                CandidateSelection.canConvertImplicitly(held, to: other),
                !CandidateSelection.canConvertImplicitly(other, to: held)
            {
                chosen = next
            }
        }
        return chosen.oid == .unknown ? scalarType(named: "text") : bare(chosen)
    }

    private static func bare(_ type: ScalarType) -> ScalarType {
        ScalarType(oid: type.oid, name: displayName(of: type), collation: type.collation, isEnum: type.isEnum)
    }

    /// Whether values of the type are equal exactly when the key encoder says so: usable in joins, GROUP BY, DISTINCT and `=`.
    public static func isEqualityComparable(_ type: ScalarType) -> Bool { equalityRefusal(type) == nil }

    /// Why values of the type cannot be compared for equality; nil when they can.
    public static func equalityRefusal(_ type: ScalarType) -> ResolutionError? {
        if type.encoding == .jsonb {
            return .notSupported(
                "equality of jsonb is not supported",
                detail: "1 and 1.0 are equal as jsonb and differ in print.",
                hint: "cast to text to compare the print"
            )
        }
        guard type.encoding == .opaque else { return nil }
        if type.oid == .bpchar, type.typmod >= 5 { return nil }
        if let entry = PostgresCatalog.typesByOID[type.oid] {
            var name = entry.name
            if name.hasPrefix("_"), let element = PostgresCatalog.typesByOID[entry.element] { name = element.name }
            if sameTextTypes.contains(name) { return nil }
        } else if !unequalTextNames.contains(type.name) {
            return nil
        }
        return .notSupported(
            "equality of \(displayName(of: type)) is not supported",
            detail: "Equal values of this type may print differently.",
            hint: "cast to text to compare the print"
        )
    }

    /// Whether the key encoder has Postgres's order of the type: usable with min, max and ORDER BY.
    public static func isOrderable(_ type: ScalarType) -> Bool {
        switch type.encoding {
        case .text: type.collation?.isByteOrder == true
        case .jsonb, .opaque: false
        default: true
        }
    }

    /// Built-in types carried as text whose values are equal exactly when they print alike.
    private static let sameTextTypes: Set<String> = [
        "bool", "int2", "int4", "int8", "text", "varchar", "bytea", "uuid", "date", "timestamp", "timestamptz", "char",
        "name", "oid", "xid", "cid", "tid", "xid8", "pg_lsn", "macaddr", "macaddr8", "inet", "cidr", "bit", "varbit",
        "time", "money", "int4range", "int8range", "daterange", "tsrange", "tstzrange",
    ]

    /// Types of known extensions for which that does not hold.
    private static let unequalTextNames: Set<String> = [
        "citext", "geometry", "geography", "cube", "seg", "ltree", "isbn", "isbn13", "semver",
    ]

    // MARK: Equality of types carried as text

    /// `=` and `<>` where a side has a type that Postgres does not bring along (an enum, a domain, an extension's type).
    static func userTypeEquality(
        _ name: String,
        _ arguments: [Expression]
    ) throws(ResolutionError) -> Expression? {
        guard name == "=" || name == "<>", arguments.count == 2 else { return nil }
        let types = arguments.map(\.type)
        guard
            let type = types.first(where: { $0.oid != .unknown && PostgresCatalog.typesByOID[$0.oid] == nil }),
            types.allSatisfy({ $0.oid == type.oid || $0.oid == .unknown })
        else { return nil }
        if let refusal = equalityRefusal(type) { throw refusal }
        var operands: [Expression] = []
        for argument in arguments { operands.append(try cast(argument, to: bare(type), .implicit)) }
        return .call(name == "=" ? .bytesEqual : .bytesNotEqual, operands, .bool)
    }

    /// `=` and `<>` of a built-in type carried as text.
    static func sameTextEquality(
        _ name: String,
        _ candidate: PostgresCatalog.Candidate,
        _ arguments: [Expression]
    ) throws(ResolutionError) -> Expression? {
        guard name == "=" || name == "<>", arguments.count == 2 else { return nil }
        guard let type = arguments.map(\.type).first(where: { $0.oid != .unknown }), type.encoding == .opaque,
            arguments.allSatisfy({ $0.type.oid == type.oid || $0.type.oid == .unknown })
        else { return nil }
        if let refusal = equalityRefusal(type) { throw refusal }
        var operands: [Expression] = []
        for argument in arguments { operands.append(try cast(argument, to: bare(type), .implicit)) }
        return .call(name == "=" ? .bytesEqual : .bytesNotEqual, operands, .bool)
    }
}
