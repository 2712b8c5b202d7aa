import Expressions
import Relational
import ViewPlan

/// One row a group, kept exact under inserts and deletes in any order.
///
/// State: a block a group (`GroupTable`) with accumulators (`Accumulator`).
///
/// 1. The first row of an epoch that touches a group renders the group's row as it was published.
/// 2. Each row adds its weight to the row count and itself to the accumulators.
/// 3. When the delta is in, each touched group is rendered once; the old row goes out with −1 and the new one with +1, unless they
///    are the same. A group appears with its first row and disappears with its last one. Without group columns there is one group, always.
/// 4. A result out of range is an error row instead of the group's row.
final class Aggregate: Operator {
    private var groups: Groups

    /// - Throws: `invalidPlan`.
    init(
        input: Operator,
        inputTypes: [ScalarType],
        groupColumns: [Int],
        calls: [AggregateCall]
    ) throws(DataflowError) {
        groups = try Groups(inputTypes: inputTypes, groupColumns: groupColumns, calls: calls)
        let columns = groupColumns.map { "#\($0 + 1)" }.joined(separator: ", ")
        super.init(name: groupColumns.isEmpty ? "aggregate" : "aggregate by \(columns)", inputs: [input])
    }

    override var rowCount: Int { groups.count }

    override var stateBytes: Int { groups.byteCount }

    override func step() throws(DataflowError) {
        var found = ErrorCounts()
        try withDelta { output throws(DataflowError) in
            try groups.step(inputs[0].delta, into: &output, errors: &found)
        }
        try errors.add(found)
    }
}
