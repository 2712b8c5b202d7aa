internal import BigInt

/// A finite float greater than 0 as the shortest decimal that reads back as it: `significand` × 10^`exponent`.
///
/// The choice among decimals is Postgres's: the shortest strictly inside the float's rounding interval, the nearest of those. A
/// decimal exactly halfway between two floats is avoided, because it reads back only where ties go to even.
struct ShortestDecimal {
    /// Not a multiple of 10.
    var significand: UInt64
    var exponent: Int

    init(_ value: Double) {
        self.init(digitsOf: value.description)
        if isHalfway(significandBitCount: 53) {
            avoidHalfway(significand: value.significandBitPattern | 1 << 52, exponent: Int(value.exponent) - 52)
        }
    }

    init(_ value: Float) {
        self.init(digitsOf: value.description)
        if isHalfway(significandBitCount: 24) {
            avoidHalfway(significand: UInt64(value.significandBitPattern | 1 << 23), exponent: Int(value.exponent) - 23)
        }
    }

    /// Takes the digits of the standard library's shortest form, in any layout.
    private init(digitsOf description: String) {
        significand = 0
        exponent = 0
        var isFraction = false
        var written: Int?
        var isNegative = false
        for byte in description.utf8 {
            let digit = byte &- UInt8(ascii: "0")
            if digit < 10 {
                if let exponent = written {
                    written = exponent * 10 + Int(digit)
                } else {
                    significand = significand &* 10 &+ UInt64(digit)
                    if isFraction { exponent -= 1 }
                }
            } else if byte == UInt8(ascii: ".") {
                isFraction = true
            } else if byte == UInt8(ascii: "e") {
                written = 0
            } else if byte == UInt8(ascii: "-") {
                isNegative = true
            }
        }
        exponent += isNegative ? -(written ?? 0) : written ?? 0
        normalize()
    }

    /// Drops zeros at the end.
    mutating func normalize() {
        while significand != 0, significand % 10 == 0 {
            significand /= 10
            exponent += 1
        }
    }

    /// A decimal that needs exactly one bit more than the format has lies halfway between two floats.
    ///
    /// Below 1 such a decimal has more digits than any shortest form; above 10^23 its odd part has too many bits.
    private func isHalfway(significandBitCount: Int) -> Bool {
        guard exponent >= 0, exponent <= 23, significand != 0 else { return false }
        var value = UInt128(significand)
        for _ in 0..<exponent { value *= 5 }
        return 128 - value.leadingZeroBitCount - value.trailingZeroBitCount == significandBitCount + 1
    }

    /// Finds the shortest decimal strictly between the neighbours' midpoints of `significand` × 2^`exponent`, an integer.
    private mutating func avoidHalfway(significand mantissa: UInt64, exponent binary: Int) {
        // In quarters of the float's last place, so that every bound is an integer.
        let isPowerOfTwo = mantissa & (mantissa - 1) == 0
        let value = BigInt(mantissa) << (binary + 2)
        let upper = value + BigInt(1) << (binary + 1)
        let lower = value - BigInt(1) << (isPowerOfTwo ? binary : binary + 1)
        var power = exponent + 1
        while power > 0 {
            power -= 1
            let step = BigInt(PowersOfTen.big(power)) << 2
            let (quotient, remainder) = value.quotientAndRemainder(dividingBy: step)
            let below = quotient * step
            let above = below + step
            let roundsUp = remainder * 2 > step || (remainder * 2 == step && quotient.words[0] & 1 == 1)
            let candidates = roundsUp ? [quotient + 1, quotient] : [quotient, quotient + 1]
            for candidate in candidates {
                let decimal = candidate == quotient ? below : above
                if decimal > lower, decimal < upper {
                    self.significand = UInt64(candidate)
                    self.exponent = power
                    return normalize()
                }
            }
        }
    }

    /// Replaces the decimal by |value| rounded to `digits` significant digits, an exact tie going to the even digit.
    mutating func round(toExactly value: Double, digits: Int) {
        let binary = Int((value.isNormal ? value : .leastNormalMagnitude).exponent) - 52
        let mantissa = BigUInt(value.significandBitPattern | (value.isNormal ? 1 << 52 : 0))
        // The first guess of the first digit's power is right or one too great.
        var shift = digits - (exponent + PowersOfTen.digitCount(significand))
        while true {
            let numerator = (mantissa << Swift.max(binary, 0)) * PowersOfTen.big(Swift.max(shift, 0))
            let denominator = (BigUInt(1) << Swift.max(-binary, 0)) * PowersOfTen.big(Swift.max(-shift, 0))
            var (quotient, rest) = numerator.quotientAndRemainder(dividingBy: denominator)
            let isOdd = quotient.words.first.map { $0 & 1 == 1 } ?? false
            if rest * 2 > denominator || (rest * 2 == denominator && isOdd) { quotient += 1 }
            if PowersOfTen.digitCount(quotient) >= digits {
                significand = UInt64(quotient)
                exponent = -shift
                return
            }
            shift += 1
        }
    }
}
