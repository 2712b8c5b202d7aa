import Relational

/// The sum of integers in Int128, which 2⁶³ of the greatest of them cannot exceed, and the count of values.
enum IntegerSum {
    @inline(__always)
    static func add(_ value: Int64, weight: Int64, to block: UnsafeMutableRawPointer) throws(DataflowError) {
        let count = try block.load(fromByteOffset: 16, as: Int64.self).plusWeight(weight)
        block.storeBytes(of: count, toByteOffset: 16, as: Int64.self)
        let product = value.multipliedFullWidth(by: weight)
        block.storeInt128(block.loadInt128() &+ (Int128(product.high) << 64 | Int128(product.low)))
    }
}

extension UnsafeMutableRawPointer {
    /// An Int128 at an 8-byte boundary.
    @inline(__always)
    func loadInt128() -> Int128 {
        Int128(load(fromByteOffset: 8, as: Int64.self)) << 64 | Int128(load(as: UInt64.self))
    }

    @inline(__always)
    func storeInt128(_ value: Int128) {
        storeBytes(of: UInt64(truncatingIfNeeded: value), as: UInt64.self)
        storeBytes(of: Int64(truncatingIfNeeded: value >> 64), toByteOffset: 8, as: Int64.self)
    }
}
