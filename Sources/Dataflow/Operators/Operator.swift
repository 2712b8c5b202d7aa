import Relational

/// One node of a circuit: reads the deltas of its inputs, leaves its own delta, and keeps what it needs to know.
///
/// `step` runs once an epoch, after the inputs' steps; `seal` once after it. An operator whose input has failed does not run, and is
/// failed itself. A class because operators are shared by their readers; nothing is dispatched per row.
class Operator {
    /// What it does, for people.
    let name: String
    let inputs: [Operator]
    /// The change of this epoch. Rows may stand in it several times unless `isConsolidated`.
    final var delta = ZSet()
    final var isConsolidated = true
    /// Whether a reader needs the delta consolidated; decided while the circuit is built.
    final var mustConsolidate = false
    /// Error rows of this operator alone.
    final var errors = ErrorCounts()
    /// Why it cannot go on.
    final var failure: DataflowError?
    /// Who works on it.
    final var crew = Crew.alone
    /// Names what it computes, so that a checkpoint of another circuit with the same operator serves.
    final var stateName = ""

    init(name: String, inputs: [Operator]) {
        self.name = name
        self.inputs = inputs
    }

    func step() throws(DataflowError) {}

    func seal() throws(DataflowError) {}

    /// What of it outlives the process.
    var pieces: [any StatePiece] { [] }

    /// Rows or groups held.
    var rowCount: Int { 0 }

    /// Bytes of state held.
    var stateBytes: Int { 0 }

    /// Runs the step unless it or an input has failed; data's failures stay here.
    ///
    /// - Throws: `storage`.
    final func run() throws(DataflowError) {
        if failure == nil, let cause = inputs.lazy.compactMap(\.failure).first { failure = cause }
        guard failure == nil else { return }
        do throws(DataflowError) {
            try step()
            if mustConsolidate && !isConsolidated { try delta.consolidateChecked() }
        } catch {
            if error.code == .storage { throw error }
            failure = error
            delta.removeAll()
        }
    }

    /// Ends the epoch.
    final func finish() throws(DataflowError) {
        if failure == nil { try seal() }
        delta.endEpoch()
        isConsolidated = true
    }

    /// Runs `body` with the delta as a local value, which saves an exclusivity check per row.
    final func withDelta(_ body: (inout ZSet) throws(DataflowError) -> Void) throws(DataflowError) {
        var output = ZSet()
        swap(&output, &delta)
        defer { swap(&output, &delta) }
        try body(&output)
    }
}

extension Int64 {
    /// The product of two weights.
    @inline(__always)
    func timesWeight(_ other: Int64) throws(DataflowError) -> Int64 {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        if overflow { throw DataflowError(.weightOverflow, "a row's weight is out of range") }
        return product
    }

    /// The sum of two weights.
    @inline(__always)
    func plusWeight(_ other: Int64) throws(DataflowError) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        if overflow { throw DataflowError(.weightOverflow, "a row's weight is out of range") }
        return sum
    }
}
