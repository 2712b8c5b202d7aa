internal import BigInt

/// Order by value.
extension Numeric {
    /// −1, 0 or 1 as this number is less than, equal to or greater than `other`; NaN equals itself and is above everything.
    public func compare(_ other: Numeric) -> Int {
        if case .small(let left, let leftScale) = self, case .small(let right, let rightScale) = other {
            if leftScale == rightScale { return left == right ? 0 : left < right ? -1 : 1 }
            if let (left, right) = Self.aligned(left, leftScale, right, rightScale) {
                return left == right ? 0 : left < right ? -1 : 1
            }
        }
        let (leftRank, rightRank) = (rank, other.rank)
        guard leftRank == 0, rightRank == 0, let left = coefficient, let right = other.coefficient else {
            return leftRank == rightRank ? 0 : leftRank < rightRank ? -1 : 1
        }
        if signum != other.signum { return signum < other.signum ? -1 : 1 }
        let common = Swift.max(scale, other.scale)
        let (first, second) = (Self.scaled(left, by: common - scale), Self.scaled(right, by: common - other.scale))
        return first == second ? 0 : first < second ? -1 : 1
    }

    /// Where the kinds stand to each other: all finite numbers at 0.
    private var rank: Int {
        switch self {
        case .negativeInfinity: -1
        case .small, .large: 0
        case .positiveInfinity: 1
        case .nan: 2
        }
    }

    /// Both coefficients at the greater scale, when they fit.
    @inlinable
    static func aligned(_ left: Int128, _ leftScale: Int, _ right: Int128, _ rightScale: Int) -> (Int128, Int128)? {
        let distance = leftScale &- rightScale
        guard distance >= -PowersOfTen.exponentMax, distance <= PowersOfTen.exponentMax else { return nil }
        if distance >= 0 {
            let (product, overflows) = right.multipliedReportingOverflow(
                by: Int128(truncatingIfNeeded: PowersOfTen.wide(distance))
            )
            return overflows ? nil : (left, product)
        }
        let (product, overflows) = left.multipliedReportingOverflow(
            by: Int128(truncatingIfNeeded: PowersOfTen.wide(0 &- distance))
        )
        return overflows ? nil : (product, right)
    }

    /// `coefficient` × 10^`exponent`.
    static func scaled(_ coefficient: BigInt, by exponent: Int) -> BigInt {
        exponent == 0 ? coefficient : coefficient * BigInt(PowersOfTen.big(exponent))
    }
}
