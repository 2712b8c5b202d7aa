import Expressions
import Relational

/// Turns pairs of rows into the rows of a join, after the residual condition.
///
/// Left and right rows lie as the two sides hand them over: the columns of a delta, or the columns of an arrangement.
struct JoinEmitter: ~Copyable {
    private let projector: RowProjector
    private var residual: Evaluator?

    /// `leftColumns[i]` is where column `i` of the left node stands in the rows handed over, `leftTypes` the types of those.
    init(_ output: [Int], residual: Expression?, left: JoinSide, right: JoinSide) {
        let place = { (index: Int) -> Int in
            index < left.columns.count
                ? left.columns[index] : left.types.count + right.columns[index - left.columns.count]
        }
        projector = RowProjector(columns: output.map(place), leftTypes: left.types, rightTypes: right.types)
        if let residual {
            self.residual = Evaluator([residual.mapColumns(place)], inputTypes: left.types + right.types)
        }
    }

    /// Emits the pairs of rows that are held with the changed rows whose keys found them, where they match.
    mutating func join(
        _ held: borrowing MatchBatch,
        _ delta: borrowing ZSet,
        heldIsLeft: Bool,
        into output: inout PieceOutput
    ) throws(DataflowError) {
        for index in 0..<held.count {
            let changed = held.keyIndex(at: index)
            let weight = try held.weight(at: index).timesWeight(delta.weight(at: changed))
            let leftRow = heldIsLeft ? held.row(at: index) : delta.row(at: changed)
            let rightRow = heldIsLeft ? delta.row(at: changed) : held.row(at: index)
            if try matches(leftRow, rightRow, weight: weight, errors: &output.errors) {
                emit(leftRow, rightRow, weight: weight, into: &output.rows)
            }
        }
    }

    /// Whether the pair matches; an evaluation error counts as no match and as `weight` error rows.
    @inline(__always)
    mutating func matches(
        _ left: RowView,
        _ right: RowView,
        weight: Int64,
        errors: inout ErrorCounts
    ) throws(DataflowError) -> Bool {
        guard residual != nil else { return true }
        do throws(EvaluationError) {
            return try residual?.isTrue(left, right) ?? true
        } catch {
            try errors.add(error, weight: weight)
            return false
        }
    }

    /// Writes the joined row; `right` nil stands for NULLs.
    @inline(__always)
    func emit(_ left: RowView, _ right: RowView?, weight: Int64, into output: inout ZSet) {
        projector.project(left, right, weight: weight, into: &output)
    }
}

/// How the rows of one side of a join lie.
struct JoinSide {
    var types: [ScalarType]
    /// For each column of the side's node, its index in those rows.
    var columns: [Int]

    init(deltaOf arrange: Arrange, types: [ScalarType]) {
        self.types = types
        columns = Array(types.indices)
    }

    init(heldBy arrange: Arrange) {
        types = arrange.heldTypes
        columns = arrange.heldColumns
    }
}
