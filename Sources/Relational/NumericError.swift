/// What Postgres refuses to do with a `numeric`.
public enum NumericError: UInt8, Error, Hashable, Sendable, CaseIterable {
    /// The value does not fit the type (`22003`).
    case overflow
    /// The value does not fit the column's precision and scale, or is infinite where these are given (`22003`).
    case fieldOverflow
    /// The value does not fit the target type of a conversion (`22003`).
    case outOfRange
    /// `22012`
    case divisionByZero
    /// NaN or an infinity has no integer (`0A000`).
    case notANumber
    /// The text is not a number (`22P02`).
    case invalidText
}
