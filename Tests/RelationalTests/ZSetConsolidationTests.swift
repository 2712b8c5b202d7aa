import Relational
import Testing
import TestSupport

@Suite struct ZSetConsolidationTests {
    private static let encodings: [Encoding] = [.int8, .text]

    private static func entries(_ batch: borrowing ZSet) -> [String] {
        (0..<batch.count).map { "\(batch.values(at: $0, encodings: encodings)) \(batch.weight(at: $0))" }
    }

    /// The oracle adds in a dictionary and keeps the order of arrival in an array.
    @Test(arguments: UInt64(0)..<32)
    func `weights of equal rows are summed in order of first appearance`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var batch = ZSet()
        var order: [[Datum]] = []
        var weights: [[Datum]: Int64] = [:]
        for _ in 0..<Int.random(in: 0...300, using: &random) {
            let row = [
                Datum.int(Int64.random(in: 0...9, using: &random)),
                random.once(in: 3) ? .null : .text(random.pick(["", "a", "bb"])),
            ]
            let weight = Int64.random(in: -2...2, using: &random)
            if weights[row] == nil { order.append(row) }
            weights[row, default: 0] += weight
            batch.append(row, encodings: Self.encodings, weight: weight)
        }
        try batch.consolidate()
        #expect(
            Self.entries(batch) == order.filter { weights[$0] != 0 }.map { "\($0) \(weights[$0] ?? 0)" },
            "seed \(seed)"
        )
        // The slab is dense: rows lie one after the other and nothing else is held.
        var next = 0
        for index in 0..<batch.count {
            #expect(batch.row(at: index).base == batch.slab.base + next)
            next += batch.row(at: index).byteCount
        }
        #expect(batch.slab.count == next)
        // The batch goes on as any other.
        batch.append([.int(100), .text("after")], encodings: Self.encodings, weight: 1)
        #expect(batch.values(at: batch.count - 1, encodings: Self.encodings) == [.int(100), .text("after")])
        let before = Self.entries(batch)
        try batch.consolidate()
        #expect(Self.entries(batch) == before)
    }

    @Test func `equal values of different image stay apart`() throws {
        var batch = ZSet()
        for text in ["1.0", "1.00", "1.0"] {
            batch.append([.numeric(try Numeric(parsing: text))], encodings: [.numeric], weight: 1)
        }
        try batch.consolidate()
        #expect((0..<batch.count).map { batch.weight(at: $0) } == [2, 1])
    }

    @Test func `an overflowing sum is an error and leaves the batch alone, one that only passes by is none`() throws {
        var batch = ZSet()
        batch.append([.int(1), .null], encodings: Self.encodings, weight: .max)
        batch.append([.int(2), .null], encodings: Self.encodings, weight: 1)
        batch.append([.int(1), .null], encodings: Self.encodings, weight: 1)
        let before = Self.entries(batch)
        #expect(throws: WeightOverflow()) { try batch.consolidate() }
        #expect(Self.entries(batch) == before)
        batch.append([.int(1), .null], encodings: Self.encodings, weight: -1)
        try batch.consolidate()
        #expect((0..<batch.count).map { batch.weight(at: $0) } == [.max, 1])
    }

    @Test func `batches of one row and of none are consolidated too`() throws {
        var batch = ZSet()
        try batch.consolidate()
        let count = batch.count
        #expect(count == 0)
        batch.append([.int(1), .null], encodings: Self.encodings, weight: 0)
        try batch.consolidate()
        let (rowCount, byteCount) = (batch.count, batch.slab.count)
        #expect(rowCount == 0 && byteCount == 0)
    }
}
