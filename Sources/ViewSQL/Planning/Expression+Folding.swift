import Expressions
import Relational

extension Expression {
    /// The same expression with constants folded where that cannot fail: boolean operators over constants, exact conversions of
    /// integers, and equalities with their constant on the right.
    ///
    /// A conversion that could fail stays, so that it fails on the rows that reach it and not at plan time.
    func folded() -> Expression {
        // The closure throws nothing, so neither does the call.
        let expression = (try? replacingOperands { $0.folded() }) ?? self
        switch expression {
        case .not(.constant(let datum, _)):
            if case .bool(let value) = datum { return .constant(.bool(!value), .bool) }
            return .constant(.null, .bool)
        case .isNull(.constant(let datum, _)): return .constant(.bool(datum.isNull), .bool)
        case .and(let operands): return Self.folded(operands, deciding: false, Expression.and)
        case .or(let operands): return Self.folded(operands, deciding: true, Expression.or)
        case .call(let function, let arguments, let type): return Self.folded(function, arguments, type) ?? expression
        default: return expression
        }
    }

    /// AND and OR: drops operands that decide nothing; an operand that decides ends the list, since none after it is evaluated.
    private static func folded(
        _ operands: [Expression],
        deciding: Bool,
        _ make: ([Expression]) -> Expression
    ) -> Expression {
        let decided = Expression.constant(.bool(deciding), .bool)
        var kept: [Expression] = []
        for operand in operands where operand != .constant(.bool(!deciding), .bool) {
            kept.append(operand)
            if operand == decided { break }
        }
        if kept.last == decided, !kept.contains(where: \.canRaise) { return decided }
        if kept.isEmpty { return .constant(.bool(!deciding), .bool) }
        return kept.count == 1 ? kept[0] : make(kept)
    }

    private static func folded(
        _ function: ScalarFunction,
        _ arguments: [Expression],
        _ type: ScalarType
    ) -> Expression? {
        if arguments.count == 2, arguments[0].isConstant, !arguments[1].isConstant, function.isCommutativeComparison {
            return .call(function, [arguments[1], arguments[0]], type)
        }
        guard arguments.count == 1, case .constant(.int(let value), let source) = arguments[0], source.isInteger else {
            return nil
        }
        switch function {
        case .relabel where type.isInteger: return .constant(.int(value), type)
        case .intToNumeric where type.typmod < 0:
            return .constant(.numeric(.small(coefficient: Int128(value), scale: 0)), type)
        case .intToFloat8: return .constant(.float(Double(value)), type)
        default: return nil
        }
    }
}

extension ScalarType {
    fileprivate var isInteger: Bool { oid == .int2 || oid == .int4 || oid == .int8 }
}

extension ScalarFunction {
    fileprivate var isCommutativeComparison: Bool {
        switch self {
        case .intEqual, .intNotEqual, .floatEqual, .floatNotEqual, .numericEqual, .numericNotEqual, .bytesEqual,
            .bytesNotEqual, .blankPaddedEqual, .blankPaddedNotEqual:
            true
        default: false
        }
    }
}
