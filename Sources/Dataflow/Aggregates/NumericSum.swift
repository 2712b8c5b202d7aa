import BigInt
import Relational

/// What a numeric sum needs when its values are not all finite, of one display scale, and within Int128.
struct NumericExtra {
    /// How many finite values have each display scale; ascending, no count 0.
    var scales: [(scale: Int, count: Int64)] = []
    var nanCount: Int64 = 0
    var positiveInfinityCount: Int64 = 0
    var negativeInfinityCount: Int64 = 0
    /// The sum, once it went beyond Int128; the block's is void then.
    var wide: BigInt?

    mutating func count(scale: Int, _ weight: Int64) throws(DataflowError) {
        let place = scales.firstIndex { $0.scale >= scale } ?? scales.count
        if place < scales.count && scales[place].scale == scale {
            scales[place].count = try scales[place].count.plusWeight(weight)
            if scales[place].count == 0 { scales.remove(at: place) }
        } else {
            scales.insert((scale, weight), at: place)
        }
    }
}

/// The exact sum of numerics with what Postgres's result depends on: the count, the greatest display scale held, NaN and infinities.
///
/// 1. While all values of a group are finite and of one display scale, the block alone holds the sum: an Int128 at that scale.
/// 2. Otherwise an extra counts the values of each scale, so that the result's scale falls again when the last value of the greatest one is
///    deleted; the sum itself stays at the greatest scale ever seen.
/// 3. Beyond Int128 the sum moves to a BigInt, for as long as the group lives.
enum NumericSum {
    @inline(__always)
    static func add(
        _ value: NumericBytes,
        weight: Int64,
        to block: UnsafeMutableRawPointer,
        _ extras: inout ExtraPool<NumericExtra>
    ) throws(DataflowError) {
        let kind = value.kind
        let count = block.load(fromByteOffset: 16, as: Int64.self)
        if block.load(fromByteOffset: 28, as: UInt32.self) == 0 && kind.rawValue <= NumericBytes.Kind.negative.rawValue,
            let coefficient = value.smallCoefficient(isNegative: kind == .negative)
        {
            let scale = value.scale
            let sum = block.loadInt128()
            let isFresh = count == 0 && sum == 0
            if isFresh || scale == Int(block.load(fromByteOffset: 24, as: UInt16.self)) {
                let (product, overflow) = coefficient.multipliedReportingOverflow(by: Int128(weight))
                let (after, overflow2) = sum.addingReportingOverflow(product)
                if !overflow && !overflow2 {
                    block.storeInt128(after)
                    block.storeBytes(of: try count.plusWeight(weight), toByteOffset: 16, as: Int64.self)
                    if isFresh {
                        block.storeBytes(of: UInt16(truncatingIfNeeded: scale), toByteOffset: 24, as: UInt16.self)
                    }
                    return
                }
            }
        }
        try addSlowly(value, kind, weight, count, block, &extras)
    }

    private static func addSlowly(
        _ value: NumericBytes,
        _ kind: NumericBytes.Kind,
        _ weight: Int64,
        _ count: Int64,
        _ block: UnsafeMutableRawPointer,
        _ extras: inout ExtraPool<NumericExtra>
    ) throws(DataflowError) {
        var place = block.load(fromByteOffset: 28, as: UInt32.self)
        if place == 0 {
            var extra = NumericExtra()
            if count != 0 {
                extra.scales = [(Int(block.load(fromByteOffset: 24, as: UInt16.self)), count)]
            }
            place = extras.add(extra)
            block.storeBytes(of: place, toByteOffset: 28, as: UInt32.self)
        }
        block.storeBytes(of: try count.plusWeight(weight), toByteOffset: 16, as: Int64.self)
        switch kind {
        case .nan: extras[place].nanCount = try extras[place].nanCount.plusWeight(weight)
        case .positiveInfinity:
            extras[place].positiveInfinityCount = try extras[place].positiveInfinityCount.plusWeight(weight)
        case .negativeInfinity:
            extras[place].negativeInfinityCount = try extras[place].negativeInfinityCount.plusWeight(weight)
        case .positive, .negative:
            let scale = value.scale
            try extras[place].count(scale: scale, weight)
            if addSmall(value, scale, weight, block, extras[place].wide != nil) { return }
            addWide(value, scale, weight, block, &extras[place])
        }
    }

    /// Adds within Int128; false when it cannot.
    private static func addSmall(
        _ value: NumericBytes,
        _ scale: Int,
        _ weight: Int64,
        _ block: UnsafeMutableRawPointer,
        _ isWide: Bool
    ) -> Bool {
        guard !isWide, let coefficient = value.smallCoefficient(isNegative: value.kind == .negative) else {
            return false
        }
        let sumScale = Int(block.load(fromByteOffset: 24, as: UInt16.self))
        let target = max(scale, sumScale)
        guard let raise = NumericBytes.power(target - scale), let raiseSum = NumericBytes.power(target - sumScale)
        else { return false }
        let (raised, overflow) = coefficient.multipliedReportingOverflow(by: raise)
        let (product, overflow2) = raised.multipliedReportingOverflow(by: Int128(weight))
        let (sum, overflow3) = block.loadInt128().multipliedReportingOverflow(by: raiseSum)
        let (after, overflow4) = sum.addingReportingOverflow(product)
        guard !(overflow || overflow2 || overflow3 || overflow4) else { return false }
        block.storeInt128(after)
        block.storeBytes(of: UInt16(truncatingIfNeeded: target), toByteOffset: 24, as: UInt16.self)
        return true
    }

    private static func addWide(
        _ value: NumericBytes,
        _ scale: Int,
        _ weight: Int64,
        _ block: UnsafeMutableRawPointer,
        _ extra: inout NumericExtra
    ) {
        let sumScale = Int(block.load(fromByteOffset: 24, as: UInt16.self))
        let target = max(scale, sumScale)
        let ten = BigInt(10)
        let sum = (extra.wide ?? BigInt(block.loadInt128())) * ten.power(target - sumScale)
        extra.wide =
            sum + value.coefficient(isNegative: value.kind == .negative) * ten.power(target - scale) * BigInt(weight)
        block.storeBytes(of: UInt16(truncatingIfNeeded: target), toByteOffset: 24, as: UInt16.self)
    }

    /// The sum as Postgres has it.
    enum Result {
        case small(Int128, scale: Int)
        case wide(BigInt, scale: Int)
        case special(NumericBytes.Kind)
    }

    /// The sum of at least one value.
    static func result(_ block: UnsafeMutableRawPointer, _ extras: borrowing ExtraPool<NumericExtra>) -> Result {
        let place = block.load(fromByteOffset: 28, as: UInt32.self)
        let sumScale = Int(block.load(fromByteOffset: 24, as: UInt16.self))
        guard place != 0 else { return .small(block.loadInt128(), scale: sumScale) }
        let extra = extras[place]
        if extra.nanCount > 0 || (extra.positiveInfinityCount > 0 && extra.negativeInfinityCount > 0) {
            return .special(.nan)
        }
        if extra.positiveInfinityCount > 0 { return .special(.positiveInfinity) }
        if extra.negativeInfinityCount > 0 { return .special(.negativeInfinity) }
        // No value held has more digits than this, so the sum's further ones are zeros.
        let scale = extra.scales.last?.scale ?? 0
        if let wide = extra.wide {
            let lowered = wide / BigInt(10).power(max(sumScale - scale, 0))
            if let small = Int128(fitting: lowered) { return .small(small, scale: scale) }
            return .wide(lowered, scale: scale)
        }
        guard let power = NumericBytes.power(sumScale - scale) else { return .small(0, scale: scale) }
        return .small(block.loadInt128() / power, scale: scale)
    }
}
