/// Which of several cursors stands on the least entry, with `log2(runs)` comparisons for each move.
///
/// A tree of losers: leaf `i` is cursor `i`, node `n` keeps the loser of the game between the winners of nodes `2n` and `2n + 1`, and node 0
/// the winner of all. After a move only the games on the winner's way up are played again. Of equal entries the newest run's wins. (D. Knuth,
/// The Art of Computer Programming, volume 3, 5.4.1.)
struct RunTournament: ~Copyable {
    private let rule: MergeRule
    private let count: Int
    // Unsafe: read and written at each move, at indexes below `count`.
    private let nodes: UnsafeMutablePointer<Int>

    init(count: Int, rule: MergeRule) {
        self.rule = rule
        self.count = count
        nodes = .allocate(capacity: max(count, 1))
        nodes.initialize(repeating: 0, count: max(count, 1))
    }

    deinit { nodes.deallocate() }

    /// The cursor on the least entry; when it is exhausted all are.
    var winner: Int { nodes[0] }

    /// Plays all games.
    func start(_ cursors: borrowing RunCursors) { nodes[0] = play(1, cursors) }

    /// Plays again after the winner has moved.
    @inline(__always)
    func replay(_ cursors: borrowing RunCursors) {
        var winner = nodes[0]
        var node = (winner &+ count) &>> 1
        while node > 0 {
            let other = nodes[node]
            if isBefore(other, winner, cursors) {
                nodes[node] = winner
                winner = other
            }
            node &>>= 1
        }
        nodes[0] = winner
    }

    private func play(_ node: Int, _ cursors: borrowing RunCursors) -> Int {
        if node >= count { return node - count }
        let left = play(2 * node, cursors)
        let right = play(2 * node + 1, cursors)
        let isLeft = isBefore(left, right, cursors)
        nodes[node] = isLeft ? right : left
        return isLeft ? left : right
    }

    @inline(__always)
    private func isBefore(_ left: Int, _ right: Int, _ cursors: borrowing RunCursors) -> Bool {
        let first = cursors.base + left
        let second = cursors.base + right
        if first.pointee.isExhausted || second.pointee.isExhausted { return second.pointee.isExhausted }
        var order = KeyOrder.compare(
            first.pointee.key.base,
            first.pointee.entries.keyCount,
            second.pointee.key.base,
            second.pointee.entries.keyCount
        )
        if order == 0, rule == .sum {
            order = KeyOrder.compare(
                first.pointee.entries.base + first.pointee.entries.payload,
                first.pointee.entries.payloadCount,
                second.pointee.entries.base + second.pointee.entries.payload,
                second.pointee.entries.payloadCount
            )
        }
        return order == 0 ? left > right : order < 0
    }
}
