import Expressions
import Relational
import StateFiles
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
final class Aggregate: Operator, StatePiece {
    private var groups: Groups
    let spines: [Spine]

    /// - Throws: `invalidPlan`.
    init(
        input: Operator,
        inputTypes: [ScalarType],
        groupColumns: [Int],
        calls: [AggregateCall],
        stateName: String,
        folder: StateFolder?
    ) throws(DataflowError) {
        let isPlain = groupColumns.allSatisfy { inputTypes[$0].encoding.hasUniqueImage }
        let files = GroupFiles(
            stateName: stateName,
            hasValues: !isPlain || calls.contains { $0.function.isList || [.min, .max].contains($0.function) },
            folder: folder
        )
        spines = [files.groups] + (files.values.map { [$0] } ?? [])
        groups = try Groups(inputTypes: inputTypes, groupColumns: groupColumns, calls: calls, files: files)
        let columns = groupColumns.map { "#\($0 + 1)" }.joined(separator: ", ")
        super.init(name: groupColumns.isEmpty ? "aggregate" : "aggregate by \(columns)", inputs: [input])
    }

    override var rowCount: Int { groups.count }

    override var stateBytes: Int { groups.byteCount }

    override var pieces: [any StatePiece] { [self] }

    override func step() throws(DataflowError) {
        var found = ErrorCounts()
        try withDelta { output throws(DataflowError) in
            try groups.step(inputs[0].delta, into: &output, errors: &found)
        }
        try errors.add(found)
    }

    // MARK: State

    func handOver() -> [StatePart] { groups.handOver() }

    func adopt() { groups.adopt() }

    var isTight: Bool {
        get { groups.files.isTight }
        set { groups.files.isTight = newValue }
    }

    var byteCount: Int { groups.byteCount }

    var unwrittenByteCount: Int { groups.files.unwrittenByteCount }

    var fullByteCount: Int { groups.fullByteCount }

    /// Groups are read when they are touched.
    func beginLoading() -> StateLoading? { nil }

    var note: StateNote { StateNote(rowCount: groups.count) }

    func restore(_ note: StateNote, runs: [[Run]]) { groups.restore(note, runs: runs) }
}
