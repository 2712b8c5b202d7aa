internal import BigInt

/// Sums, differences, products and signs, with the display scales of Postgres.
extension Numeric {
    /// The sum, at the greater scale.
    ///
    /// - Throws: `overflow`.
    public func adding(_ other: Numeric) throws(NumericError) -> Numeric {
        if case .small(let left, let leftScale) = self, case .small(let right, let rightScale) = other,
            let (first, second) = Self.aligned(left, leftScale, right, rightScale)
        {
            let (sum, overflows) = first.addingReportingOverflow(second)
            if !overflows { return .small(coefficient: sum, scale: Swift.max(leftScale, rightScale)) }
        }
        guard let left = coefficient, let right = other.coefficient else {
            if isFinite { return other }
            if other.isFinite || self == other { return self }
            return .nan
        }
        let common = Swift.max(scale, other.scale)
        return try Numeric(
            Self.scaled(left, by: common - scale) + Self.scaled(right, by: common - other.scale),
            scale: common
        )
    }

    /// The difference, at the greater scale.
    ///
    /// - Throws: `overflow`.
    public func subtracting(_ other: Numeric) throws(NumericError) -> Numeric {
        if case .small(let left, let leftScale) = self, case .small(let right, let rightScale) = other,
            let (first, second) = Self.aligned(left, leftScale, right, rightScale)
        {
            let (difference, overflows) = first.subtractingReportingOverflow(second)
            if !overflows { return .small(coefficient: difference, scale: Swift.max(leftScale, rightScale)) }
        }
        return try adding(other.negated())
    }

    /// The product, at the sum of the scales, rounded when that is beyond the type's greatest scale.
    ///
    /// - Throws: `overflow`.
    public func multiplied(by other: Numeric) throws(NumericError) -> Numeric {
        if case .small(let left, let leftScale) = self, case .small(let right, let rightScale) = other {
            let (product, overflows) = left.multipliedReportingOverflow(by: right)
            if !overflows, leftScale &+ rightScale <= Self.scaleMax {
                return .small(coefficient: product, scale: leftScale &+ rightScale)
            }
        }
        guard let left = coefficient, let right = other.coefficient else {
            if isNaN || other.isNaN || isZero || other.isZero { return .nan }
            return signum == other.signum ? .positiveInfinity : .negativeInfinity
        }
        let scale = scale + other.scale
        guard scale > Self.scaleMax else { return try Numeric(left * right, scale: scale) }
        return try Numeric(Self.rounded(left * right, droppingDigits: scale - Self.scaleMax), scale: Self.scaleMax)
    }

    public func negated() -> Numeric {
        switch self {
        case .small(.min, let scale): .large(coefficient: -BigInt(Int128.min), scale: scale)
        case .small(let coefficient, let scale): .small(coefficient: -coefficient, scale: scale)
        case .large(let coefficient, let scale): Self.unchecked(-coefficient, scale: scale)
        case .nan: .nan
        case .positiveInfinity: .negativeInfinity
        case .negativeInfinity: .positiveInfinity
        }
    }

    /// The number without its sign.
    public func absolute() -> Numeric { signum < 0 ? negated() : self }

    /// −1, 0 or 1, or NaN for NaN.
    public func sign() -> Numeric { isNaN ? .nan : Numeric(Int64(signum)) }

    /// A coefficient that is known to be within the type.
    static func unchecked(_ coefficient: BigInt, scale: Int) -> Numeric {
        if let small = Int128(fitting: coefficient) { return .small(coefficient: small, scale: scale) }
        return .large(coefficient: coefficient, scale: scale)
    }
}
