/// A fast 64-bit hash of bytes with a fixed seed: the same in every process and on every machine.
///
/// It places keys in tables and splits work. Correctness never rests on it being unique: who uses it compares the bytes too.
/// Each 16 bytes are mixed by one 64 × 64 → 128 bit multiplication whose halves are folded together (the wyhash construction).
public enum KeyHash {
    @usableFromInline static let seed: UInt64 = 0x9E37_79B9_7F4A_7C15
    @usableFromInline static let first: UInt64 = 0xD6E8_FEB8_6659_FD93
    @usableFromInline static let second: UInt64 = 0xA076_1D64_78BD_642F

    @inlinable
    public static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        let count = bytes.count
        guard count > 0, let base = bytes.baseAddress else { return mix(seed, first) }
        var state = seed
        var position = 0
        while count &- position > 16 {
            let low = base.loadUnaligned(fromByteOffset: position, as: UInt64.self)
            let high = base.loadUnaligned(fromByteOffset: position &+ 8, as: UInt64.self)
            state = mix(low ^ first, high ^ state)
            position &+= 16
        }
        // The last 1…16 bytes, read as two words that may overlap; the length tells such readings apart.
        let rest = count &- position
        var low: UInt64
        var high: UInt64 = 0
        if rest >= 8 {
            low = base.loadUnaligned(fromByteOffset: position, as: UInt64.self)
            high = base.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
        } else if rest >= 4 {
            low = UInt64(base.loadUnaligned(fromByteOffset: position, as: UInt32.self))
            high = UInt64(base.loadUnaligned(fromByteOffset: count &- 4, as: UInt32.self))
        } else {
            low = UInt64(base.load(fromByteOffset: position, as: UInt8.self)) &<< 16
            low |= UInt64(base.load(fromByteOffset: position &+ rest &>> 1, as: UInt8.self)) &<< 8
            low |= UInt64(base.load(fromByteOffset: count &- 1, as: UInt8.self))
        }
        return mix(second ^ UInt64(truncatingIfNeeded: count), mix(low ^ second, high ^ state))
    }

    /// The hash of one 64-bit value.
    @inlinable
    public static func hash(_ value: UInt64) -> UInt64 { mix(second ^ 8, mix(value ^ second, seed)) }

    @inlinable
    static func mix(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let (high, low) = left.multipliedFullWidth(by: right)
        return high ^ low
    }
}
