import Expressions
import Relational
import ViewPlan

/// A relational expression between binding and lowering.
///
/// Columns have identities of their own (integers, unique in one statement), so that expressions keep their meaning wherever a rule moves
/// them; `Lowering` turns identities into positions.
indirect enum LogicalPlan {
    case scan(LogicalScan)
    case view(LogicalView)
    /// Rows for which every conjunct is TRUE.
    case filter(LogicalPlan, [Expression])
    /// The input's columns and computed ones.
    case compute(LogicalPlan, [ComputedColumn])
    case join(LogicalJoin)
    case aggregate(LogicalAggregate)

    /// Every column that can be read from the rows.
    var columns: Set<Int> {
        switch self {
        case .scan(let scan): Set(scan.columns)
        case .view(let view): Set(view.columns)
        case .filter(let input, _): input.columns
        case .compute(let input, let computed): input.columns.union(computed.map(\.id))
        case .join(let join): join.left.columns.union(join.right.columns)
        case .aggregate(let aggregate): Set(aggregate.groups + aggregate.calls.map(\.id))
        }
    }

    /// Where the FROM item stands.
    var location: Int? {
        switch self {
        case .scan(let scan): scan.location
        case .view(let view): view.location
        case .filter(let input, _), .compute(let input, _): input.location
        case .join(let join): join.left.location
        case .aggregate(let aggregate): aggregate.input.location
        }
    }
}

/// One occurrence of a base table.
struct LogicalScan {
    var relation: RelationSchema
    /// The identity of each of the relation's columns.
    var columns: [Int]
    var location: Int?
}

/// One occurrence of another view: its root, as it is, so that both views share it.
struct LogicalView {
    var root: PlanNode
    var columns: [Int]
    var location: Int?
}

struct ComputedColumn {
    var id: Int
    var value: Expression
}

struct LogicalJoin {
    var kind: Join.Kind
    var left: LogicalPlan
    var right: LogicalPlan
    /// Pairs that must be equal: the left side's expression, the right side's. Empty before normalisation.
    var keys: [JoinKey] = []
    /// Further conjuncts of the match; all of them before normalisation.
    var conditions: [Expression]
    /// Where the joined table stands.
    var location: Int?
}

struct JoinKey {
    var left: Expression
    var right: Expression
}

struct LogicalAggregate {
    var input: LogicalPlan
    var groups: [Int]
    var calls: [LogicalAggregateCall]
}

struct LogicalAggregateCall {
    var id: Int
    var function: AggregateFunction
    var argument: Expression?
    var second: Expression?
    var order: [LogicalAggregateOrder] = []
    var isDistinct = false
    var filter: Expression?
    var resultType: ScalarType

    /// Whether both compute the same.
    func isSame(as other: LogicalAggregateCall) -> Bool {
        function == other.function && argument == other.argument && second == other.second && order == other.order
            && isDistinct == other.isDistinct && filter == other.filter
    }

    /// Everything that is computed from the input.
    var expressions: [Expression] { [argument, second, filter].compactMap(\.self) + order.map(\.value) }
}

struct LogicalAggregateOrder: Equatable {
    var value: Expression
    var isDescending: Bool
    var nullsFirst: Bool
}
