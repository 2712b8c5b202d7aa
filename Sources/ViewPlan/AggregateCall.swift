public import Expressions
public import Relational

/// One aggregate of a group.
public struct AggregateCall: Hashable, Sendable {
    public var function: AggregateFunction
    /// Index of the argument in the input's columns; nil for `count(*)`.
    public var argument: Int?
    /// Index of the second argument: the delimiter of `string_agg`, the value of `json_object_agg`.
    public var second: Int?
    /// The order of a list. A list of distinct rows is ordered by every argument.
    public var order: [AggregateOrder]
    /// Of rows that are equal in `order`, a list shows one.
    public var isDistinct: Bool
    /// Index of the boolean FILTER column in the input's columns.
    public var filter: Int?
    public var resultType: ScalarType

    public init(
        function: AggregateFunction,
        argument: Int?,
        second: Int? = nil,
        order: [AggregateOrder] = [],
        isDistinct: Bool = false,
        filter: Int?,
        resultType: ScalarType
    ) {
        self.function = function
        self.argument = argument
        self.second = second
        self.order = order
        self.isDistinct = isDistinct
        self.filter = filter
        self.resultType = resultType
    }

    /// Every column of the input that it reads.
    public var columnsRead: [Int] { [argument, second, filter].compactMap(\.self) + order.map(\.column) }
}

/// One item of an aggregate's ORDER BY.
public struct AggregateOrder: Hashable, Sendable {
    /// Index into the input's columns.
    public var column: Int
    public var isDescending: Bool
    public var nullsFirst: Bool

    public init(column: Int, isDescending: Bool = false, nullsFirst: Bool = false) {
        self.column = column
        self.isDescending = isDescending
        self.nullsFirst = nullsFirst
    }
}
