internal import Relational

/// The end of a key's entries at which reading begins.
public enum RunEnd: Sendable {
    /// The least payload first, then upward.
    case least
    /// The greatest payload first, then downward.
    case greatest

    /// How the front of a payload, as long as a bound, stands to the bound.
    @inline(__always)
    static func order(_ payload: UnsafeRawBufferPointer, _ bound: UnsafeRawBufferPointer) -> Int {
        KeyOrder.compare(UnsafeRawBufferPointer(rebasing: payload.prefix(bound.count)), bound)
    }
}

/// Reads the entries of one key in several runs under `sum` as one, from either end and only as far as it is asked to: a key may have
/// millions. Owned by one thread; holds a block or two of each run.
public struct RunEndReader: ~Copyable {
    // Unsafe: cursors are changed in place, one among many.
    private let cursors: UnsafeMutablePointer<RunEndCursor>
    private let count: Int
    private var end = RunEnd.least
    private var key = ByteSlab()
    private var copy = ByteSlab()

    /// The current entry's, without the key.
    public private(set) var weight: Int64 = 0

    /// Valid until the next move.
    public var payload: UnsafeRawBufferPointer { copy.bytes }

    public init(_ runs: [Run], cache: BlockCache) {
        precondition(runs.allSatisfy { $0.rule == .sum }, "ends are read of runs whose weights add up")
        count = runs.count
        cursors = .allocate(capacity: max(runs.count, 1))
        for (index, run) in runs.enumerated() { (cursors + index).initialize(to: RunEndCursor(run, cache: cache)) }
    }

    deinit {
        cursors.deinitialize(count: count)
        cursors.deallocate()
    }

    /// Begins with the entries of a key, whose `KeyHash` is `hash`; `next` moves to the first of them. With a bound those are left out that
    /// begin with less than it, at the greatest end with more; what begins with the bound itself is told.
    public mutating func begin(
        _ key: UnsafeRawBufferPointer,
        hash: UInt64,
        at end: RunEnd,
        from bound: UnsafeRawBufferPointer? = nil
    ) throws(StateError) {
        self.end = end
        self.key.removeAll()
        self.key.append(key)
        for run in 0..<count { try cursors[run].begin(self.key.bytes, hash: hash, at: end, from: bound) }
    }

    /// Moves one entry inward; false when there is none. No weight is 0.
    public mutating func next() throws(StateError) -> Bool {
        while let outermost = outermost() {
            copy.removeAll()
            copy.append(cursors[outermost].payload)
            weight = 0
            for run in outermost..<count where !cursors[run].isExhausted {
                guard KeyOrder.compare(cursors[run].payload, copy.bytes) == 0 else { continue }
                let (sum, overflow) = weight.addingReportingOverflow(cursors[run].weight)
                if overflow { throw .weightOverflow(path: cursors[run].path) }
                weight = sum
                try cursors[run].advance()
            }
            if weight != 0 { return true }
        }
        return false
    }

    /// The first cursor that stands outermost.
    private func outermost() -> Int? {
        var best: Int?
        for run in 0..<count where !cursors[run].isExhausted {
            if let other = best {
                let order = KeyOrder.compare(cursors[run].payload, cursors[other].payload)
                if end == .least ? order >= 0 : order <= 0 { continue }
            }
            best = run
        }
        return best
    }
}
