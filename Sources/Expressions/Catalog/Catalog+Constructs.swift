import Relational

/// Constructs of the grammar that stand for operators and functions.
extension Catalog {
    /// `NULLIF(left, right)`: the left operand of their `=`, or NULL when it is true.
    public static func nullIf(_ left: Expression, _ right: Expression) throws(ResolutionError) -> Expression {
        let equality = try call(operator: "=", [left, right])
        guard let (left, right) = sidesOfOneKind(equality) else {
            let value = try decided(left, as: right.type)
            return .conditional(
                [.init(condition: equality, result: .constant(.null, value.type))],
                otherwise: value,
                value.type
            )
        }
        return .call(.nullIf, [left, right], left.type)
    }

    /// `left IS NOT DISTINCT FROM right`.
    public static func isNotDistinct(_ left: Expression, _ right: Expression) throws(ResolutionError) -> Expression {
        let equality = try call(operator: "=", [left, right])
        guard sidesOfOneKind(equality) != nil, let (left, right) = equalitySides(equality) else {
            return .or([
                .and([.isNull(left), .isNull(right)]), .coalesce([equality, .constant(.bool(false), .bool)], .bool),
            ])
        }
        return .isNotDistinct(left, right)
    }

    /// `value IN (list)`: TRUE when any is equal, else NULL when any comparison is NULL.
    public static func isIn(_ value: Expression, _ list: [Expression]) throws(ResolutionError) -> Expression {
        // Postgres looks for one type for the value and the literals; columns in the list are compared one by one.
        let constants = list.filter(isConstant)
        var common: ScalarType?
        if constants.count > 1 {
            common = try? unify([value] + constants, for: "IN").type
        }
        var comparisons: [Expression] = []
        for item in list {
            var (left, right) = (value, item)
            if let common, isConstant(item) {
                left = try cast(value, to: common, .implicit)
                right = try cast(item, to: common, .implicit)
            }
            comparisons.append(try call(operator: "=", [left, right]))
        }
        return comparisons.count == 1 ? comparisons[0] : .or(comparisons)
    }

    /// `GREATEST(…)` or `LEAST(…)`: NULLs do not count.
    public static func extreme(
        _ arguments: [Expression],
        isGreatest: Bool
    ) throws(ResolutionError) -> Expression {
        let construct = isGreatest ? "GREATEST" : "LEAST"
        let (converted, type) = try unify(arguments, for: construct)
        if type.encoding == .text { try CollationState.combined(converted).requireByteOrder(construct) }
        guard isOrderable(type) else { throw .notSupported("\(construct) of \(type.name) is not supported") }
        return .call(isGreatest ? .greatest : .least, converted, type)
    }

    /// The two sides of an equality, brought to one type, when it holds exactly if the key encoder says their keys are equal; nil for
    /// every other expression. For finding join keys.
    public static func equalitySides(_ expression: Expression) -> (left: Expression, right: Expression)? {
        guard case .call(let function, let sides, _) = expression, sides.count == 2 else { return nil }
        switch function {
        case .intEqual, .floatEqual, .numericEqual, .bytesEqual: break
        default: return nil
        }
        let (left, right) = (sides[0], sides[1])
        if left.type.oid == right.type.oid { return (left, right) }
        // Equal slots of two types: give the narrower one the wider type's name.
        guard let common = widerType(left.type, right.type) else { return nil }
        return (relabelled(left, common), relabelled(right, common))
    }

    // MARK: Helpers

    /// The operands of an `=` if they lie in slots alike, so that the left one is also the value; nil for a comparison that converts one.
    private static func sidesOfOneKind(_ equality: Expression) -> (Expression, Expression)? {
        guard case .call(let function, let sides, _) = equality, sides.count == 2, function != .blankPaddedEqual,
            !sides.contains(where: isComparisonConversion)
        else { return nil }
        return (sides[0], sides[1])
    }

    /// A literal with the type of the other side.
    private static func decided(_ value: Expression, as type: ScalarType) throws(ResolutionError) -> Expression {
        value.type.oid == .unknown ? try cast(value, to: type, .implicit) : value
    }

    private static func isComparisonConversion(_ expression: Expression) -> Bool {
        if case .call(.dateToTimestampForComparison, _, _) = expression { true } else { false }
    }

    private static func isConstant(_ expression: Expression) -> Bool {
        var readsColumn = false
        expression.forEachColumn { _ in readsColumn = true }
        return !readsColumn
    }

    private static func relabelled(_ expression: Expression, _ type: ScalarType) -> Expression {
        expression.type.oid == type.oid ? expression : .call(.relabel, [expression], type)
    }

    private static func widerType(_ one: ScalarType, _ other: ScalarType) -> ScalarType? {
        let families: [[TypeOID]] = [
            [.int2, .int4, .int8], [.float4, .float8], [.varchar, .text], [.timestamp, .timestamptz],
        ]
        for family in families {
            guard let first = family.firstIndex(of: one.oid), let second = family.firstIndex(of: other.oid) else {
                continue
            }
            return first > second ? one : other
        }
        return nil
    }
}
