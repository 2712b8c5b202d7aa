/// Booleans and integers.
extension TextCodec {
    /// `t` or `f`.
    @inlinable
    public static func parseBool(_ text: UnsafeRawBufferPointer) -> Bool? {
        guard text.count == 1 else { return nil }
        switch text[0] {
        case UInt8(ascii: "t"): return true
        case UInt8(ascii: "f"): return false
        default: return nil
        }
    }

    /// An optional sign and decimal digits; nil when malformed or out of Int64's range.
    @inlinable
    public static func parseInt(_ text: UnsafeRawBufferPointer) -> Int64? {
        let count = text.count
        guard count > 0, let base = text.baseAddress else { return nil }
        let first = base.load(as: UInt8.self)
        let isNegative = first == UInt8(ascii: "-")
        var position = isNegative || first == UInt8(ascii: "+") ? 1 : 0
        guard position < count else { return nil }
        // 18 digits cannot overflow.
        guard count &- position <= 18 else { return parseLongInt(text, from: position, isNegative: isNegative) }
        var magnitude: Int64 = 0
        while position < count {
            let digit = base.load(fromByteOffset: position, as: UInt8.self) &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            magnitude = magnitude &* 10 &+ Int64(digit)
            position &+= 1
        }
        return isNegative ? 0 &- magnitude : magnitude
    }

    @usableFromInline
    static func parseLongInt(_ text: UnsafeRawBufferPointer, from start: Int, isNegative: Bool) -> Int64? {
        var value: Int64 = 0
        for byte in text[start...] {
            let digit = byte &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            let (product, productOverflows) = value.multipliedReportingOverflow(by: 10)
            // Summed on the negative side, where Int64 reaches one further.
            let (sum, sumOverflows) = product.subtractingReportingOverflow(Int64(digit))
            guard !productOverflows, !sumOverflows else { return nil }
            value = sum
        }
        if isNegative { return value }
        return value == .min ? nil : -value
    }
}

extension ByteSlab {
    /// Appends an integer in decimal.
    public mutating func append(decimal value: Int64) {
        if value < 0 { append(byte: UInt8(ascii: "-")) }
        append(decimal: value.magnitude, minimumDigits: 1)
    }

    /// Appends `value` in decimal, with zeros in front up to `minimumDigits` (at most 19).
    public mutating func append(decimal value: UInt64, minimumDigits: Int) {
        let digits = Swift.max(PowersOfTen.digitCount(value), minimumDigits)
        let place = extend(by: digits)
        var rest = value
        var position = digits
        while position > 0 {
            position &-= 1
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            place.storeBytes(
                of: UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: digit),
                toByteOffset: position,
                as: UInt8.self
            )
            rest = quotient
        }
    }

    /// Appends ASCII text.
    mutating func append(text: StaticString) {
        append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
}
