import Relational

/// The left equi-join without a residual: the inner join's delta and the change of `N = L(k)·[R(k) = ∅]`, with NULLs on the right.
///
/// `ΔN = ΔL·[R_after = ∅] + L_before·([R_after = ∅] − [R_before = ∅])`: the second term is looked at only for keys of ΔR whose right side
/// came to be empty or ceased to be. No state of its own. A left row with a NULL key never matches.
final class LeftJoin: EquiJoin {
    init(
        name: String,
        left: Arrange,
        leftTypes: [ScalarType],
        right: Arrange,
        rightTypes: [ScalarType],
        output: [Int]
    ) {
        super.init(
            name: name,
            left: left,
            leftTypes: leftTypes,
            right: right,
            rightTypes: rightTypes,
            residual: nil,
            output: output
        )
    }

    override func step() throws(DataflowError) {
        isConsolidated = false
        try withDelta { output throws(DataflowError) in
            try joinOrPad(left.input.delta, left.keys, into: &output)
            try joinRight(right.input.delta, right.keys, into: &output)
            try padFlipped(right.keys, into: &output)
        }
    }

    /// `ΔL ⋈ R_after`, and the rows of ΔL that find none with NULLs.
    private func joinOrPad(
        _ delta: borrowing ZSet,
        _ keys: borrowing KeyBatch,
        into output: inout ZSet
    ) throws(DataflowError) {
        guard !delta.isEmpty else { return }
        var isMatched = GrowableBuffer<Bool>(capacity: delta.count)
        isMatched.resize(to: delta.count, filling: false)
        try joinLeft(delta, keys, marking: isMatched.base, into: &output)
        ofLeftDelta.use { emitter in
            for index in 0..<delta.count where !isMatched[index] {
                emitter.emit(delta.row(at: index), nil, weight: delta.weight(at: index), into: &output)
            }
        }
    }

    /// Takes back the NULLs of keys whose right side has come to have rows, and emits those of keys that it has none of any more.
    private func padFlipped(_ keys: borrowing KeyBatch, into output: inout ZSet) throws(DataflowError) {
        guard keys.count > 0 else { return }
        // Each key once: a hot key is looked over once an epoch, not once for each of its rows.
        let changed = keys.distinct { _ in true }
        var wasPresent = GrowableBuffer<Bool>(capacity: changed.count)
        var isPresent = GrowableBuffer<Bool>(capacity: changed.count)
        try right.arrangement.presence(of: changed, at: .before, into: &wasPresent)
        try right.arrangement.presence(of: changed, at: .after, into: &isPresent)
        try emitFlipped(changed, where: wasPresent, isPresent, sign: -1, into: &output)
        try emitFlipped(changed, where: isPresent, wasPresent, sign: 1, into: &output)
    }

    /// Emits `sign` times the left rows, with NULLs, of each key that is absent by the first claim and present by the second.
    private func emitFlipped(
        _ keys: borrowing KeyBatch,
        where absent: borrowing GrowableBuffer<Bool>,
        _ present: borrowing GrowableBuffer<Bool>,
        sign: Int64,
        into output: inout ZSet
    ) throws(DataflowError) {
        let flipped = keys.distinct { index in !absent[index] && present[index] }
        guard flipped.count > 0 else { return }
        let held = left.arrangement
        try ofRightDelta.use { emitter throws(DataflowError) in
            try held.match(flipped, at: .before) { batch throws(DataflowError) in
                for index in 0..<batch.count {
                    emitter.emit(batch.row(at: index), nil, weight: sign * batch.weight(at: index), into: &output)
                }
            }
        }
    }
}
