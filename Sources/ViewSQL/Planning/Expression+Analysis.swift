import Expressions
import Relational

extension Expression {
    /// The columns that are read.
    var columnsRead: Set<Int> {
        var result: Set<Int> = []
        forEachColumn { result.insert($0) }
        return result
    }

    /// The index of a bare column.
    var columnIndex: Int? {
        if case .column(let index, _) = self { index } else { nil }
    }

    var isConstant: Bool {
        if case .constant = self { true } else { false }
    }

    /// The operands of nested ANDs in written order, without TRUE; FALSE comes first when one is FALSE or NULL.
    var conjuncts: [Expression] {
        var result: [Expression] = []
        var seen: Set<Expression> = []
        appendConjuncts(to: &result, &seen)
        let never: [Expression] = [.constant(.bool(false), .bool), .constant(.null, .bool)]
        let others = result.filter { !never.contains($0) }
        return others.count == result.count ? result : [never[0]] + others
    }

    private func appendConjuncts(to result: inout [Expression], _ seen: inout Set<Expression>) {
        if case .and(let operands) = self {
            for operand in operands { operand.appendConjuncts(to: &result, &seen) }
        } else if self != .constant(.bool(true), .bool), seen.insert(self).inserted {
            result.append(self)
        }
    }

    /// Direct operands in evaluation order.
    var operands: [Expression] {
        switch self {
        case .column, .constant: []
        case .call(_, let arguments, _): arguments
        case .and(let operands), .or(let operands), .coalesce(let operands, _): operands
        case .not(let operand), .isNull(let operand): [operand]
        case .isNotDistinct(let left, let right): [left, right]
        case .conditional(let clauses, let otherwise, _):
            clauses.flatMap { [$0.condition, $0.result] } + [otherwise]
        }
    }

    /// The same expression over replaced operands, which must be as many as `operands`.
    func replacingOperands(_ replace: (Expression) throws(Diagnostic) -> Expression) throws(Diagnostic) -> Expression {
        var replaced: [Expression] = []
        for operand in operands { replaced.append(try replace(operand)) }
        switch self {
        case .column, .constant: return self
        case .call(let function, _, let type): return .call(function, replaced, type)
        case .and: return .and(replaced)
        case .or: return .or(replaced)
        case .not: return .not(replaced[0])
        case .isNull: return .isNull(replaced[0])
        case .isNotDistinct: return .isNotDistinct(replaced[0], replaced[1])
        case .coalesce(_, let type): return .coalesce(replaced, type)
        case .conditional(let clauses, _, let type):
            let arms = clauses.indices.map {
                WhenClause(condition: replaced[2 * $0], result: replaced[2 * $0 + 1])
            }
            return .conditional(arms, otherwise: replaced[replaced.count - 1], type)
        }
    }

    /// The same expression with columns replaced by expressions.
    func substituting(_ values: [Int: Expression]) -> Expression {
        if case .column(let index, _) = self { return values[index] ?? self }
        // The closure throws nothing, so neither does the call.
        return (try? replacingOperands { $0.substituting(values) }) ?? self
    }

    // MARK: NULL

    /// Whether the value is never NULL, given what is known of the columns.
    func isNeverNull(_ isNotNull: (Int) -> Bool) -> Bool {
        switch self {
        case .column(let index, _): isNotNull(index)
        case .constant(let datum, _): !datum.isNull
        case .call(let function, let arguments, _):
            switch function {
            case .greatest, .least: arguments.contains { $0.isNeverNull(isNotNull) }
            case .jsonBuildObject, .jsonBuildArray, .jsonbBuildObject, .jsonbBuildArray: true
            default: function.keepsNotNull && arguments.allSatisfy { $0.isNeverNull(isNotNull) }
            }
        case .and(let operands), .or(let operands): operands.allSatisfy { $0.isNeverNull(isNotNull) }
        case .not(let operand): operand.isNeverNull(isNotNull)
        case .isNull, .isNotDistinct: true
        case .conditional(let clauses, let otherwise, _):
            otherwise.isNeverNull(isNotNull) && clauses.allSatisfy { $0.result.isNeverNull(isNotNull) }
        case .coalesce(let operands, _): operands.contains { $0.isNeverNull(isNotNull) }
        }
    }

    /// Whether a condition is never TRUE for a row in which all of `columns` are NULL.
    func rejectsNull(of columns: Set<Int>) -> Bool {
        switch self {
        case .constant(let datum, _): datum == .bool(false) || datum.isNull
        case .and(let operands): operands.contains { $0.rejectsNull(of: columns) }
        case .or(let operands): operands.allSatisfy { $0.rejectsNull(of: columns) }
        case .not(let operand):
            if case .isNull(let tested) = operand {
                tested.isNull(whenNull: columns)
            } else {
                isNull(whenNull: columns)
            }
        default: isNull(whenNull: columns)
        }
    }

    /// Whether the value is surely NULL for a row in which all of `columns` are NULL.
    func isNull(whenNull columns: Set<Int>) -> Bool {
        switch self {
        case .column(let index, _): columns.contains(index)
        case .constant(let datum, _): datum.isNull
        case .call(let function, let arguments, _):
            function.isStrict && arguments.contains { $0.isNull(whenNull: columns) }
        case .not(let operand): operand.isNull(whenNull: columns)
        case .and(let operands), .or(let operands), .coalesce(let operands, _):
            operands.allSatisfy { $0.isNull(whenNull: columns) }
        case .isNull, .isNotDistinct: false
        case .conditional(let clauses, let otherwise, _):
            otherwise.isNull(whenNull: columns) && clauses.allSatisfy { $0.result.isNull(whenNull: columns) }
        }
    }

    // MARK: Errors

    /// Whether some row could make the evaluation fail.
    var canRaise: Bool {
        if case .call(let function, let arguments, _) = self, !function.neverRaises(arguments) { return true }
        return operands.contains { $0.canRaise }
    }
}

extension ScalarFunction {
    /// Whether arguments that are not NULL always give a value: `extract` of an infinite date may be NULL.
    fileprivate var keepsNotNull: Bool {
        switch self {
        case .nullIf, .extractFromDate, .extractFromTimestamp, .extractFromTimestamptz, .partOfTimestamp,
            .partOfTimestamptz:
            false
        default: isStrict
        }
    }

    /// Whether the function has a value for every argument; a function that is not listed counts as able to fail.
    fileprivate func neverRaises(_ arguments: [Expression]) -> Bool {
        switch self {
        case .relabel, .collate, .greatest, .least, .nullIf: true
        case .intEqual, .intNotEqual, .intLess, .intLessOrEqual, .intGreater, .intGreaterOrEqual: true
        case .floatEqual, .floatNotEqual, .floatLess, .floatLessOrEqual, .floatGreater, .floatGreaterOrEqual: true
        case .numericEqual, .numericNotEqual, .numericLess, .numericLessOrEqual, .numericGreater,
            .numericGreaterOrEqual:
            true
        case .bytesEqual, .bytesNotEqual, .bytesLess, .bytesLessOrEqual, .bytesGreater, .bytesGreaterOrEqual: true
        case .blankPaddedEqual, .blankPaddedNotEqual: true
        case .floatNegate, .floatAbs, .floatFloor, .floatCeiling, .floatRound, .floatTruncate, .floatSign: true
        case .numericNegate, .numericAbs, .numericSign: true
        case .textLower, .textUpper, .asciiLower, .asciiUpper, .textLength, .blankPaddedLength, .byteCount: true
        case .trimBlanks, .trimLeadingBlanks, .trimTrailingBlanks, .trimCharacters, .trimLeadingCharacters,
            .trimTrailingCharacters, .trimBytes, .trimLeadingBytes, .trimTrailingBytes:
            true
        case .textPosition, .byteaPosition, .textStartsWith, .textLeft, .textRight, .textReverse: true
        case .textSubstringFrom, .byteaSubstringFrom: true
        case .dateIsFinite, .timestampIsFinite, .dateToTimestampForComparison, .timestampToDate: true
        case .intToFloat4, .intToFloat8, .intToNumeric, .intToBool, .float4ToNumeric, .float8ToNumeric: true
        case .boolToText, .intToText, .float4ToText, .float8ToText, .numericToText, .byteaToText, .uuidToText,
            .dateToText, .timestampToText, .timestamptzToText, .varcharCut:
            true
        case .textLike, .textNotLike: Self.isPlainPattern(arguments.last)
        case .toJSON, .jsonBuildArray: true
        case .toJSONB, .jsonbBuildArray: arguments.allSatisfy { $0.type.oid == .jsonb || $0.type.encoding != .opaque }
        case .jsonBuildObject, .jsonbBuildObject:
            // A key that may be NULL raises; so may a json value that becomes jsonb.
            arguments.indices.allSatisfy { index in
                index % 2 == 0
                    ? arguments[index].isNeverNull { _ in false }
                    : self == .jsonBuildObject || arguments[index].type.encoding != .opaque
            }
        default: false
        }
    }

    /// A pattern that cannot end in an escape character.
    private static func isPlainPattern(_ pattern: Expression?) -> Bool {
        guard case .constant(.text(let text), _)? = pattern else { return false }
        return !text.utf8.contains(UInt8(ascii: "\\"))
    }
}
