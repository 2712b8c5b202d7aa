import Relational

extension ZSet {
    /// Makes each row stand once, with its weights summed, and none with weight 0; in order of first appearance.
    ///
    /// - Throws: `weightOverflow`.
    mutating func consolidateChecked() throws(DataflowError) {
        do throws(WeightOverflow) {
            try consolidate()
        } catch {
            throw DataflowError(.weightOverflow, "a row's weight is out of range", underlying: error)
        }
    }
}
