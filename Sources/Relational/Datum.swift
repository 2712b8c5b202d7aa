/// One scalar value outside the hot path: a literal in a plan, a cell for a test, a value to print.
///
/// Dates and timestamps are `int`, `uuid` is `bytes`, `jsonb` and opaque types are `text`: the forms of `Encoding`.
public enum Datum: Hashable, Sendable {
    case null
    case bool(Bool)
    case int(Int64)
    case float(Double)
    case numeric(Numeric)
    case text(String)
    case bytes([UInt8])

    public var isNull: Bool { self == .null }
}
