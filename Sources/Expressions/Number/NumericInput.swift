import Relational

/// The input form of `numeric`, with white space around it.
enum NumericInput {
    static func numeric(_ bytes: UnsafeRawBufferPointer) throws(EvaluationError) -> Numeric {
        do throws(NumericError) {
            return try Numeric(parsing: TextInput.trimmed(bytes))
        } catch {
            throw EvaluationError(error)
        }
    }
}

extension EvaluationError {
    /// The same error of an expression.
    init(_ error: NumericError) {
        switch error {
        case .overflow, .fieldOverflow, .outOfRange: self = .numericValueOutOfRange
        case .divisionByZero: self = .divisionByZero
        case .notANumber: self = .notSupported
        case .invalidText: self = .invalidTextRepresentation
        }
    }
}
