internal import BigInt

/// Rounding, truncation and the limits of a column's type.
extension Numeric {
    /// `round(x, scale)`: half away from zero; a negative `scale` rounds before the point. The result shows `scale` digits, as far
    /// as the type can.
    ///
    /// - Throws: `overflow`.
    public func rounded(toScale scale: Int = 0) throws(NumericError) -> Numeric {
        try rescaled(to: Self.clamped(scale), isRounding: true)
    }

    /// `trunc(x, scale)`: towards zero.
    ///
    /// - Throws: `overflow`.
    public func truncated(toScale scale: Int = 0) throws(NumericError) -> Numeric {
        try rescaled(to: Self.clamped(scale), isRounding: false)
    }

    /// `ceil(x)`.
    ///
    /// - Throws: `overflow`.
    public func ceiling() throws(NumericError) -> Numeric {
        let whole = try rescaled(to: 0, isRounding: false)
        return signum > 0 && compare(whole) != 0 ? try whole.adding(.one) : whole
    }

    /// `floor(x)`.
    ///
    /// - Throws: `overflow`.
    public func floor() throws(NumericError) -> Numeric {
        let whole = try rescaled(to: 0, isRounding: false)
        return signum < 0 && compare(whole) != 0 ? try whole.subtracting(.one) : whole
    }

    /// The number as a column of `numeric(p, s)` holds it; `typmod` is `atttypmod`, −1 for no limits.
    ///
    /// - Throws: `fieldOverflow`.
    public func applying(typmod: Int32) throws(NumericError) -> Numeric {
        guard typmod >= 4 else { return self }
        if isNaN { return self }
        guard isFinite else { throw .fieldOverflow }
        let precision = Int((typmod - 4) >> 16 & 0xFFFF)
        // Scales are 11 bits, signed.
        let scale = Int(((typmod - 4) & 0x7FF) ^ 1024) - 1024
        guard let rounded = try? rescaled(to: scale, isRounding: true) else { throw .fieldOverflow }
        let digits: Int
        switch rounded {
        case .small(let coefficient, _): digits = PowersOfTen.digitCount(coefficient.magnitude)
        case .large(let coefficient, _): digits = PowersOfTen.digitCount(coefficient.magnitude)
        case .nan, .positiveInfinity, .negativeInfinity: digits = 0
        }
        guard digits == 0 || digits - rounded.scale <= precision - scale else { throw .fieldOverflow }
        return rounded
    }

    /// A scale that the type can show; before the point one digit more than a number can have, which may round up to it.
    private static func clamped(_ scale: Int) -> Int {
        Swift.min(Swift.max(scale, -integerDigitsMax - 1), scaleMax)
    }

    private func rescaled(to newScale: Int, isRounding: Bool) throws(NumericError) -> Numeric {
        if case .small(let value, let scale) = self, let result = Self.rescaled(value, scale, newScale, isRounding) {
            return .small(coefficient: result, scale: Swift.max(newScale, 0))
        }
        guard let coefficient else { return self }
        let dropped = scale - newScale
        if dropped <= 0 { return try Numeric(Self.scaled(coefficient, by: -dropped), scale: newScale) }
        var kept =
            isRounding
            ? Self.rounded(coefficient, droppingDigits: dropped)
            : coefficient / BigInt(PowersOfTen.big(dropped))
        if newScale < 0, !kept.isZero { kept = Self.scaled(kept, by: -newScale) }
        return try Numeric(kept, scale: Swift.max(newScale, 0))
    }

    /// The coefficient at another scale (at `-newScale` zeros when that is negative), or nil when that needs more than Int128.
    private static func rescaled(_ value: Int128, _ scale: Int, _ newScale: Int, _ isRounding: Bool) -> Int128? {
        let dropped = scale - newScale
        if dropped == 0, newScale >= 0 { return value }
        if dropped <= 0, newScale >= 0 {
            guard dropped >= -37 else { return value == 0 ? 0 : nil }
            let (product, overflows) = value.multipliedReportingOverflow(by: Int128(PowersOfTen.wide(-dropped)))
            return overflows ? nil : product
        }
        // 10^39 is more than twice any coefficient.
        guard dropped <= PowersOfTen.exponentMax else { return 0 }
        let power = PowersOfTen.wide(dropped)
        var (magnitude, rest) = value.magnitude.quotientAndRemainder(dividingBy: power)
        if isRounding, rest >= power - rest { magnitude += 1 }
        if newScale < 0, magnitude != 0 {
            let zeros = Swift.min(-newScale, PowersOfTen.exponentMax)
            let (product, overflows) = magnitude.multipliedReportingOverflow(by: PowersOfTen.wide(zeros))
            guard !overflows, zeros == -newScale else { return nil }
            magnitude = product
        }
        guard let result = Int128(exactly: magnitude) else { return nil }
        return value < 0 ? -result : result
    }

    /// The coefficient without its last digits, rounded half away from zero.
    static func rounded(_ coefficient: BigInt, droppingDigits count: Int) -> BigInt {
        roundedQuotient(coefficient, BigInt(PowersOfTen.big(count)))
    }
}
