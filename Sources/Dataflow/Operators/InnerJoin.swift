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
}
