public import Relational

extension Catalog {
    /// `expression` converted to `type`, its modifier applied: numeric(p,s) rounds, varchar(n) cuts when asked for explicitly.
    ///
    /// An undecided literal is parsed now; a NULL takes the type.
    public static func cast(
        _ expression: Expression,
        to type: ScalarType,
        _ context: CastContext
    ) throws(ResolutionError) -> Expression {
        var bare = type
        bare.typmod = -1
        bare.name = displayName(of: type)
        let source = expression.type
        let target = typeName(of: type)
        var value = expression
        if source.oid == .unknown {
            value = try literal(expression, as: bare)
        } else if source.oid != type.oid {
            value = try convert(expression, from: typeName(of: source), to: target, bare, context)
        } else if type.typmod < 0 {
            return expression
        }
        if type.typmod < 0 || (value.type.oid == type.oid && value.type.typmod == type.typmod) { return value }
        return try applyTypmod(value, type, context)
    }

    /// `expression COLLATE collation`.
    public static func collate(_ expression: Expression, _ collation: Collation) throws(ResolutionError) -> Expression {
        let value = expression.type.oid == .unknown ? try cast(expression, to: .text, .implicit) : expression
        guard isCollatable(value.type.oid) else {
            throw ResolutionError(
                code: .datatypeMismatch,
                message: "collations are not supported by type \(displayName(of: value.type))"
            )
        }
        var type = value.type
        type.collation = collation
        return .call(.collate, [value], type)
    }

    /// Whether `cast` of a value of `source` to `target` is possible in `context` in Postgres.
    static func canCast(_ source: String, _ target: String, _ context: CastContext) -> Bool {
        if source == target || source == "unknown" { return true }
        if let entry = PostgresCatalog.casts[.init(source: source, target: target)] { return entry.context <= context }
        if context >= .assignment, CandidateSelection.category(of: target) == "S" { return true }
        return context == .explicit && CandidateSelection.category(of: source) == "S"
    }

    private static func convert(
        _ expression: Expression,
        from source: String,
        to target: String,
        _ type: ScalarType,
        _ context: CastContext
    ) throws(ResolutionError) -> Expression {
        guard canCast(source, target, context) else {
            throw ResolutionError(
                code: .cannotCoerce,
                message: "cannot cast type \(displayName(of: expression.type)) to \(displayName(of: type))",
                hint: context < .explicit && canCast(source, target, .explicit) ? "write the cast explicitly" : nil
            )
        }
        guard let function = conversion(from: expression.type, to: type) else {
            throw .notSupported(
                "the cast from \(displayName(of: expression.type)) to \(displayName(of: type)) is not supported",
                hint: "docs/sql.md lists the casts that are"
            )
        }
        var result = type
        if isCollatable(result.oid) { result.collation = type.collation ?? expression.type.collation }
        return .call(function, [expression], result)
    }

    /// The function that converts, or nil when Leftfold has none.
    static func conversion(from source: ScalarType, to target: ScalarType) -> ScalarFunction? {
        if source.oid == .json, target.oid == .jsonb { return .toJSONB }
        if source.oid == .jsonb, target.oid == .json { return .toJSON }
        let key = PostgresCatalog.CastKey(source: typeName(of: source), target: typeName(of: target))
        if let entry = PostgresCatalog.casts[key] {
            guard target.encoding != .opaque else { return nil }
            if entry.isBinary { return source.encoding == target.encoding ? .relabel : nil }
            return Implementations.casts[entry.source] ?? conversionThroughText(from: source, to: target)
        }
        return conversionThroughText(from: source, to: target)
    }

    /// The cast through output and input functions that Postgres falls back on.
    private static func conversionThroughText(from source: ScalarType, to target: ScalarType) -> ScalarFunction? {
        if target.encoding == .text {
            return switch source.encoding {
            case .bool: .boolToText
            case .int2, .int4, .int8: .intToText
            case .float4: .float4ToText
            case .float8: .float8ToText
            case .numeric: .numericToText
            case .bytea: .byteaToText
            case .uuid: .uuidToText
            case .date: .dateToText
            case .timestamp: .timestampToText
            case .timestamptz: .timestamptzToText
            case .text, .jsonb, .opaque: .relabel
            }
        }
        guard source.encoding == .text else { return nil }
        return switch target.encoding {
        case .bool: .textToBool
        case .int2: .textToInt2
        case .int4: .textToInt4
        case .int8: .textToInt8
        case .float4: .textToFloat4
        case .float8: .textToFloat8
        case .numeric: .textToNumeric
        case .bytea: .textToBytea
        case .uuid: .textToUUID
        case .date: .textToDate
        case .timestamp: .textToTimestamp
        case .timestamptz: .textToTimestamptz
        case .text, .jsonb, .opaque: nil
        }
    }

    private static func applyTypmod(
        _ value: Expression,
        _ type: ScalarType,
        _ context: CastContext
    ) throws(ResolutionError) -> Expression {
        let function: ScalarFunction
        switch type.oid {
        case .numeric: function = .numericApplyTypmod
        case .varchar: function = context == .explicit ? .varcharCut : .varcharCheck
        case .timestamp, .timestamptz: function = .timestampApplyTypmod
        default:
            throw .notSupported("a cast to \(type.name) is not supported", hint: "cast to text instead")
        }
        if case .constant(.null, _) = value { return .constant(.null, type) }
        var result = type
        if isCollatable(result.oid) { result.collation = type.collation ?? value.type.collation }
        return .call(function, [value, .constant(.int(Int64(type.typmod)), .int4)], result)
    }

    // MARK: Literals

    private static func literal(_ expression: Expression, as type: ScalarType) throws(ResolutionError) -> Expression {
        guard case .constant(let datum, _) = expression, !datum.isNull else {
            if case .constant = expression { return .constant(.null, type) }
            throw ResolutionError(
                code: .datatypeMismatch,
                message: "could not determine the type of an expression",
                hint: "add an explicit type cast"
            )
        }
        guard case .text(let text) = datum else { return .constant(datum, type) }
        if type.oid == .json || type.oid == .jsonb {
            do {
                return .constant(try jsonLiteral(text, type), type)
            } catch {
                throw badLiteral(text, type, error)
            }
        }
        if type.encoding == .opaque && !takesLiterals(type) {
            throw .notSupported(
                "a literal of type \(displayName(of: type)) is not supported",
                detail:
                    "Leftfold compares such values by the text that Postgres prints, which a literal need not have.",
                hint: "cast the other side to text and compare with the text Postgres prints"
            )
        }
        do {
            return .constant(try TextInput.datum(text, as: type.encoding), type)
        } catch {
            throw badLiteral(text, type, error)
        }
    }

    /// Labels of an enum, and `character(n)`, whose literals are their own text.
    private static func takesLiterals(_ type: ScalarType) -> Bool {
        type.oid == .bpchar || PostgresCatalog.typesByOID[type.oid] == nil
    }

    private static func badLiteral(_ text: String, _ type: ScalarType, _ error: EvaluationError) -> ResolutionError {
        let name = displayName(of: type)
        switch error {
        case .numericValueOutOfRange, .integerOutOfRange, .floatOverflow, .floatUnderflow:
            return ResolutionError(
                code: .init(rawValue: "22003"),
                message: "value \"\(text)\" is out of range for type \(name)"
            )
        case .datetimeFieldOverflow:
            return ResolutionError(
                code: .init(rawValue: "22008"),
                message: "date/time field value out of range: \"\(text)\""
            )
        case .untranslatableCharacter:
            return ResolutionError(
                code: .init(rawValue: error.sqlState),
                message: "unsupported Unicode escape sequence in a literal of type \(name)",
                hint: "\\u0000 cannot be stored as jsonb"
            )
        default:
            let isTime = type.oid == .date || type.oid == .timestamp || type.oid == .timestamptz
            return ResolutionError(
                code: isTime ? .init(rawValue: "22007") : .invalidLiteral,
                message: "invalid input syntax for type \(name): \"\(text)\"",
                hint: isTime ? "write it in ISO form, such as 2024-05-31 or 2024-05-31 23:59:59+00" : nil
            )
        }
    }
}
