#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// The order of keys and payloads: byte by byte, and what ends first is less.
enum KeyOrder {
    /// Below, at or above 0 as `left` is less than, equal to or greater than `right`.
    @inline(__always)
    static func compare(
        _ left: UnsafeRawPointer,
        _ leftCount: Int,
        _ right: UnsafeRawPointer,
        _ rightCount: Int
    ) -> Int {
        let order = memcmp(left, right, min(leftCount, rightCount))
        return order == 0 ? leftCount &- rightCount : Int(order)
    }

    @inline(__always)
    static func compare(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
        // Empty buffers may have no address.
        guard let first = left.baseAddress, let second = right.baseAddress else { return left.count &- right.count }
        return compare(first, left.count, second, right.count)
    }

    /// How many bytes at the front are equal, `limit` at most; both sides hold that many.
    @inline(__always)
    static func common(_ left: UnsafeRawPointer, _ right: UnsafeRawPointer, limit: Int) -> Int {
        var position = 0
        while position &+ 8 <= limit {
            let difference =
                left.loadUnaligned(fromByteOffset: position, as: UInt64.self).littleEndian
                ^ right.loadUnaligned(fromByteOffset: position, as: UInt64.self).littleEndian
            if difference != 0 { return position &+ difference.trailingZeroBitCount &>> 3 }
            position &+= 8
        }
        while position < limit,
            left.load(fromByteOffset: position, as: UInt8.self) == right.load(fromByteOffset: position, as: UInt8.self)
        {
            position &+= 1
        }
        return position
    }
}
