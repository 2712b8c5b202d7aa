/// A packed `numeric` whose coefficient fits in Int128, taken apart without allocation; the format is `Relational.Numeric`'s.
struct SmallNumeric: BitwiseCopyable {
    var coefficient: Int128
    var scale: Int

    @inline(__always)
    init(coefficient: Int128, scale: Int) {
        self.coefficient = coefficient
        self.scale = scale
    }

    /// Nil for NaN, infinities and coefficients beyond Int128.
    @inline(__always)
    init?(_ bytes: UnsafeRawBufferPointer) {
        let digits = bytes.count &- 3
        guard digits >= 0, digits <= 16, let base = bytes.baseAddress else { return nil }
        let sign = base.load(as: UInt8.self)
        guard sign <= 1 else { return nil }
        scale = Int(base.loadUnaligned(fromByteOffset: 1, as: UInt16.self).littleEndian)
        let low = Self.load(base + 3, min(digits, 8))
        var magnitude = Int128(truncatingIfNeeded: low)
        if digits > 8 {
            let high = Self.load(base + 11, digits &- 8)
            guard high >> 63 == 0 else { return nil }
            magnitude |= Int128(truncatingIfNeeded: high) &<< 64
        }
        coefficient = sign == 0 ? magnitude : 0 &- magnitude
    }

    /// An integer of 0 to 8 bytes, little-endian, in at most two loads and without reading past its end.
    @inline(__always)
    private static func load(_ place: UnsafeRawPointer, _ count: Int) -> UInt64 {
        if count == 8 { return place.loadUnaligned(as: UInt64.self).littleEndian }
        if count >= 4 {
            let low = UInt64(place.loadUnaligned(as: UInt32.self).littleEndian)
            let high = UInt64(place.loadUnaligned(fromByteOffset: count &- 4, as: UInt32.self).littleEndian)
            return low | high &<< UInt64(truncatingIfNeeded: (count &- 4) &* 8)
        }
        if count == 0 { return 0 }
        let first = UInt64(place.load(as: UInt8.self))
        let middle = UInt64(place.load(fromByteOffset: count &>> 1, as: UInt8.self))
        let last = UInt64(place.load(fromByteOffset: count &- 1, as: UInt8.self))
        return first | middle &<< UInt64(truncatingIfNeeded: (count &>> 1) &* 8)
            | last &<< UInt64(truncatingIfNeeded: (count &- 1) &* 8)
    }

    @inline(__always)
    func store(_ arena: inout Arena) -> UnsafeRawBufferPointer { Self.store(coefficient, scale: scale, &arena) }

    @inline(__always)
    static func store(_ coefficient: Int128, scale: Int, _ arena: inout Arena) -> UnsafeRawBufferPointer {
        let place = arena.allocate(19)
        place.storeBytes(of: coefficient < 0 ? 1 : 0, as: UInt8.self)
        place.storeBytes(of: UInt16(truncatingIfNeeded: scale).littleEndian, toByteOffset: 1, as: UInt16.self)
        let magnitude = coefficient.magnitude
        let (low, high) = (UInt64(truncatingIfNeeded: magnitude), UInt64(truncatingIfNeeded: magnitude &>> 64))
        place.storeBytes(of: low.littleEndian, toByteOffset: 3, as: UInt64.self)
        place.storeBytes(of: high.littleEndian, toByteOffset: 11, as: UInt64.self)
        let digits = high == 0 ? 8 - low.leadingZeroBitCount &>> 3 : 16 - high.leadingZeroBitCount &>> 3
        return UnsafeRawBufferPointer(start: place, count: 3 &+ digits)
    }

    /// 10^exponent for 0…38.
    @inline(__always)
    static func powerOfTen(_ exponent: Int) -> Int128 { powers[exponent] }

    // Unsafe: a table that is written once; a pointer costs no lock and no bounds check in the loop.
    nonisolated(unsafe) private static let powers: UnsafeMutablePointer<Int128> = {
        let table = UnsafeMutablePointer<Int128>.allocate(capacity: 39)
        var power: Int128 = 1
        for exponent in 0..<39 {
            table[exponent] = power
            if exponent < 38 { power *= 10 }
        }
        return table
    }()

    /// The same value with `newScale` ≥ `scale` digits after the point, or nil beyond Int128.
    @inline(__always)
    func coefficient(atScale newScale: Int) -> Int128? {
        let difference = newScale &- scale
        if difference == 0 { return coefficient }
        guard difference <= 38 else { return coefficient == 0 ? 0 : nil }
        let (value, over) = coefficient.multipliedReportingOverflow(by: Self.powerOfTen(difference))
        return over ? nil : value
    }
}
