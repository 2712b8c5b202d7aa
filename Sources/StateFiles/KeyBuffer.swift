/// A key that is put together out of what consecutive entries share.
struct KeyBuffer: ~Copyable {
    // Unsafe: a few bytes are replaced for each entry; a slab's calls would cost more than the bytes.
    private(set) var base: UnsafeMutableRawPointer
    private var capacity = 256

    init() { base = .allocate(byteCount: 256, alignment: 16) }

    deinit { base.deallocate() }

    /// Keeps the first `shared` bytes and puts others behind them.
    @inline(__always)
    mutating func replace(from shared: Int, with suffix: UnsafeRawPointer, _ count: Int) {
        if shared &+ count > capacity { grow(to: shared &+ count, keeping: shared) }
        (base + shared).copyMemory(from: suffix, byteCount: count)
    }

    private mutating func grow(to needed: Int, keeping kept: Int) {
        let capacity = max(needed, self.capacity * 2)
        let other = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
        other.copyMemory(from: base, byteCount: kept)
        base.deallocate()
        base = other
        self.capacity = capacity
    }
}
