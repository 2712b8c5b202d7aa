import Expressions
import Relational
import StateFiles
import ViewPlan

/// One row a group, kept exact under inserts and deletes in any order.
///
/// State: a block a group (`GroupTable`) with accumulators (`Accumulator`), in shards of the groups' keys.
///
/// 1. The first row of an epoch that touches a group renders the group's row as it was published.
/// 2. Each row adds its weight to the row count and itself to the accumulators.
/// 3. When the delta is in, each touched group is rendered once; the old row goes out with −1 and the new one with +1, unless they
///    are the same. A group appears with its first row and disappears with its last one. Without group columns there is one group, always.
/// 4. A result out of range is an error row instead of the group's row.
final class Aggregate: Operator, StatePiece {
    private var groups: ShardedGroups

    var spines: [Spine] { groups.spines }

    /// - Throws: `invalidPlan`.
    init(
        input: Operator,
        inputTypes: [ScalarType],
        groupColumns: [Int],
        calls: [AggregateCall],
        stateName: String,
        folder: StateFolder?
    ) throws(DataflowError) {
        groups = try ShardedGroups(
            inputTypes: inputTypes,
            groupColumns: groupColumns,
            calls: calls,
            stateName: stateName,
            folder: folder
        )
        let columns = groupColumns.map { "#\($0 + 1)" }.joined(separator: ", ")
        super.init(name: groupColumns.isEmpty ? "aggregate" : "aggregate by \(columns)", inputs: [input])
    }

    override var rowCount: Int { groups.count }

    override var stateBytes: Int { groups.byteCount }

    override var pieces: [any StatePiece] { [self] }

    override func step() throws(DataflowError) {
        var found = ErrorCounts()
        try withDelta { output throws(DataflowError) in
            try groups.step(inputs[0].delta, with: crew, into: &output, errors: &found)
        }
        try errors.add(found)
    }

    /// Ordered multisets of values of which only the ends are in memory.
    var partialCount: Int { groups.partialCount }

    // MARK: State

    func handOver() -> [StatePart] { groups.handOver(with: crew) }

    func adopt() throws(DataflowError) { try groups.adopt() }

    var isTight: Bool {
        get { groups.isTight }
        set { groups.isTight = newValue }
    }

    var byteCount: Int { groups.byteCount }

    var unwrittenByteCount: Int { groups.unwrittenByteCount }

    var fullByteCount: Int { groups.fullByteCount }

    /// Groups are read when they are touched.
    func beginLoading() -> StateLoading? { nil }

    var note: StateNote { StateNote(rowCount: groups.count) }

    func restore(_ note: StateNote, runs: [[Run]]) { groups.restore(count: note.rowCount, runs: runs) }
}
