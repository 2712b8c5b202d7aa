public import BigInt

extension Int128 {
    /// The number itself, or nil when it needs more than 128 bits.
    ///
    /// In place of `Int128(exactly:)`, which is wrong for negative numbers of two words: it shifts them right, and BigInt 6.0.1 rounds
    /// that towards zero.
    public init?(fitting value: BigInt) {
        guard value.magnitude.bitWidth <= 128 else { return nil }
        var magnitude: UInt128 = 0
        for word in value.magnitude.words.reversed() { magnitude = magnitude << 64 | UInt128(word) }
        if value.sign == .plus {
            self.init(exactly: magnitude)
        } else {
            guard magnitude <= 1 << 127 else { return nil }
            self = 0 &- Int128(truncatingIfNeeded: magnitude)
        }
    }
}
