import Relational

/// The inner equi-join: `Δ = ΔL ⋈ R_after + L_before ⋈ ΔR`.
///
/// No state of its own: both sides are arranged by key. Exact for simultaneous changes of both sides and for self-joins, since true
/// weights multiply and the two terms see different cuts. Error rows of the residual follow the same bilinear rule, so they heal.
final class InnerJoin: EquiJoin {
    override func step() throws(DataflowError) {
        isConsolidated = false
        try withDelta { output throws(DataflowError) in
            try joinLeft(left.input.delta, left.keys, into: &output)
            try joinRight(right.input.delta, right.keys, into: &output)
        }
    }

    private func joinLeft(
        _ delta: borrowing ZSet,
        _ keys: borrowing KeyBatch,
        into output: inout ZSet
    ) throws(DataflowError) {
        let (held, emitters) = (right.arrangement, ofLeftDelta)
        let lookup = held.lookup(keys)
        try crew.collect(lookup.pieceCount, into: &output, errors: &errors) { piece, output throws(DataflowError) in
            try emitters.use { emitter throws(DataflowError) in
                try held.match(keys, piece, of: lookup, at: .after) { batch throws(DataflowError) in
                    try Self.emit(batch, delta, &emitter, heldIsLeft: false, into: &output)
                }
            }
        }
    }

    private func joinRight(
        _ delta: borrowing ZSet,
        _ keys: borrowing KeyBatch,
        into output: inout ZSet
    ) throws(DataflowError) {
        let (held, emitters) = (left.arrangement, ofRightDelta)
        let lookup = held.lookup(keys)
        try crew.collect(lookup.pieceCount, into: &output, errors: &errors) { piece, output throws(DataflowError) in
            try emitters.use { emitter throws(DataflowError) in
                try held.match(keys, piece, of: lookup, at: .before) { batch throws(DataflowError) in
                    try Self.emit(batch, delta, &emitter, heldIsLeft: true, into: &output)
                }
            }
        }
    }

    private static func emit(
        _ batch: borrowing MatchBatch,
        _ delta: borrowing ZSet,
        _ emitter: inout JoinEmitter,
        heldIsLeft: Bool,
        into output: inout PieceOutput
    ) throws(DataflowError) {
        for index in 0..<batch.count {
            let changed = batch.keyIndex(at: index)
            let weight = try batch.weight(at: index).timesWeight(delta.weight(at: changed))
            let leftRow = heldIsLeft ? batch.row(at: index) : delta.row(at: changed)
            let rightRow = heldIsLeft ? delta.row(at: changed) : batch.row(at: index)
            if try emitter.matches(leftRow, rightRow, weight: weight, errors: &output.errors) {
                emitter.emit(leftRow, rightRow, weight: weight, into: &output.rows)
            }
        }
    }
}
