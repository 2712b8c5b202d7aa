import Expressions
import Relational

/// Prints bound expressions for people, with the names of the columns they read.
struct ExpressionPrinter {
    /// What each input column is called.
    var names: [String]

    func text(_ expression: Expression) -> String { text(expression, inside: .weakest) }

    /// How firmly an operator binds: what stands inside a firmer one needs parentheses.
    private enum Binding: Int, Comparable {
        case weakest, or, and, not, comparison, concatenation, sum, product, firmest

        static func < (left: Binding, right: Binding) -> Bool { left.rawValue < right.rawValue }
    }

    private func text(_ expression: Expression, inside outer: Binding) -> String {
        let (text, binding) = printed(expression)
        return binding < outer ? "(\(text))" : text
    }

    private func printed(_ expression: Expression) -> (String, Binding) {
        switch expression {
        case .column(let index, _): return (names.indices.contains(index) ? names[index] : "$\(index)", .firmest)
        case .constant(let datum, let type): return (Self.literal(datum, type), .firmest)
        case .and(let operands): return (joined(operands, " AND ", .and), .and)
        case .or(let operands): return (joined(operands, " OR ", .or), .or)
        case .not(.isNull(let operand)): return ("\(text(operand, inside: .concatenation)) IS NOT NULL", .comparison)
        case .not(.isNotDistinct(let left, let right)):
            return (
                "\(text(left, inside: .concatenation)) IS DISTINCT FROM \(text(right, inside: .concatenation))",
                .comparison
            )
        case .not(let operand): return ("NOT \(text(operand, inside: .not))", .not)
        case .isNull(let operand): return ("\(text(operand, inside: .concatenation)) IS NULL", .comparison)
        case .isNotDistinct(let left, let right):
            return (
                "\(text(left, inside: .concatenation)) IS NOT DISTINCT FROM \(text(right, inside: .concatenation))",
                .comparison
            )
        case .coalesce(let operands, _): return ("COALESCE(\(joined(operands, ", ", .weakest)))", .firmest)
        case .conditional(let clauses, let otherwise, _):
            let arms = clauses.map { "WHEN \(text($0.condition)) THEN \(text($0.result)) " }.joined()
            return ("CASE \(arms)ELSE \(text(otherwise)) END", .firmest)
        case .call(let function, let arguments, let type): return call(function, arguments, type)
        }
    }

    private func joined(_ operands: [Expression], _ separator: String, _ binding: Binding) -> String {
        operands.map {
            text($0, inside: Binding(rawValue: binding.rawValue + (binding == .weakest ? 0 : 1)) ?? .firmest)
        }
        .joined(separator: separator)
    }

    private func call(
        _ function: ScalarFunction,
        _ arguments: [Expression],
        _ type: ScalarType
    ) -> (String, Binding) {
        let name = "\(function)"
        if function == .collate {
            return ("\(text(arguments[0], inside: .firmest)) COLLATE \"\(type.collation?.name ?? "")\"", .firmest)
        }
        if arguments.count == 2, let (symbol, binding) = Self.symbol(of: name) {
            let firmer = Binding(rawValue: binding.rawValue + 1) ?? .firmest
            let left = text(arguments[0], inside: binding == .comparison ? firmer : binding)
            return ("\(left) \(symbol) \(text(arguments[1], inside: firmer))", binding)
        }
        if arguments.count == 1, name.hasSuffix("Negate") {
            return ("-\(text(arguments[0], inside: .firmest))", .product)
        }
        if Self.names[function] == nil, Self.isConversion(name), let operand = arguments.first {
            return ("\(text(operand, inside: .firmest))::\(type.name)", .firmest)
        }
        return ("\(Self.names[function] ?? Self.snakeCase(name))(\(joined(arguments, ", ", .weakest)))", .firmest)
    }

    /// SQL's names of functions whose own name is another one.
    private static let names: [ScalarFunction: String] = [
        .textLower: "lower", .asciiLower: "lower", .textUpper: "upper", .asciiUpper: "upper", .textLength: "length",
        .blankPaddedLength: "length", .byteCount: "octet_length", .textSubstringFrom: "substring",
        .textSubstringFromFor: "substring", .byteaSubstringFrom: "substring", .byteaSubstringFromFor: "substring",
        .trimBlanks: "btrim", .trimLeadingBlanks: "ltrim", .trimTrailingBlanks: "rtrim", .trimCharacters: "btrim",
        .trimLeadingCharacters: "ltrim", .trimTrailingCharacters: "rtrim", .trimBytes: "btrim",
        .trimLeadingBytes: "ltrim", .trimTrailingBytes: "rtrim", .textPosition: "strpos", .byteaPosition: "position",
        .textStartsWith: "starts_with", .textLeft: "left", .textRight: "right", .textReverse: "reverse",
        .textReplace: "replace", .timestampTruncate: "date_trunc", .extractFromDate: "extract",
        .extractFromTimestamp: "extract", .extractFromTimestamptz: "extract", .partOfTimestamp: "date_part",
        .partOfTimestamptz: "date_part", .dateIsFinite: "isfinite", .timestampIsFinite: "isfinite",
        .floatFloor: "floor", .numericFloor: "floor", .floatCeiling: "ceil", .numericCeiling: "ceil",
        .floatRound: "round", .numericRound: "round", .numericRoundTo: "round", .floatTruncate: "trunc",
        .numericTruncate: "trunc", .numericTruncateTo: "trunc", .floatSign: "sign", .numericSign: "sign",
        .floatAbs: "abs", .numericAbs: "abs", .int2Abs: "abs", .int4Abs: "abs", .int8Abs: "abs", .nullIf: "nullif",
        .toJSON: "to_json", .toJSONB: "to_jsonb", .textLikeEscape: "like_escape", .byteaLikeEscape: "like_escape",
    ]

    private static func symbol(of name: String) -> (String, Binding)? {
        let operators: [(String, String, Binding)] = [
            ("NotEqual", "<>", .comparison), ("LessOrEqual", "<=", .comparison),
            ("GreaterOrEqual", ">=", .comparison), ("Equal", "=", .comparison), ("Less", "<", .comparison),
            ("Greater", ">", .comparison), ("NotLike", "NOT LIKE", .comparison), ("Like", "LIKE", .comparison),
            ("Concatenate", "||", .concatenation), ("AddDays", "+", .sum), ("AddDate", "+", .sum),
            ("SubtractDays", "-", .sum), ("SubtractDate", "-", .sum), ("Add", "+", .sum), ("Subtract", "-", .sum),
            ("Multiply", "*", .product), ("Divide", "/", .product), ("Modulo", "%", .product),
        ]
        return operators.first { name.hasSuffix($0.0) }.map { ($0.1, $0.2) }
    }

    private static func isConversion(_ name: String) -> Bool {
        name == "relabel" || name.hasSuffix("ApplyTypmod") || name == "varcharCut" || name == "varcharCheck"
            || (name.contains("To") && !name.hasSuffix("To"))
    }

    static func literal(_ datum: Datum, _ type: ScalarType) -> String {
        switch datum {
        case .null: return "NULL"
        case .bool(let value): return value ? "TRUE" : "FALSE"
        case .text(let text): return "'\(text.replacing("'", with: "''"))'"
        default: break
        }
        let text = LiteralText.text(datum, type)
        return switch (datum, type.encoding) {
        case (.int, .int2), (.int, .int4), (.int, .int8): text
        case (.numeric(.small(_, let scale)), _) where scale > 0: text
        default: "\(text)::\(type.name)"
        }
    }

    private static func snakeCase(_ name: String) -> String {
        name.reduce(into: "") { result, character in
            if character.isUppercase { result += "_" }
            result += character.lowercased()
        }
    }
}
