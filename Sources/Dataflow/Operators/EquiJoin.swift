import Expressions
import Relational

/// What the equi-joins have in common: two sides arranged by the key, and the two terms of the delta.
class EquiJoin: Operator {
    final let left: Arrange
    final let right: Arrange
    /// A row of ΔL with a row held on the right.
    final let ofLeftDelta: Spares<JoinEmitter>
    /// A row held on the left with a row of ΔR.
    final let ofRightDelta: Spares<JoinEmitter>

    init(
        name: String,
        left: Arrange,
        leftTypes: [ScalarType],
        right: Arrange,
        rightTypes: [ScalarType],
        residual: Expression?,
        output: [Int]
    ) {
        self.left = left
        self.right = right
        let (leftDelta, leftHeld) = (JoinSide(deltaOf: left, types: leftTypes), JoinSide(heldBy: left))
        let (rightDelta, rightHeld) = (JoinSide(deltaOf: right, types: rightTypes), JoinSide(heldBy: right))
        ofLeftDelta = Spares { JoinEmitter(output, residual: residual, left: leftDelta, right: rightHeld) }
        ofRightDelta = Spares { JoinEmitter(output, residual: residual, left: leftHeld, right: rightDelta) }
        super.init(name: name, inputs: [left, right])
    }

    /// `ΔL ⋈ R_after`. Each changed row that finds one is marked at its place in `matched`.
    final func joinLeft(
        _ delta: borrowing ZSet,
        _ keys: borrowing KeyBatch,
        marking matched: UnsafeMutablePointer<Bool>? = nil,
        into output: inout ZSet
    ) throws(DataflowError) {
        let (held, emitters) = (right.arrangement, ofLeftDelta)
        try join(delta, keys, held, at: .after, heldIsLeft: false, emitters, marking: matched, into: &output)
    }

    /// `L_before ⋈ ΔR`.
    final func joinRight(
        _ delta: borrowing ZSet,
        _ keys: borrowing KeyBatch,
        into output: inout ZSet
    ) throws(DataflowError) {
        let (held, emitters) = (left.arrangement, ofRightDelta)
        try join(delta, keys, held, at: .before, heldIsLeft: true, emitters, marking: nil, into: &output)
    }

    /// One term: the changed rows with what is held under their keys.
    private func join(
        _ delta: borrowing ZSet,
        _ keys: borrowing KeyBatch,
        _ held: Arrangement,
        at cut: Cut,
        heldIsLeft: Bool,
        _ emitters: Spares<JoinEmitter>,
        marking matched: UnsafeMutablePointer<Bool>?,
        into output: inout ZSet
    ) throws(DataflowError) {
        let lookup = held.lookup(keys)
        try crew.collect(lookup.pieceCount, into: &output, errors: &errors) { piece, output throws(DataflowError) in
            try emitters.use { emitter throws(DataflowError) in
                try held.match(keys, piece, of: lookup, at: cut) { batch throws(DataflowError) in
                    // Unsafe: each changed row belongs to one piece.
                    if let matched { for index in 0..<batch.count { matched[batch.keyIndex(at: index)] = true } }
                    try emitter.join(batch, delta, heldIsLeft: heldIsLeft, into: &output)
                }
            }
        }
    }
}
