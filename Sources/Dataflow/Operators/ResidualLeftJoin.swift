import Expressions
import Relational

/// The left equi-join with a residual condition: each left row has a *degree*, the weight of the right rows that match it.
///
/// State beside the two sides: row of L → degree, for rows with a degree above 0.
///
/// 1. `N = L·[degree = 0]`, so `ΔN = ΔL·[degree_after = 0] + L_before·([degree_after = 0] − [degree_before = 0])`.
/// 2. For a row of ΔL the degree after is counted while joining it with R_after.
/// 3. For other rows it changes by the weights of the rows of ΔR that match them.
/// 4. A row that leaves L takes its degree with it, and one that comes brings the one counted.
///
/// A residual that fails counts as no match and as error rows; both are functions of the pair, so they heal together.
final class ResidualLeftJoin: EquiJoin {
    private let degrees: Arrangement
    private let heldLeft: KeyLayout

    /// `left` must not be an image's arrangement; the degrees are keyed by the bytes of left rows.
    init(
        name: String,
        left: Arrange,
        leftTypes: [ScalarType],
        leftKey: [Int],
        right: Arrange,
        rightTypes: [ScalarType],
        residual: Expression,
        output: [Int],
        degrees: Arrangement
    ) {
        self.degrees = degrees
        heldLeft = KeyLayout(leftKey, types: leftTypes, nullsAreEqual: false)
        super.init(
            name: name,
            left: left,
            leftTypes: leftTypes,
            right: right,
            rightTypes: rightTypes,
            residual: residual,
            output: output
        )
        left.input.mustConsolidate = true
    }

    override var pieces: [any StatePiece] { [degrees] }

    override var rowCount: Int { degrees.rowCount }

    override var stateBytes: Int { degrees.byteCount }

    override func seal() throws(DataflowError) { try degrees.seal() }

    override func step() throws(DataflowError) {
        isConsolidated = false
        try withDelta { output throws(DataflowError) in
            var degreeOfChanged = GrowableBuffer<Int64>(capacity: left.input.delta.count)
            try ofLeftDelta.use { emitter throws(DataflowError) in
                try joinLeft(left.input.delta, left.keys, &emitter, &degreeOfChanged, into: &output)
            }
            try ofRightDelta.use { emitter throws(DataflowError) in
                try joinRight(right.input.delta, right.keys, &emitter, into: &output)
            }
            try stageDegrees(left.input.delta, left.keys, degreeOfChanged)
        }
    }

    private func joinLeft(
        _ delta: borrowing ZSet,
        _ keys: borrowing KeyBatch,
        _ emitter: inout JoinEmitter,
        _ degree: inout GrowableBuffer<Int64>,
        into output: inout ZSet
    ) throws(DataflowError) {
        degree.resize(to: delta.count, filling: 0)
        guard !delta.isEmpty else { return }
        var found = ErrorCounts()
        try right.arrangement.match(keys, at: .after) { batch throws(DataflowError) in
            for index in 0..<batch.count {
                let changed = batch.keyIndex(at: index)
                let (leftRow, rightRow) = (delta.row(at: changed), batch.row(at: index))
                let weight = try batch.weight(at: index).timesWeight(delta.weight(at: changed))
                guard try emitter.matches(leftRow, rightRow, weight: weight, errors: &found) else { continue }
                degree[changed] = try degree[changed].plusWeight(batch.weight(at: index))
                emitter.emit(leftRow, rightRow, weight: weight, into: &output)
            }
        }
        try errors.add(found)
        for index in 0..<delta.count where degree[index] == 0 {
            emitter.emit(delta.row(at: index), nil, weight: delta.weight(at: index), into: &output)
        }
    }

    private func joinRight(
        _ delta: borrowing ZSet,
        _ keys: borrowing KeyBatch,
        _ emitter: inout JoinEmitter,
        into output: inout ZSet
    ) throws(DataflowError) {
        guard !delta.isEmpty else { return }
        var found = ErrorCounts()
        // Left rows with the change of their degree.
        var changes = ZSet()
        try left.arrangement.match(keys, at: .before) { batch throws(DataflowError) in
            for index in 0..<batch.count {
                let changed = batch.keyIndex(at: index)
                let (leftRow, rightRow) = (batch.row(at: index), delta.row(at: changed))
                let weight = try batch.weight(at: index).timesWeight(delta.weight(at: changed))
                guard try emitter.matches(leftRow, rightRow, weight: weight, errors: &found) else { continue }
                emitter.emit(leftRow, rightRow, weight: weight, into: &output)
                changes.append(leftRow, weight: delta.weight(at: changed))
            }
        }
        try errors.add(found)
        try changes.consolidateChecked()
        try emitFlipped(changes, &emitter, into: &output)
    }

    /// Emits the left rows whose degree reaches or leaves 0, and stages the degrees.
    private func emitFlipped(
        _ changes: borrowing ZSet,
        _ emitter: inout JoinEmitter,
        into output: inout ZSet
    ) throws(DataflowError) {
        guard !changes.isEmpty else { return }
        var rowKeys = KeyBatch()
        var unit = ZSet()
        var leftKeys = KeyBatch()
        heldLeft.append(changes, to: &leftKeys)
        for index in 0..<changes.count {
            rowKeys.append(changes.row(at: index).bytes)
            unit.appendUnit(weight: changes.weight(at: index))
        }
        var degree = GrowableBuffer<Int64>()
        var held = GrowableBuffer<Int64>()
        try degrees.weights(of: unit, keys: rowKeys, at: .before, into: &degree)
        try left.arrangement.weights(of: changes, keys: leftKeys, at: .before, into: &held)
        for index in 0..<changes.count {
            let after = try degree[index].plusWeight(changes.weight(at: index))
            if (degree[index] == 0) != (after == 0) {
                let weight = after == 0 ? held[index] : -held[index]
                emitter.emit(changes.row(at: index), nil, weight: weight, into: &output)
            }
        }
        try degrees.stage(unit, keys: rowKeys, isSound: true)
    }

    /// Gives rows that came to L the degree counted, and takes it from rows that left.
    private func stageDegrees(
        _ delta: borrowing ZSet,
        _ keys: borrowing KeyBatch,
        _ degree: borrowing GrowableBuffer<Int64>
    ) throws(DataflowError) {
        guard !delta.isEmpty else { return }
        var before = GrowableBuffer<Int64>()
        try left.arrangement.weights(of: delta, keys: keys, at: .before, into: &before)
        var rowKeys = KeyBatch()
        var unit = ZSet()
        for index in 0..<delta.count {
            rowKeys.append(delta.row(at: index).bytes)
            unit.appendUnit(weight: 0)
        }
        var current = GrowableBuffer<Int64>()
        try degrees.weights(of: unit, keys: rowKeys, at: .after, into: &current)
        unit.removeAll()
        var staged = KeyBatch()
        for index in 0..<delta.count where !keys.isNull(at: index) {
            let after = try before[index].plusWeight(delta.weight(at: index))
            let wanted = after == 0 ? 0 : before[index] == 0 ? degree[index] : current[index]
            guard wanted != current[index] else { continue }
            unit.appendUnit(weight: wanted - current[index])
            staged.append(rowKeys, at: index)
        }
        try degrees.stage(unit, keys: staged, isSound: true)
    }
}

extension ZSet {
    /// Adds the row without columns.
    mutating func appendUnit(weight: Int64) {
        let row = beginRow(columnCount: 0)
        endRow(row, weight: weight)
    }
}
