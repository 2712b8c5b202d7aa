internal import BigInt

/// Quotients and remainders.
///
/// The quotient's scale follows `select_div_scale` of Postgres:
///
/// 1. Write both operands in digits of base 10 000. The quotient's weight is the difference of their weights (the power of its first
///    digit), one less when the dividend's first digit is not greater than the divisor's.
/// 2. The scale is 16 − 4 × weight, at least each operand's scale, at least 0, at most 1000.
extension Numeric {
    /// The quotient, rounded half away from zero.
    ///
    /// - Throws: `divisionByZero`, `overflow`.
    public func divided(by other: Numeric) throws(NumericError) -> Numeric {
        if case .small(let left, let leftScale) = self, case .small(let right, let rightScale) = other, right != 0 {
            let scale = Self.quotientScale(left.magnitude, leftScale, right.magnitude, rightScale)
            let shift = scale - leftScale + rightScale
            if shift >= 0, shift <= PowersOfTen.exponentMax,
                let quotient = Self.quotient(left.magnitude, right.magnitude, shift: shift)
            {
                return .small(coefficient: (left < 0) == (right < 0) ? quotient : -quotient, scale: scale)
            }
        }
        guard let left = coefficient, let right = other.coefficient else { return try dividedSpecially(by: other) }
        guard !other.isZero else { throw .divisionByZero }
        let scale = Self.quotientScale(left.magnitude, scale, right.magnitude, other.scale)
        let shift = scale - self.scale + other.scale
        let quotient = Self.roundedQuotient(
            Self.scaled(left, by: Swift.max(shift, 0)),
            Self.scaled(right, by: Swift.max(-shift, 0))
        )
        return try Numeric(quotient, scale: scale)
    }

    /// The remainder of the quotient cut at the point, with the dividend's sign and the greater scale.
    ///
    /// - Throws: `divisionByZero`.
    public func remainder(dividingBy other: Numeric) throws(NumericError) -> Numeric {
        if case .small(let left, let leftScale) = self, case .small(let right, let rightScale) = other, right != 0,
            let (first, second) = Self.aligned(left, leftScale, right, rightScale)
        {
            // The least integer divided by −1 overflows and leaves nothing.
            let rest = second == -1 ? 0 : first % second
            return .small(coefficient: rest, scale: Swift.max(leftScale, rightScale))
        }
        if isNaN || other.isNaN { return .nan }
        guard !other.isZero else { throw .divisionByZero }
        guard let left = coefficient else { return .nan }
        guard let right = other.coefficient else { return self }
        let common = Swift.max(scale, other.scale)
        return Self.unchecked(
            Self.scaled(left, by: common - scale) % Self.scaled(right, by: common - other.scale),
            scale: common
        )
    }

    /// At least one operand is not finite.
    private func dividedSpecially(by other: Numeric) throws(NumericError) -> Numeric {
        if isNaN || other.isNaN { return .nan }
        if isFinite { return .zero }
        guard other.isFinite else { return .nan }
        guard !other.isZero else { throw .divisionByZero }
        return signum == other.signum ? .positiveInfinity : .negativeInfinity
    }

    /// |left| × 10^`shift` / |right|, rounded half away from zero, when all of it fits.
    private static func quotient(_ left: UInt128, _ right: UInt128, shift: Int) -> Int128? {
        let (dividend, overflows) = left.multipliedReportingOverflow(by: PowersOfTen.wide(shift))
        guard !overflows else { return nil }
        var (quotient, rest) = dividend.quotientAndRemainder(dividingBy: right)
        if rest >= right - rest { quotient += 1 }
        return Int128(exactly: quotient)
    }

    /// The quotient rounded half away from zero.
    static func roundedQuotient(_ left: BigInt, _ right: BigInt) -> BigInt {
        let (quotient, rest) = left.magnitude.quotientAndRemainder(dividingBy: right.magnitude)
        let magnitude = rest * 2 >= right.magnitude ? quotient + 1 : quotient
        return BigInt(sign: left.sign == right.sign ? .plus : .minus, magnitude: magnitude)
    }

    private static func quotientScale(_ left: UInt128, _ leftScale: Int, _ right: UInt128, _ rightScale: Int) -> Int {
        quotientScale(
            leading(left, scale: leftScale),
            leftScale: leftScale,
            leading(right, scale: rightScale),
            rightScale: rightScale
        )
    }

    private static func quotientScale(_ left: BigUInt, _ leftScale: Int, _ right: BigUInt, _ rightScale: Int) -> Int {
        quotientScale(
            leading(left, scale: leftScale),
            leftScale: leftScale,
            leading(right, scale: rightScale),
            rightScale: rightScale
        )
    }

    private static func quotientScale(
        _ left: (weight: Int, digit: Int),
        leftScale: Int,
        _ right: (weight: Int, digit: Int),
        rightScale: Int
    ) -> Int {
        let weight = left.weight - right.weight - (left.digit <= right.digit ? 1 : 0)
        return Swift.min(Swift.max(16 - weight * 4, leftScale, rightScale, 0), 1000)
    }

    /// Weight and first digit in base 10 000; both 0 for 0.
    private static func leading(_ magnitude: UInt128, scale: Int) -> (weight: Int, digit: Int) {
        let count = PowersOfTen.digitCount(magnitude)
        guard count > 0 else { return (0, 0) }
        let (weight, taken) = leadingGroup(digitCount: count, scale: scale)
        if taken >= count { return (weight, Int(magnitude) * Int(PowersOfTen.words[taken - count])) }
        return (weight, Int(magnitude / PowersOfTen.wide(count - taken)))
    }

    private static func leading(_ magnitude: BigUInt, scale: Int) -> (weight: Int, digit: Int) {
        if magnitude.bitWidth <= 128 { return leading(UInt128(magnitude), scale: scale) }
        let count = PowersOfTen.digitCount(magnitude)
        let (weight, taken) = leadingGroup(digitCount: count, scale: scale)
        return (weight, Int(magnitude / PowersOfTen.big(count - taken)))
    }

    /// The weight of the first group of four decimal digits, and how many digits of the number stand in it.
    private static func leadingGroup(digitCount: Int, scale: Int) -> (weight: Int, taken: Int) {
        let position = digitCount - scale - 1
        let weight = (position >= 0 ? position : position - 3) / 4
        return (weight, position - weight * 4 + 1)
    }
}
