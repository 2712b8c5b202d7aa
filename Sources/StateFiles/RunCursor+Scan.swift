#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

extension RunCursor {
    /// Begins at the first entry whose key begins with `prefix`, or at the first of all, and stands on it or is exhausted. The prefix's bytes
    /// stay where they are until the end.
    mutating func begin(prefix: UnsafeRawBufferPointer?) throws(StateError) {
        reset()
        self.prefix = prefix
        guard let prefix, let base = prefix.baseAddress, prefix.count > 0 else {
            self.prefix = nil
            return try advance()
        }
        try movePartition(to: base, prefix.count)
        _ = try moveBlock(to: base, prefix.count)
        guard entries.leap(base, prefix.count) else { throw malformed() }
        self.prefix = nil
        repeat { try advance() } while !isExhausted && isBelow(prefix)
        self.prefix = prefix
        if !isExhausted, !hasPrefix(prefix) { isExhausted = true }
    }

    /// Moves to the next entry, or is exhausted.
    mutating func advance() throws(StateError) {
        while true {
            switch entries.step() {
            case .entry:
                let shared = entries.shared
                key.replace(from: shared, with: entries.base + entries.suffix, entries.keyCount &- shared)
                if let prefix, shared < prefix.count, !hasPrefix(prefix) { isExhausted = true }
                return
            case .end:
                guard try moveToNextBlock(onlyContinued: false) else {
                    isExhausted = true
                    return
                }
            case .malformed: throw malformed()
            }
        }
    }

    /// The current entry's key; valid until the next move.
    var keyBytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: key.base, count: entries.keyCount) }

    private func isBelow(_ bound: UnsafeRawBufferPointer) -> Bool {
        guard let base = bound.baseAddress else { return false }
        return KeyOrder.compare(key.base, entries.keyCount, base, bound.count) < 0
    }

    private func hasPrefix(_ prefix: UnsafeRawBufferPointer) -> Bool {
        guard let base = prefix.baseAddress else { return true }
        return entries.keyCount >= prefix.count && memcmp(key.base, base, prefix.count) == 0
    }
}
