/// One value while a program runs: an 8-byte slot as in a packed row, or the place of bytes in a row, a constant or the arena.
struct Register: BitwiseCopyable {
    // Unsafe: addresses into rows and scratch memory, valid while one row is evaluated; no value is copied to the heap.
    var bits: UInt64
    var byteCount: Int32
    var isNull: Bool

    static let null = Register(bits: 0, byteCount: 0, isNull: true)

    @inline(__always)
    init(bits: UInt64, byteCount: Int32, isNull: Bool) {
        self.bits = bits
        self.byteCount = byteCount
        self.isNull = isNull
    }

    @inline(__always)
    init(int value: Int64) { self.init(bits: UInt64(bitPattern: value), byteCount: 0, isNull: false) }

    @inline(__always)
    init(float value: Double) { self.init(bits: value.bitPattern, byteCount: 0, isNull: false) }

    @inline(__always)
    init(bool value: Bool) { self.init(bits: value ? 1 : 0, byteCount: 0, isNull: false) }

    @inline(__always)
    init(bytes value: UnsafeRawBufferPointer) {
        self.init(
            bits: UInt64(UInt(bitPattern: value.baseAddress)),
            byteCount: Int32(truncatingIfNeeded: value.count),
            isNull: false
        )
    }

    @inline(__always)
    var int: Int64 { Int64(bitPattern: bits) }

    @inline(__always)
    var float: Double { Double(bitPattern: bits) }

    @inline(__always)
    var bool: Bool { bits != 0 }

    @inline(__always)
    var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: UInt(bits)), count: Int(byteCount))
    }
}
