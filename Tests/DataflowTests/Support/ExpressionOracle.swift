import BigInt
import Expressions
import Relational

/// Runs the expressions that `RandomPlan` writes, over plain values.
enum ExpressionOracle {
    static func value(_ expression: Expression, _ row: PlainRow) throws(EvaluationError) -> Datum {
        switch expression {
        case .column(let index, _): return row[index]
        case .constant(let value, _): return value
        case .isNull(let operand): return .bool(try value(operand, row).isNull)
        case .not(let operand):
            guard case .bool(let truth) = try value(operand, row) else { return .null }
            return .bool(!truth)
        case .and(let operands): return try connective(operands, row, decisive: false)
        case .or(let operands): return try connective(operands, row, decisive: true)
        case .coalesce(let operands, _):
            for operand in operands {
                let found = try value(operand, row)
                if !found.isNull { return found }
            }
            return .null
        case .conditional(let clauses, let otherwise, _):
            for clause in clauses where try value(clause.condition, row) == .bool(true) {
                return try value(clause.result, row)
            }
            return try value(otherwise, row)
        case .call(let function, let arguments, _): return try call(function, arguments, row)
        case .isNotDistinct: fatalError("RandomPlan writes no IS NOT DISTINCT FROM")
        }
    }

    private static func connective(
        _ operands: [Expression],
        _ row: PlainRow,
        decisive: Bool
    ) throws(EvaluationError) -> Datum {
        var isUnknown = false
        for operand in operands {
            switch try value(operand, row) {
            case .bool(decisive): return .bool(decisive)
            case .null: isUnknown = true
            default: break
            }
        }
        return isUnknown ? .null : .bool(!decisive)
    }

    private static func call(
        _ function: ScalarFunction,
        _ arguments: [Expression],
        _ row: PlainRow
    ) throws(EvaluationError) -> Datum {
        var values: [Datum] = []
        for argument in arguments { values.append(try value(argument, row)) }
        if values.contains(.null) { return .null }
        switch (function, values[0], values[1]) {
        case (.intLess, .int(let left), .int(let right)): return .bool(left < right)
        case (.intEqual, .int(let left), .int(let right)): return .bool(left == right)
        case (.int8Add, .int(let left), .int(let right)): return .int(left + right)
        case (.int8Divide, .int(let left), .int(let right)):
            guard right != 0 else { throw .divisionByZero }
            return .int(left / right)
        case (.floatLess, .float(let left), .float(let right)):
            // NaN is the greatest.
            return .bool(right.isNaN ? !left.isNaN : left < right)
        case (.bytesLess, .text(let left), .text(let right)):
            return .bool(left.utf8.lexicographicallyPrecedes(right.utf8))
        case (.numericLess, .numeric(let left), .numeric(let right)):
            return .bool(PlainNumeric.isLess(left, right))
        default: fatalError("RandomPlan writes no \(function)")
        }
    }
}

extension PlainNumeric {
    /// Postgres's order: −Infinity, numbers, Infinity, NaN.
    static func isLess(_ left: Numeric, _ right: Numeric) -> Bool {
        let (leftRank, rightRank) = (rank(left), rank(right))
        guard leftRank == 1, rightRank == 1, let left = parts(left), let right = parts(right) else {
            return leftRank < rightRank
        }
        let scale = max(left.scale, right.scale)
        return scaled(left, to: scale) < scaled(right, to: scale)
    }

    private static func rank(_ value: Numeric) -> Int {
        switch value {
        case .negativeInfinity: 0
        case .small, .large: 1
        case .positiveInfinity: 2
        case .nan: 3
        }
    }
}
