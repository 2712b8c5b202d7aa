/// Floating point: the shortest text that reads back as the same bits, in Postgres's layout.
///
/// 1. `NaN`, `Infinity`, `-Infinity`, `0`, `-0`.
/// 2. Decimal exponents −4…14 (−4…5 for `float4`) are written out: `0.0001`, `123456.79`.
/// 3. Others as `d.ddde+XX`, the exponent with its sign and at least two digits.
extension TextCodec {
    /// The nearest Double; nil when malformed, or too large or too small for one.
    public static func parseFloat8(_ text: UnsafeRawBufferPointer) -> Double? {
        guard let number = FloatText(text) else { return nil }
        switch number.kind {
        case .nan: return .nan
        case .infinity: return number.isNegative ? -.infinity : .infinity
        case .finite: break
        }
        var magnitude: Double
        if number.isExact, number.significand <= 1 << 53, number.exponent.magnitude <= 22 {
            // Both operands are exact, so one rounding remains (Clinger's fast path).
            let power = powersOfTen[Int(number.exponent.magnitude)]
            let significand = Double(number.significand)
            magnitude = number.exponent < 0 ? significand / power : significand * power
        } else {
            guard let value = Double(String(decoding: number.unsigned, as: UTF8.self)), value.isFinite else {
                return nil
            }
            magnitude = value
            if magnitude == 0, !number.isZero { return nil }
        }
        if number.isNegative { magnitude = -magnitude }
        return magnitude
    }

    /// The nearest Float; nil when malformed, or too large or too small for one.
    public static func parseFloat4(_ text: UnsafeRawBufferPointer) -> Float? {
        guard let number = FloatText(text) else { return nil }
        switch number.kind {
        case .nan: return .nan
        case .infinity: return number.isNegative ? -.infinity : .infinity
        case .finite: break
        }
        var magnitude: Float
        if number.isExact, number.significand <= 1 << 24, number.exponent.magnitude <= 10 {
            let power = Float(powersOfTen[Int(number.exponent.magnitude)])
            let significand = Float(number.significand)
            magnitude = number.exponent < 0 ? significand / power : significand * power
        } else {
            guard let value = Float(String(decoding: number.unsigned, as: UTF8.self)), value.isFinite else {
                return nil
            }
            magnitude = value
            if magnitude == 0, !number.isZero { return nil }
        }
        if number.isNegative { magnitude = -magnitude }
        return magnitude
    }

    private static let powersOfTen: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22,
    ]

    static func append(float8 value: Double, to output: inout ByteSlab) {
        if appendSpecial(value, to: &output) { return }
        append(ShortestDecimal(value.magnitude), exponentLimit: 15, to: &output)
    }

    /// `value` is a Float, widened.
    static func append(float4 value: Double, to output: inout ByteSlab) {
        if appendSpecial(value, to: &output) { return }
        append(ShortestDecimal(Float(value).magnitude), exponentLimit: 6, to: &output)
    }

    /// Writes the sign, and everything when the value has no digits.
    private static func appendSpecial(_ value: Double, to output: inout ByteSlab) -> Bool {
        if value.isNaN {
            output.append(text: "NaN")
            return true
        }
        if value.sign == .minus { output.append(byte: UInt8(ascii: "-")) }
        if value.isInfinite {
            output.append(text: "Infinity")
            return true
        }
        if value == 0 { output.append(byte: UInt8(ascii: "0")) }
        return value == 0
    }

    private static func append(_ decimal: ShortestDecimal, exponentLimit: Int, to output: inout ByteSlab) {
        let digits = PowersOfTen.digitCount(decimal.significand)
        let exponent = decimal.exponent + digits - 1
        if exponent >= -4, exponent < exponentLimit {
            output.append(coefficient: decimal.significand, scale: -decimal.exponent)
            return
        }
        output.append(coefficient: decimal.significand, scale: digits - 1)
        output.append(byte: UInt8(ascii: "e"))
        output.append(byte: exponent < 0 ? UInt8(ascii: "-") : UInt8(ascii: "+"))
        output.append(decimal: UInt64(exponent.magnitude), minimumDigits: 2)
    }
}

extension ByteSlab {
    /// Appends `coefficient` / 10^`scale` with `scale` digits after the point, zeros before it when negative.
    mutating func append(coefficient: UInt64, scale: Int) {
        if scale <= 0 {
            append(decimal: coefficient, minimumDigits: 1)
            for _ in 0..<(coefficient == 0 ? 0 : -scale) { append(byte: UInt8(ascii: "0")) }
            return
        }
        let digits = PowersOfTen.digitCount(coefficient)
        if scale >= digits {
            append(byte: UInt8(ascii: "0"))
            append(byte: UInt8(ascii: "."))
            for _ in 0..<(scale - Swift.max(digits, 1)) { append(byte: UInt8(ascii: "0")) }
            append(decimal: coefficient, minimumDigits: 1)
        } else {
            let (whole, fraction) = coefficient.quotientAndRemainder(dividingBy: PowersOfTen.words[scale])
            append(decimal: whole, minimumDigits: 1)
            append(byte: UInt8(ascii: "."))
            append(decimal: fraction, minimumDigits: scale)
        }
    }
}

/// The parts of a float's text, checked for form.
private struct FloatText {
    enum Kind { case finite, nan, infinity }

    var kind = Kind.finite
    var isNegative = false
    /// The first 19 digits; all of them when `isExact`.
    var significand: UInt64 = 0
    var exponent = 0
    var isExact = true
    /// The text without its sign.
    var unsigned: UnsafeRawBufferPointer

    /// Whether every digit is 0.
    var isZero: Bool { significand == 0 }

    init?(_ text: UnsafeRawBufferPointer) {
        guard let first = text.first else { return nil }
        isNegative = first == UInt8(ascii: "-")
        let start = isNegative || first == UInt8(ascii: "+") ? 1 : 0
        unsigned = UnsafeRawBufferPointer(rebasing: text[start...])
        if unsigned.count == 8, unsigned.elementsEqual("Infinity".utf8) {
            kind = .infinity
        } else if start == 0, unsigned.count == 3, unsigned.elementsEqual("NaN".utf8) {
            kind = .nan
        } else if !readNumber() {
            return nil
        }
    }

    /// Digits with at most one point, then perhaps an exponent.
    private mutating func readNumber() -> Bool {
        var position = 0
        var hasDigit = false
        var hasPoint = false
        while position < unsigned.count {
            let byte = unsigned[position]
            let digit = byte &- UInt8(ascii: "0")
            if digit < 10 {
                hasDigit = true
                if significand < 1_000_000_000_000_000_000 {
                    significand = significand * 10 + UInt64(digit)
                    if hasPoint { exponent -= 1 }
                } else {
                    isExact = false
                }
            } else if byte == UInt8(ascii: "."), !hasPoint {
                hasPoint = true
            } else {
                break
            }
            position += 1
        }
        guard hasDigit else { return false }
        guard position < unsigned.count else { return true }
        return readExponent(from: position)
    }

    private mutating func readExponent(from start: Int) -> Bool {
        guard unsigned[start] | 0x20 == UInt8(ascii: "e"), start + 1 < unsigned.count else { return false }
        let sign = unsigned[start + 1]
        let isSigned = sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+")
        let digits = unsigned[(start + (isSigned ? 2 : 1))...]
        guard !digits.isEmpty else { return false }
        var written = 0
        for byte in digits {
            let digit = byte &- UInt8(ascii: "0")
            guard digit < 10 else { return false }
            written = Swift.min(written * 10 + Int(digit), 1_000_000)
        }
        exponent += sign == UInt8(ascii: "-") ? -written : written
        return true
    }
}
