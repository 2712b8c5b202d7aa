#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif
internal import Relational

/// Several runs as one, entry by entry in order: equal entries add up, or the newest takes the place of elder ones.
struct RunMerge: ~Copyable {
    let cursors: RunCursors
    private let rule: MergeRule
    /// Whether entries of weight 0 under `replace` are told: they take away what is in still elder runs.
    private let tellsRemovals: Bool
    private let tournament: RunTournament
    private var hasMoved = false
    /// The current entry when there are several runs: its cursor may have moved on.
    private var copy = ByteSlab()

    private(set) var key = UnsafeRawBufferPointer(start: nil, count: 0)
    private(set) var payload = UnsafeRawBufferPointer(start: nil, count: 0)
    private(set) var weight: Int64 = 0

    init(_ runs: [Run], rule: MergeRule, tellsRemovals: Bool, cache: BlockCache?) {
        cursors = RunCursors(runs, cache: cache)
        tournament = RunTournament(count: runs.count, rule: rule)
        self.rule = rule
        self.tellsRemovals = tellsRemovals
    }

    /// Begins; `next` is called before the first entry is read.
    mutating func begin(prefix: UnsafeRawBufferPointer?) throws(StateError) {
        for index in 0..<cursors.count { try cursors.base[index].begin(prefix: prefix) }
        if cursors.count > 1 { tournament.start(cursors) }
        hasMoved = true
    }

    /// Moves to the next entry, whose key, payload and weight are valid until the next call; false at the end.
    mutating func next() throws(StateError) -> Bool {
        if cursors.count == 1 { return try nextOfOne() }
        while cursors.count > 0 {
            let winner = cursors.base + tournament.winner
            if winner.pointee.isExhausted { return false }
            take(winner)
            try winner.pointee.advance()
            tournament.replay(cursors)
            while isAgain(cursors.base + tournament.winner) {
                let other = cursors.base + tournament.winner
                if rule == .sum { weight = try sum(weight, other.pointee.entries.weight, other) }
                try other.pointee.advance()
                tournament.replay(cursors)
            }
            if weight != 0 || (rule == .replace && tellsRemovals) { return true }
        }
        return false
    }

    private mutating func nextOfOne() throws(StateError) -> Bool {
        let cursor = cursors.base
        while true {
            // The entry told last stays where it is until now.
            if !hasMoved { try cursor.pointee.advance() }
            hasMoved = false
            if cursor.pointee.isExhausted {
                hasMoved = true
                return false
            }
            weight = cursor.pointee.entries.weight
            if weight != 0 || (rule == .replace && tellsRemovals) {
                key = cursor.pointee.keyBytes
                payload = cursor.pointee.entries.payloadBytes
                return true
            }
        }
    }

    @inline(__always)
    private mutating func take(_ cursor: UnsafeMutablePointer<RunCursor>) {
        copy.removeAll()
        let keyCount = cursor.pointee.entries.keyCount
        copy.append(cursor.pointee.keyBytes)
        copy.append(cursor.pointee.entries.payloadBytes)
        key = UnsafeRawBufferPointer(start: copy.base, count: keyCount)
        payload = UnsafeRawBufferPointer(start: copy.base + keyCount, count: copy.count &- keyCount)
        weight = cursor.pointee.entries.weight
    }

    /// Whether a cursor stands on one more entry like the current one.
    @inline(__always)
    private func isAgain(_ cursor: UnsafeMutablePointer<RunCursor>) -> Bool {
        if cursor.pointee.isExhausted || cursor.pointee.entries.keyCount != key.count { return false }
        if memcmp(cursor.pointee.key.base, copy.base, key.count) != 0 { return false }
        if rule == .replace { return true }
        return KeyOrder.compare(cursor.pointee.entries.payloadBytes, payload) == 0
    }

    @inline(__always)
    private func sum(
        _ left: Int64,
        _ right: Int64,
        _ cursor: UnsafeMutablePointer<RunCursor>
    ) throws(StateError) -> Int64 {
        let (sum, overflow) = left.addingReportingOverflow(right)
        if overflow { throw .weightOverflow(path: cursor.pointee.run.path) }
        return sum
    }
}
