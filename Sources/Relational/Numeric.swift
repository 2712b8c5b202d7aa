public import BigInt

/// A Postgres `numeric`: exact, with its display scale, NaN and ±Infinity.
///
/// `==` and hashing are by image (1.0 ≠ 1.00); `compare` is by value, in Postgres's order (−Infinity < numbers < Infinity < NaN).
///
/// In a packed row it is these bytes, one way for each image:
///
/// | byte | content |
/// |---|---|
/// | 0 | 0 finite ≥ 0, 1 finite < 0, 2 NaN, 3 +Infinity, 4 −Infinity |
/// | 1..<3 | display scale, UInt16 little-endian (0 unless finite) |
/// | 3.. | magnitude × 10^scale, little-endian, without trailing zero bytes |
public enum Numeric: Hashable, Sendable {
    /// `coefficient` / 10^`scale`, for coefficients within Int128 (always this case when it fits).
    case small(coefficient: Int128, scale: Int)
    /// The same for larger coefficients.
    case large(coefficient: BigInt, scale: Int)
    case nan
    case positiveInfinity
    case negativeInfinity
}

extension Numeric {
    /// Digits after the point that the type can hold (`NUMERIC_DSCALE_MAX`).
    public static let scaleMax = 16_383
    /// Digits before the point that the type can hold.
    public static let integerDigitsMax = 131_072

    public static let zero = Numeric.small(coefficient: 0, scale: 0)
    public static let one = Numeric.small(coefficient: 1, scale: 0)

    public init(_ value: Int64) { self = .small(coefficient: Int128(value), scale: 0) }

    /// `coefficient` / 10^`scale` in the case that its size demands.
    ///
    /// - Throws: `overflow` when the type cannot hold it.
    public init(_ coefficient: BigInt, scale: Int) throws(NumericError) {
        guard scale >= 0, scale <= Self.scaleMax else { throw .overflow }
        if let small = Int128(fitting: coefficient) {
            self = .small(coefficient: small, scale: scale)
            return
        }
        guard PowersOfTen.hasDigits(coefficient.magnitude, atMost: Self.integerDigitsMax + scale) else {
            throw .overflow
        }
        self = .large(coefficient: coefficient, scale: scale)
    }

    /// Digits shown after the point; 0 for NaN and ±Infinity.
    public var scale: Int {
        switch self {
        case .small(_, let scale), .large(_, let scale): scale
        case .nan, .positiveInfinity, .negativeInfinity: 0
        }
    }

    public var isNaN: Bool { self == .nan }

    public var isFinite: Bool {
        switch self {
        case .small, .large: true
        case .nan, .positiveInfinity, .negativeInfinity: false
        }
    }

    /// −1, 0 or 1; ±Infinity have a sign, NaN counts as 0.
    public var signum: Int {
        switch self {
        case .small(let coefficient, _): Int(coefficient.signum())
        case .large(let coefficient, _): coefficient.sign == .minus ? -1 : 1
        case .nan: 0
        case .positiveInfinity: 1
        case .negativeInfinity: -1
        }
    }

    public var isZero: Bool {
        if case .small(0, _) = self { return true }
        return false
    }

    /// The coefficient of a finite number; nil for NaN and ±Infinity.
    public var coefficient: BigInt? {
        switch self {
        case .small(let coefficient, _): BigInt(coefficient)
        case .large(let coefficient, _): coefficient
        case .nan, .positiveInfinity, .negativeInfinity: nil
        }
    }
}
