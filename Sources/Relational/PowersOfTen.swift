internal import BigInt

/// Powers of ten and decimal lengths, for numbers of one word, two words and more.
@usableFromInline
enum PowersOfTen {
    /// 10^0 … 10^19.
    @usableFromInline static let words: [UInt64] = [
        1, 10, 100, 1000, 10000, 100000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000, 10_000_000_000,
        100_000_000_000, 1_000_000_000_000, 10_000_000_000_000, 100_000_000_000_000, 1_000_000_000_000_000,
        10_000_000_000_000_000, 100_000_000_000_000_000, 1_000_000_000_000_000_000, 10_000_000_000_000_000_000,
    ]

    /// The greatest exponent whose power fits in UInt128.
    @usableFromInline static let exponentMax = 38

    /// 10^`exponent`, for 0…38.
    @inlinable
    static func wide(_ exponent: Int) -> UInt128 {
        if exponent < 20 { return UInt128(words[exponent]) }
        let (high, low) = words[19].multipliedFullWidth(by: words[exponent - 19])
        return UInt128(high) &<< 64 | UInt128(low)
    }

    static func big(_ exponent: Int) -> BigUInt {
        exponent <= exponentMax ? BigUInt(wide(exponent)) : BigUInt(5).power(exponent) << exponent
    }

    /// Decimal digits of `value`; 0 for 0.
    @inlinable
    static func digitCount(_ value: UInt64) -> Int {
        let estimate = ((64 - value.leadingZeroBitCount) &* 1233) &>> 12
        return estimate &+ (value >= words[estimate] ? 1 : 0)
    }

    /// Decimal digits of `value`; 0 for 0.
    @inlinable
    static func digitCount(_ value: UInt128) -> Int {
        let high = UInt64(truncatingIfNeeded: value &>> 64)
        if high == 0 { return digitCount(UInt64(truncatingIfNeeded: value)) }
        let estimate = ((128 - high.leadingZeroBitCount) &* 1233) &>> 12
        return estimate &+ (value >= wide(estimate) ? 1 : 0)
    }

    /// Decimal digits of `value`; 0 for 0.
    static func digitCount(_ value: BigUInt) -> Int {
        if value.bitWidth <= 128 { return digitCount(UInt128(value)) }
        // 0.30102999 < log10(2): the estimate is the count or one less.
        let estimate = Int(Double(value.bitWidth - 1) * 0.301_029_99)
        let power = big(estimate)
        if value < power { return estimate }
        return value < power * 10 ? estimate + 1 : estimate + 2
    }

    /// Whether `value` has no more than `count` digits; decided by its length in bits wherever that is enough.
    static func hasDigits(_ value: BigUInt, atMost count: Int) -> Bool {
        let bits = Double(count) * 3.321_928_094_887_362
        if Double(value.bitWidth) < bits - 0.01 { return true }
        if Double(value.bitWidth - 1) > bits + 0.01 { return false }
        return value < big(count)
    }
}
