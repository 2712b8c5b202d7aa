import BigInt
import Relational

/// A numeric sum divided by a count, with the digits Postgres's `numeric_div` gives.
///
/// The result's scale follows `select_div_scale` (src/backend/utils/adt/numeric.c): in base 10 000, from the weights of both first digits,
/// at least 16 significant digits, at least the sum's scale, at most 1000. The last digit is rounded half away from zero.
enum NumericAverage {
    /// `coefficient` / 10^`scale` / `count`, within Int128; nil when it takes more.
    static func small(_ coefficient: Int128, scale: Int, count: Int64) -> (coefficient: Int128, scale: Int)? {
        let magnitude = coefficient.magnitude
        let padding = (4 &- scale & 3) & 3
        guard let pad = NumericBytes.power(padding), magnitude < UInt128(1) << 110 else { return nil }
        let first = leading(magnitude &* UInt128(pad))
        let resultScale = resultScale(
            weight: first.weight &- (scale &+ padding) / 4,
            digit: first.digit,
            scale: scale,
            divisor: leading(UInt128(count))
        )
        guard let raise = NumericBytes.power(resultScale &- scale) else { return nil }
        let (raised, overflow) = magnitude.multipliedReportingOverflow(by: UInt128(raise))
        guard !overflow, raised < UInt128(1) << 126 else { return nil }
        let divisor = UInt128(count)
        var (quotient, rest) = raised.quotientAndRemainder(dividingBy: divisor)
        if rest &* 2 >= divisor { quotient &+= 1 }
        let signed = Int128(quotient)
        return (coefficient < 0 ? -signed : signed, resultScale)
    }

    /// The same for any size.
    static func wide(_ coefficient: BigInt, scale: Int, count: Int64) -> (coefficient: BigInt, scale: Int) {
        let ten = BigUInt(10)
        let padding = (4 - scale % 4) % 4
        let first = leading(coefficient.magnitude * ten.power(padding))
        let resultScale = resultScale(
            weight: first.weight - (scale + padding) / 4,
            digit: first.digit,
            scale: scale,
            divisor: leading(UInt128(count))
        )
        let raised = coefficient.magnitude * ten.power(resultScale - scale)
        var (quotient, rest) = raised.quotientAndRemainder(dividingBy: BigUInt(count))
        if rest * 2 >= BigUInt(count) { quotient += 1 }
        return (BigInt(sign: coefficient.sign, magnitude: quotient), resultScale)
    }

    /// `weight` and `digit` are of the dividend's first base-10 000 digit, 0 and 0 for zero.
    private static func resultScale(weight: Int, digit: Int, scale: Int, divisor: (weight: Int, digit: Int)) -> Int {
        var quotientWeight = (digit == 0 ? 0 : weight) - divisor.weight
        if digit <= divisor.digit { quotientWeight -= 1 }
        return min(max(16 - quotientWeight * 4, scale, 0), 1000)
    }

    /// The place of the first base-10 000 digit of an integer, counted from 0 at the last one, and its value.
    private static func leading(_ value: UInt128) -> (weight: Int, digit: Int) {
        var weight = 0
        var rest = value
        while rest > UInt128(UInt64.max) {
            rest /= 10_000
            weight += 1
        }
        var word = UInt64(rest)
        while word >= 10_000 {
            word /= 10_000
            weight += 1
        }
        return (weight, Int(word))
    }

    private static func leading(_ value: BigUInt) -> (weight: Int, digit: Int) {
        // log10(2) from below: the power is never greater than the value.
        var weight = max(0, value.bitWidth - 1) * 301 / 1000 / 4
        var rest = value / BigUInt(10_000).power(weight)
        while rest >= 10_000 {
            rest /= 10_000
            weight += 1
        }
        return (weight, Int(rest))
    }
}
