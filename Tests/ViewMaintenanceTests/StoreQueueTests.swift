import Relational
import TestSupport
import Testing
import ViewStores

@testable import ViewMaintenance

@Suite struct StoreQueueTests {
    private static let table = ViewTable(
        name: "numbers",
        columns: [StoreColumn(name: "a", type: .int8, isNotNull: true)],
        key: nil,
        version: "v1"
    )

    private func frontier(_ offset: Int64) -> Frontier {
        Frontier(offset: Offset(offset), position: SourcePosition(timeline: 1, lsn: LSN(UInt64(offset))))
    }

    /// An epoch with the weights of integers.
    private func epoch(_ end: Int64, _ weights: [(Int64, Int64)], attachment: UInt64 = 1) throws -> StoreEpoch {
        var rows = ZSet()
        for (number, weight) in weights {
            let row = rows.beginRow(columnCount: 1)
            rows.slab.set(0, int: number, in: row)
            rows.endRow(row, weight: weight)
        }
        try rows.consolidate()
        return StoreEpoch(end: frontier(end), deltas: [StoreDelta(Self.table, attachment: attachment, rows)])
    }

    private func nextEpoch(_ queue: inout StoreQueue) -> StoreEpoch? {
        if case .epoch(let epoch)? = queue.removeFirst() { epoch } else { nil }
    }

    private func weights(_ delta: StoreDelta) throws -> [Int64: Int64] {
        try delta.consolidate()
        var all: [Int64: Int64] = [:]
        for index in 0..<delta.rows.count {
            let number = delta.rows.row(at: index).int(0)
            #expect(all[number] == nil && delta.rows.weight(at: index) != 0, "not consolidated")
            all[number] = delta.rows.weight(at: index)
        }
        return all
    }

    @Test func `epochs that wait together are one transaction of their sum, up to where the last one ends`() throws {
        var queue = StoreQueue()
        try queue.append(.epoch(epoch(1, [(1, 1), (2, 1)])))
        try queue.append(.epoch(epoch(2, [(1, -1), (3, 1)])))
        queue.append(.mark(frontier(3)))
        queue.append(.mark(frontier(4)))
        try queue.append(.epoch(epoch(5, [(3, -1)])))
        let joined = try #require(nextEpoch(&queue))
        #expect(joined.end == frontier(2) && joined.deltas.count == 1)
        #expect(try weights(joined.deltas[0]) == [2: 1, 3: 1])
        var marked: Frontier?
        if case .mark(let frontier)? = queue.removeFirst() { marked = frontier }
        #expect(marked == frontier(4))
        let last = try #require(nextEpoch(&queue))
        #expect(try weights(last.deltas[0]) == [3: -1])
        #expect(queue.removeFirst() == nil && queue.isEmpty && queue.byteCount == 0)
    }

    @Test func `rows of another attachment stay apart, and an attachment parts what is before it from what is behind`()
        throws
    {
        var queue = StoreQueue()
        try queue.append(.epoch(epoch(1, [(1, 1)], attachment: 1)))
        try queue.append(.epoch(epoch(2, [(1, 1)], attachment: 2)))
        queue.append(.attach(StoreAttachment(ticket: 3, frontier: frontier(2), views: [], dropped: [])))
        try queue.append(.epoch(epoch(3, [(1, 1)], attachment: 2)))
        let joined = try #require(nextEpoch(&queue))
        #expect(joined.deltas.map(\.attachment) == [1, 2])
        var ticket: UInt64?
        if case .attach(let attachment)? = queue.removeFirst() { ticket = attachment.ticket }
        #expect(ticket == 3)
        let last = try #require(nextEpoch(&queue))
        #expect(last.end == frontier(3))
    }

    @Test(arguments: UInt64(0)..<20)
    func `whatever is joined, the sum of all epochs comes out, in order and in bounded pieces`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var queue = StoreQueue()
        var expected: [Int64: Int64] = [:]
        var found: [Int64: Int64] = [:]
        var end = Frontier.start
        func take() throws {
            guard let job = queue.removeFirst() else { return }
            guard case .epoch(let epoch) = job else { return }
            #expect(epoch.end.offset > end.offset, "seed \(seed)")
            end = epoch.end
            #expect(epoch.byteCount <= StoreEpoch.joinedByteMax)
            for delta in epoch.deltas { found.merge(try weights(delta)) { $0 + $1 } }
        }
        for number in Int64(1)..<400 {
            var weights: [(Int64, Int64)] = []
            for _ in 0..<Int.random(in: 1...200, using: &random) {
                weights.append((Int64.random(in: 0..<50, using: &random), Int64.random(in: -3...3, using: &random)))
            }
            for (value, weight) in weights { expected[value, default: 0] += weight }
            try queue.append(.epoch(epoch(number, weights)))
            if Int.random(in: 0..<5, using: &random) == 0 { try take() }
        }
        while !queue.isEmpty { try take() }
        #expect(queue.byteCount == 0 && end == frontier(399))
        #expect(found.filter { $0.value != 0 } == expected.filter { $0.value != 0 }, "seed \(seed)")
    }
}
