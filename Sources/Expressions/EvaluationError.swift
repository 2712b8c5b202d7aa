/// What a row's values can do to an expression: the error Postgres would raise, by its SQLSTATE.
///
/// Errors are data: an operator counts them with the row's weight, and the view heals when the row is corrected.
public enum EvaluationError: UInt8, Error, Hashable, Sendable, CaseIterable {
    case divisionByZero
    case numericValueOutOfRange
    case integerOutOfRange
    case invalidTextRepresentation
    case datetimeFieldOverflow
    case stringDataRightTruncation
    case substringError
    case invalidEscapeSequence
    case invalidArgument
    case floatOverflow
    case floatUnderflow
    case invalidDatetimeFormat
    /// Postgres has no such value or field: NaN as an integer, the hour of a date.
    case notSupported
    /// A text or bytea beyond 1 GB.
    case valueTooLong
    /// The key of a JSON object is NULL.
    case nullJSONKey
    /// `\u0000` in a `json` value that becomes `jsonb`.
    case untranslatableCharacter

    /// Postgres's SQLSTATE for it.
    public var sqlState: String {
        switch self {
        case .divisionByZero: "22012"
        case .numericValueOutOfRange, .integerOutOfRange, .floatOverflow, .floatUnderflow: "22003"
        case .invalidTextRepresentation: "22P02"
        case .datetimeFieldOverflow: "22008"
        case .stringDataRightTruncation: "22001"
        case .substringError: "22011"
        case .invalidEscapeSequence: "22025"
        case .invalidArgument: "22023"
        case .invalidDatetimeFormat: "22007"
        case .notSupported: "0A000"
        case .valueTooLong: "54000"
        case .nullJSONKey: "22023"
        case .untranslatableCharacter: "22P05"
        }
    }

    /// What happened, in Postgres's style; never with the row's values.
    public var message: String {
        switch self {
        case .divisionByZero: "division by zero"
        case .numericValueOutOfRange: "numeric value out of range"
        case .integerOutOfRange: "integer out of range"
        case .invalidTextRepresentation: "invalid input syntax"
        case .datetimeFieldOverflow: "date/time value out of range"
        case .stringDataRightTruncation: "value too long for its type"
        case .substringError: "negative substring length not allowed"
        case .invalidEscapeSequence: "invalid escape sequence in a LIKE pattern"
        case .invalidArgument: "invalid argument"
        case .floatOverflow: "value out of range: overflow"
        case .floatUnderflow: "value out of range: underflow"
        case .invalidDatetimeFormat: "invalid date/time format, or not in ISO form"
        case .notSupported: "operation not supported for the value"
        case .valueTooLong: "value beyond the size limit of 1 GB"
        case .nullJSONKey: "the key of a JSON object must not be null"
        case .untranslatableCharacter: "unsupported Unicode escape sequence in a json value"
        }
    }
}
