#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Memory for the blocks of one state: one growing region, 16-byte units, freed blocks kept in lists by size.
///
/// A block is named by its unit number, so that a place is four bytes (64 GiB a state) and survives growth. Blocks of up to 2 KiB have
/// a list for each size; larger ones are rounded up by at most an eighth. When the last block is freed all memory is given back.
///
/// Unsafe: blocks are raw memory (the measured shape of join state); an owner keeps offset and size of each block together.
struct Arena: ~Copyable {
    /// Never a block: offset 0 means none.
    static let none: UInt32 = 0
    private static let exactClasses = 128
    /// 2 MiB, which malloc surely maps by themselves.
    private static let largeUnits = 1 << 17

    private(set) var base: UnsafeMutableRawPointer
    private var usedUnits = 1
    private var heldUnits = 0
    private var liveUnits = 0
    private var freeLists = FreeLists()

    init() { base = UnsafeMutableRawPointer(bitPattern: 16).unsafelyUnwrapped }

    deinit { if heldUnits > 0 { Glibc.free(base) } }

    /// Bytes held, live or not.
    var byteCount: Int { heldUnits &* 16 }

    /// Bytes in blocks that were not freed.
    var liveByteCount: Int { liveUnits &* 16 }

    /// Whether `byteCount` more bytes surely fit, whatever the block sizes (counting at least 16 bytes for each block).
    func fits(byteCount: Int) -> Bool { usedUnits &+ byteCount / 8 < Int(UInt32.max) }

    @inline(__always)
    func pointer(_ offset: UInt32) -> UnsafeMutableRawPointer { base + Int(offset) &* 16 }

    /// A block of at least `byteCount` bytes, not initialised.
    @inline(__always)
    mutating func allocate(_ byteCount: Int) -> UInt32 {
        let units = (byteCount &+ 15) >> 4
        if units <= Self.exactClasses {
            liveUnits &+= units
            let head = freeLists[units]
            if head != 0 {
                freeLists[units] = pointer(head).load(as: UInt32.self)
                return head
            }
            return bump(units)
        }
        return allocateLarge(units)
    }

    /// Gives a block back; `byteCount` as it was allocated.
    @inline(__always)
    mutating func free(_ offset: UInt32, _ byteCount: Int) {
        let (units, list) = Self.sizeClass((byteCount &+ 15) >> 4)
        liveUnits &-= units
        if liveUnits == 0 {
            release()
            return
        }
        pointer(offset).storeBytes(of: freeLists[list], as: UInt32.self)
        freeLists[list] = offset
    }

    private mutating func allocateLarge(_ wanted: Int) -> UInt32 {
        let (units, list) = Self.sizeClass(wanted)
        liveUnits &+= units
        let head = freeLists[list]
        if head != 0 {
            freeLists[list] = pointer(head).load(as: UInt32.self)
            return head
        }
        return bump(units)
    }

    @inline(__always)
    private mutating func bump(_ units: Int) -> UInt32 {
        if usedUnits &+ units > heldUnits { grow(to: usedUnits &+ units) }
        let offset = usedUnits
        usedUnits &+= units
        return UInt32(truncatingIfNeeded: offset)
    }

    private mutating func grow(to needed: Int) {
        // realloc moves large regions by remapping pages, without copying: those need little room to grow.
        let room = heldUnits < Self.largeUnits ? heldUnits / 2 : heldUnits / 8
        let target = max(needed, heldUnits + room, 64)
        let old = heldUnits > 0 ? base : nil
        guard let moved = realloc(old, target &* 16) else { fatalError("out of memory") }
        base = moved
        heldUnits = target
    }

    private mutating func release() {
        if heldUnits > 0 { Glibc.free(base) }
        base = UnsafeMutableRawPointer(bitPattern: 16).unsafelyUnwrapped
        heldUnits = 0
        usedUnits = 1
        freeLists.clear()
    }

    /// Rounds a size up to its class: exact up to 128 units, then eight classes for each doubling.
    @inline(__always)
    private static func sizeClass(_ units: Int) -> (units: Int, list: Int) {
        if units <= exactClasses { return (units, units) }
        let doubling = Int.bitWidth &- 1 &- (units &- 1).leadingZeroBitCount
        let step = 1 << (doubling &- 3)
        let rounded = (units &+ step &- 1) & ~(step &- 1)
        return (rounded, exactClasses &+ (doubling &- 7) &* 8 &+ (rounded &- (1 << doubling)) / step)
    }
}

/// The first free block of each size class.
private struct FreeLists: ~Copyable {
    private static let count = 128 + 40 * 8 + 1
    private let heads: UnsafeMutablePointer<UInt32>

    init() {
        heads = .allocate(capacity: Self.count)
        heads.initialize(repeating: 0, count: Self.count)
    }

    deinit { heads.deallocate() }

    @inline(__always)
    subscript(index: Int) -> UInt32 {
        get { heads[index] }
        nonmutating set { heads[index] = newValue }
    }

    func clear() { heads.update(repeating: 0, count: Self.count) }
}
