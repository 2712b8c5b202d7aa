/// Where a block lies in its file and what its bytes come to.
struct BlockPlace: BitwiseCopyable, Equatable {
    var offset: Int64
    var byteCount: Int
    var checksum: UInt32

    var end: Int64 { offset + Int64(byteCount) }
}

/// Bytes of a run's file in memory: read once, checked once, then never changed. Freed with the last reference.
///
/// Unsafe: entries are decoded in place at raw addresses. Some bytes behind the end may be read (`slack`), so that the head of an entry is
/// decoded without a check for each of its bytes.
final class Block {
    /// What it holds, and so what makes it well-formed.
    enum Content { case index, entries }

    /// More than the head of an entry can take.
    static let slack = 64

    let base: UnsafeMutableRawPointer
    let byteCount: Int
    /// What it takes of memory.
    let memoryByteCount: Int

    init(byteCount: Int) {
        // Few different sizes, so that what one block frees fits the next.
        let held = (byteCount + Self.slack + 1023) & ~1023
        base = .allocate(byteCount: held, alignment: 64)
        (base + byteCount).initializeMemory(as: UInt8.self, repeating: 0, count: min(held - byteCount, Self.slack))
        self.byteCount = byteCount
        memoryByteCount = held + 160
    }

    deinit { base.deallocate() }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: byteCount) }
}

// Sendable: filled by the thread that makes it before any other has it, and only read from then on.
extension Block: @unchecked Sendable {}
