import Expressions
import Relational
import ViewPlan

/// A total order of expressions and aggregates, by what they are alone: the same in every view and in every process.
enum CanonicalOrder {
    /// Bare columns come first, by position.
    static func precedes(_ left: Expression, _ right: Expression) -> Bool {
        switch (left.columnIndex, right.columnIndex) {
        case (let one?, let other?): one < other
        case (_?, nil): true
        case (nil, _?): false
        case (nil, nil): text(left) < text(right)
        }
    }

    static func precedes(_ left: AggregateCall, _ right: AggregateCall) -> Bool {
        key(left).lexicographicallyPrecedes(key(right))
    }

    private static func key(_ call: AggregateCall) -> [Int] {
        let rank = AggregateFunction.allCases.firstIndex(of: call.function) ?? 0
        let order = call.order.flatMap { [$0.column, $0.isDescending ? 1 : 0, $0.nullsFirst ? 1 : 0] }
        return [rank, call.argument ?? -1, call.filter ?? -1, call.second ?? -1, call.isDistinct ? 1 : 0] + order
    }

    /// A text that only equal expressions share.
    static func text(_ expression: Expression) -> String {
        let operands = { expression.operands.map(text).joined(separator: ",") }
        return switch expression {
        case .column(let index, let type): "$\(index):\(self.type(type))"
        case .constant(let datum, let type): "\(datum):\(self.type(type))"
        case .call(let function, _, let type): "\(function)(\(operands())):\(self.type(type))"
        case .and: "and(\(operands()))"
        case .or: "or(\(operands()))"
        case .not: "not(\(operands()))"
        case .isNull: "isNull(\(operands()))"
        case .isNotDistinct: "isNotDistinct(\(operands()))"
        case .conditional(_, _, let type): "case(\(operands())):\(self.type(type))"
        case .coalesce(_, let type): "coalesce(\(operands())):\(self.type(type))"
        }
    }

    private static func type(_ type: ScalarType) -> String {
        "\(type.oid).\(type.typmod).\(type.collation?.name ?? "")"
    }
}
