import Relational

/// What a float sum needs when values are special or too far apart for the block's window.
struct FloatExtra {
    var nanCount: Int64 = 0
    var positiveInfinityCount: Int64 = 0
    var negativeInfinityCount: Int64 = 0
    var negativeZeroCount: Int64 = 0
    /// The whole sum, once it left the window; the block's is void then.
    var exact: ExactFloatSum?
}

/// The exact sum of floats, rounded once when read: the same for any order of the rows, and retractable.
///
/// The block holds a window of 127 bits, placed so that values like the first one have 40 bits below and 34 above them. A value outside moves
/// the sum into an `ExactFloatSum`, for as long as the group lives.
enum FloatSum {
    private static let roomBelow = 40

    @inline(__always)
    static func add(
        _ value: Double,
        weight: Int64,
        to block: UnsafeMutableRawPointer,
        _ extras: inout ExtraPool<FloatExtra>
    ) throws(DataflowError) {
        let count = try block.load(fromByteOffset: 16, as: Int64.self).plusWeight(weight)
        block.storeBytes(of: count, toByteOffset: 16, as: Int64.self)
        guard value.isFinite && value != 0 else { return try addSpecial(value, weight, block, &extras) }
        let exponentBits = Int(value.exponentBitPattern)
        var mantissa = value.significandBitPattern | (exponentBits == 0 ? 0 : 1 << 52)
        var exponent = max(exponentBits, 1) &- 1075
        let zeros = mantissa.trailingZeroBitCount
        mantissa >>= UInt64(zeros)
        exponent &+= zeros
        let place = block.load(fromByteOffset: 28, as: UInt32.self)
        if place == 0 || extras[place].exact == nil {
            let sum = block.loadInt128()
            if sum == 0 {
                let lowest = max(exponent &- roomBelow, ExactFloatSum.leastExponent)
                block.storeBytes(of: Int32(truncatingIfNeeded: lowest), toByteOffset: 24, as: Int32.self)
            }
            let shift = exponent &- Int(block.load(fromByteOffset: 24, as: Int32.self))
            let bitCount = 128 &- mantissa.leadingZeroBitCount &- weight.magnitude.leadingZeroBitCount
            if shift >= 0 && bitCount &+ shift <= 125 {
                let term = Int128(mantissa) &* Int128(weight) << Int128(shift)
                let (after, overflow) =
                    value < 0 ? sum.subtractingReportingOverflow(term) : sum.addingReportingOverflow(term)
                if !overflow {
                    block.storeInt128(after)
                    return
                }
            }
        }
        addExactly(mantissa, exponent, isNegative: (value < 0) != (weight < 0), weight.magnitude, block, &extras)
    }

    private static func makeExtra(
        _ block: UnsafeMutableRawPointer,
        _ extras: inout ExtraPool<FloatExtra>
    ) -> UInt32 {
        let place = block.load(fromByteOffset: 28, as: UInt32.self)
        guard place == 0 else { return place }
        let fresh = extras.add(FloatExtra())
        block.storeBytes(of: fresh, toByteOffset: 28, as: UInt32.self)
        return fresh
    }

    private static func addSpecial(
        _ value: Double,
        _ weight: Int64,
        _ block: UnsafeMutableRawPointer,
        _ extras: inout ExtraPool<FloatExtra>
    ) throws(DataflowError) {
        if value == 0 && value.sign == .plus { return }
        let place = makeExtra(block, &extras)
        if value.isNaN {
            extras[place].nanCount = try extras[place].nanCount.plusWeight(weight)
        } else if value == 0 {
            extras[place].negativeZeroCount = try extras[place].negativeZeroCount.plusWeight(weight)
        } else if value > 0 {
            extras[place].positiveInfinityCount = try extras[place].positiveInfinityCount.plusWeight(weight)
        } else {
            extras[place].negativeInfinityCount = try extras[place].negativeInfinityCount.plusWeight(weight)
        }
    }

    private static func addExactly(
        _ mantissa: UInt64,
        _ exponent: Int,
        isNegative: Bool,
        _ times: UInt64,
        _ block: UnsafeMutableRawPointer,
        _ extras: inout ExtraPool<FloatExtra>
    ) {
        let place = makeExtra(block, &extras)
        var exact = extras[place].exact.take() ?? spilled(block)
        exact.add(UInt128(mantissa) * UInt128(times), exponent: exponent, isNegative: isNegative)
        extras[place].exact = exact
    }

    /// The window's sum in an accumulator.
    private static func spilled(_ block: UnsafeMutableRawPointer) -> ExactFloatSum {
        var exact = ExactFloatSum()
        let sum = block.loadInt128()
        if sum != 0 {
            let exponent = Int(block.load(fromByteOffset: 24, as: Int32.self))
            exact.add(sum.magnitude, exponent: exponent, isNegative: sum < 0)
        }
        return exact
    }

    /// The sum of at least one value, rounded once; nil when finite values sum up beyond the range.
    static func result<Value: BinaryFloatingPoint>(
        _ block: UnsafeMutableRawPointer,
        _ extras: borrowing ExtraPool<FloatExtra>,
        as _: Value.Type
    ) -> Value? {
        let place = block.load(fromByteOffset: 28, as: UInt32.self)
        let extra = place == 0 ? FloatExtra() : extras[place]
        if extra.nanCount > 0 || (extra.positiveInfinityCount > 0 && extra.negativeInfinityCount > 0) { return .nan }
        if extra.positiveInfinityCount > 0 { return .infinity }
        if extra.negativeInfinityCount > 0 { return -.infinity }
        let count = block.load(fromByteOffset: 16, as: Int64.self)
        if count > 0 && extra.negativeZeroCount == count { return -0.0 }
        let value: Value
        if let exact = extra.exact {
            let leading = exact.leading
            value = FloatRounding.round(
                leading.magnitude,
                exponent: leading.exponent,
                isNegative: leading.isNegative,
                to: Value.self
            )
        } else {
            let sum = block.loadInt128()
            let exponent = Int(block.load(fromByteOffset: 24, as: Int32.self))
            value = FloatRounding.round(sum.magnitude, exponent: exponent, isNegative: sum < 0, to: Value.self)
        }
        return value.isFinite ? value : nil
    }
}
