import BigInt
import Relational

/// The packed bytes of a `numeric`, read and written without making a `Numeric`: sums touch one per row.
struct NumericBytes {
    enum Kind: UInt8 {
        case positive, negative, nan, positiveInfinity, negativeInfinity
    }

    let bytes: UnsafeRawBufferPointer

    /// The kind; bytes that are no numeric read as NaN.
    @inline(__always)
    var kind: Kind { bytes.count < 3 ? .nan : Kind(rawValue: bytes[0]) ?? .nan }

    @inline(__always)
    var scale: Int { Int(bytes[1]) | Int(bytes[2]) << 8 }

    /// The signed coefficient of a finite value, or nil beyond 120 bits.
    ///
    /// Reads whole words that end with the value: in a packed row at least 8 bytes stand before any value.
    @inline(__always)
    func smallCoefficient(isNegative: Bool) -> Int128? {
        let count = bytes.count &- 3
        guard count > 0, let base = bytes.baseAddress else { return 0 }
        guard count <= 15 else { return nil }
        let last = base.loadUnaligned(fromByteOffset: bytes.count &- 8, as: UInt64.self)
        let magnitude: Int128
        if count <= 8 {
            magnitude = Int128(truncatingIfNeeded: last >> UInt64(truncatingIfNeeded: 64 &- 8 &* count))
        } else {
            let low = base.loadUnaligned(fromByteOffset: 3, as: UInt64.self)
            let high = last >> UInt64(truncatingIfNeeded: 128 &- 8 &* count)
            magnitude = Int128(truncatingIfNeeded: UInt128(high) << 64 | UInt128(low))
        }
        return isNegative ? -magnitude : magnitude
    }

    /// The signed coefficient of a finite value of any size.
    func coefficient(isNegative: Bool) -> BigInt {
        var magnitude = BigUInt()
        for byte in bytes.dropFirst(3).reversed() { magnitude = magnitude << 8 | BigUInt(byte) }
        return BigInt(sign: isNegative ? .minus : .plus, magnitude: magnitude)
    }

    /// Sets a column to a finite value of any size.
    static func set(
        _ column: Int,
        _ coefficient: some SignedInteger,
        scale: Int,
        in row: Int,
        of slab: inout ByteSlab
    ) {
        let start = slab.beginBytes(column, in: row)
        appendHeader(coefficient < 0 ? .negative : .positive, scale, to: &slab)
        var rest = coefficient.magnitude
        while rest > 0 {
            slab.append(byte: UInt8(truncatingIfNeeded: rest))
            rest >>= 8
        }
        slab.endBytes(column, from: start, in: row)
    }

    /// Sets a column to NaN or an infinity.
    static func set(_ column: Int, _ kind: Kind, in row: Int, of slab: inout ByteSlab) {
        let start = slab.beginBytes(column, in: row)
        appendHeader(kind, 0, to: &slab)
        slab.endBytes(column, from: start, in: row)
    }

    private static func appendHeader(_ kind: Kind, _ scale: Int, to slab: inout ByteSlab) {
        slab.append(byte: kind.rawValue)
        slab.append(integer: UInt16(truncatingIfNeeded: scale))
    }

    /// 10^`exponent`, or nil beyond Int128.
    @inline(__always)
    static func power(_ exponent: Int) -> Int128? { exponent < powers.count ? powers[exponent] : nil }

    private static let powers: [Int128] = (0...38).map { exponent in
        (0..<exponent).reduce(Int128(1)) { power, _ in power * 10 }
    }
}
