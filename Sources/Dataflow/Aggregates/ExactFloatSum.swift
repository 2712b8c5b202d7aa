import Relational

/// An exact sum of finite doubles as one wide two's-complement number: bit 0 has the value 2⁻¹⁰⁷⁴.
///
/// 2304 bits hold the sum of 2⁶³ of the greatest doubles. Order-free and retractable, since nothing is ever rounded. The idea is
/// Kulisch's long accumulator.
struct ExactFloatSum {
    private static let wordCount = 36
    static let leastExponent = -1074

    private var words = [UInt64](repeating: 0, count: wordCount)

    init() {}

    /// Reads what `encode` wrote; the owner checks that nothing was missing.
    init(from input: inout StateBytes) {
        for word in words.indices { words[word] = UInt64(bitPattern: input.zigzag()) }
    }

    func encode(into slab: inout ByteSlab) {
        for word in words { slab.append(zigzag: Int64(bitPattern: word)) }
    }

    /// Adds ± `magnitude` · 2^`exponent`; the exponent is at least −1074.
    mutating func add(_ magnitude: UInt128, exponent: Int, isNegative: Bool) {
        let position = exponent - Self.leastExponent
        var word = position >> 6
        let bit = UInt64(position & 63)
        let low = UInt64(truncatingIfNeeded: magnitude)
        let high = UInt64(truncatingIfNeeded: magnitude >> 64)
        let parts = (low << bit, high << bit | (bit == 0 ? 0 : low >> (64 - bit)), bit == 0 ? 0 : high >> (64 - bit))
        var carry = isNegative ? subtract(parts.0, at: word, 0) : add(parts.0, at: word, 0)
        carry = isNegative ? subtract(parts.1, at: word + 1, carry) : add(parts.1, at: word + 1, carry)
        carry = isNegative ? subtract(parts.2, at: word + 2, carry) : add(parts.2, at: word + 2, carry)
        word += 3
        while carry != 0 && word < Self.wordCount {
            carry = isNegative ? subtract(0, at: word, carry) : add(0, at: word, carry)
            word += 1
        }
    }

    private mutating func add(_ value: UInt64, at word: Int, _ carry: UInt64) -> UInt64 {
        let (first, overflow) = words[word].addingReportingOverflow(value)
        let (second, overflow2) = first.addingReportingOverflow(carry)
        words[word] = second
        return overflow || overflow2 ? 1 : 0
    }

    private mutating func subtract(_ value: UInt64, at word: Int, _ borrow: UInt64) -> UInt64 {
        let (first, overflow) = words[word].subtractingReportingOverflow(value)
        let (second, overflow2) = first.subtractingReportingOverflow(borrow)
        words[word] = second
        return overflow || overflow2 ? 1 : 0
    }

    /// The sum as sign, 128 leading bits and exponent; bit 0 also stands for everything below it.
    var leading: (magnitude: UInt128, exponent: Int, isNegative: Bool) {
        let isNegative = words[Self.wordCount - 1] >> 63 != 0
        var magnitude = words
        if isNegative {
            var carry: UInt64 = 1
            for word in magnitude.indices {
                let (sum, overflow) = (~magnitude[word]).addingReportingOverflow(carry)
                magnitude[word] = sum
                carry = overflow ? 1 : 0
            }
        }
        guard let top = magnitude.lastIndex(where: { $0 != 0 }) else { return (0, 0, false) }
        // Three words hold more than 128 leading bits; what is below them only decides whether the value is a tie.
        let first = max(top - 2, 0)
        let isSticky = magnitude[..<first].contains { $0 != 0 }
        var bits = UInt128(magnitude[min(first + 1, top)]) << 64 | UInt128(magnitude[first])
        var exponent = first * 64 + Self.leastExponent
        if top == first { bits = UInt128(magnitude[first]) }
        var dropped = false
        if top == first + 2 {
            let shift = 64 - magnitude[top].leadingZeroBitCount
            dropped = bits & ((1 << UInt128(shift)) - 1) != 0
            bits = bits >> UInt128(shift) | UInt128(magnitude[top]) << UInt128(128 - shift)
            exponent += shift
        }
        if isSticky || dropped { bits |= 1 }
        return (bits, exponent, isNegative)
    }
}

/// Rounding of an exact binary number to the nearest float, ties to even.
enum FloatRounding {
    /// ± `magnitude` · 2^`exponent`, rounded once; infinite when out of range. Bit 0 may be sticky when the magnitude has over 64 bits.
    static func round<Value: BinaryFloatingPoint>(
        _ magnitude: UInt128,
        exponent: Int,
        isNegative: Bool,
        to _: Value.Type
    ) -> Value {
        guard magnitude != 0 else { return 0 }
        let bitCount = 128 - magnitude.leadingZeroBitCount
        let least = Int(Value.leastNonzeroMagnitude.exponent)
        // Bits that the result can hold at this magnitude, fewer for subnormals.
        let kept = Swift.min(Value.significandBitCount + 1, exponent + bitCount - least)
        let shift = bitCount - kept
        var significand = magnitude
        var scale = exponent
        if kept < 0 { return isNegative ? -0.0 : 0 }
        if shift > 0 {
            let half = UInt128(1) << UInt128(shift - 1)
            let rest = shift == 128 ? magnitude : magnitude & ((UInt128(1) << UInt128(shift)) - 1)
            significand = shift == 128 ? 0 : magnitude >> UInt128(shift)
            if rest > half || (rest == half && significand & 1 != 0) { significand += 1 }
            scale += shift
        }
        let value = Value(sign: .plus, exponent: Value.Exponent(scale), significand: Value(UInt64(significand)))
        return isNegative ? -value : value
    }
}
