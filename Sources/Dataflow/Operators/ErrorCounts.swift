import Expressions

/// The error Z-set of one operator: the summed weight of the rows that raise each error.
struct ErrorCounts {
    private var counts = [Int64](repeating: 0, count: EvaluationError.allCases.count)

    init() {}

    /// Counts as `all` gave them; errors that are new since are 0.
    init(_ all: [Int64]) {
        for index in counts.indices where index < all.count { counts[index] = all[index] }
    }

    /// Makes all counts 0.
    mutating func removeAll() { for index in counts.indices { counts[index] = 0 } }

    /// By error, in the order of its cases.
    var all: [Int64] { counts }

    /// Adds the weight of a row that raised `error`; a retracted row heals it.
    ///
    /// - Throws: `weightOverflow`.
    mutating func add(_ error: EvaluationError, weight: Int64) throws(DataflowError) {
        guard let index = EvaluationError.allCases.firstIndex(of: error) else { return }
        let (sum, overflow) = counts[index].addingReportingOverflow(weight)
        if overflow { throw DataflowError(.weightOverflow, "a count of error rows is out of range") }
        counts[index] = sum
    }

    /// Adds counts.
    ///
    /// - Throws: `weightOverflow`.
    mutating func add(_ other: ErrorCounts) throws(DataflowError) {
        for index in counts.indices { counts[index] = try counts[index].plusWeight(other.counts[index]) }
    }

    /// Adds the counts of another operator, stopping at the greatest number.
    mutating func formSum(_ other: ErrorCounts) {
        for index in counts.indices {
            let (sum, overflow) = counts[index].addingReportingOverflow(other.counts[index])
            counts[index] = overflow ? .max : sum
        }
    }

    /// The errors that some row raises now.
    var present: [ViewError] {
        zip(EvaluationError.allCases, counts).filter { $0.1 != 0 }.map { ViewError(error: $0.0, count: $0.1) }
    }
}
