public import Expressions

/// One kind of error row that a view's plan holds now, and how often: the view reads *in error* until they are gone.
public struct ViewError: Hashable, Sendable {
    public var error: EvaluationError
    /// The summed weight of the rows that raise it; greater than zero.
    public var count: Int64

    /// What happened, in Postgres's style.
    public var message: String { error.message }

    public init(error: EvaluationError, count: Int64) {
        self.error = error
        self.count = count
    }
}
