import Dataflow
import Relational
import Testing

/// Records that are states of their keys, as a compacted part of the log has them, alone and before ordinary ones.
@Suite struct StateRecordTests {
    private static func row(_ id: Int64, _ name: String?, _ amount: Int64 = 0) -> PlainRow {
        [.int(id), name.map { .text($0) } ?? .null, .int(amount)]
    }

    private static func key(_ id: Int64) -> PlainRow { [.int(id), .null, .null] }

    @Test func `a state replaces what its key has, in the table and in the epoch, or is the first`() throws {
        var table = try TableImageTests.Table()
        try table.send(.insert, new: Self.row(1, "a"), isState: true)
        try table.send(.update, new: Self.row(2, "a"), isState: true)
        try table.send(.delete, old: Self.key(9), isState: true)
        #expect(try table.step() == [Self.row(1, "a"): 1, Self.row(2, "a"): 1])
        try table.send(.insert, new: Self.row(1, "b"), isState: true)
        try table.send(.insert, new: Self.row(3, "a"), isState: true)
        try table.send(.insert, new: Self.row(3, "b"), isState: true)
        try table.send(.delete, old: Self.key(2), isState: true)
        try table.send(.delete, old: Self.key(2), isState: true)
        #expect(
            try table.step() == [
                Self.row(1, "a"): -1, Self.row(1, "b"): 1, Self.row(2, "a"): -1, Self.row(3, "b"): 1,
            ]
        )
        #expect(table.code == nil)
    }

    @Test func `a changed key takes its old row away if it is there`() throws {
        var table = try TableImageTests.Table()
        try table.send(.insert, new: Self.row(1, "a"), isState: true)
        _ = try table.step()
        try table.send(.update, new: Self.row(2, "b"), old: Self.key(1), isState: true)
        try table.send(.update, new: Self.row(4, "c"), old: Self.key(3), isState: true)
        #expect(try table.step() == [Self.row(1, "a"): -1, Self.row(2, "b"): 1, Self.row(4, "c"): 1])
        #expect(table.code == nil)
    }

    @Test func `unchanged columns come from the row that the state replaces, and have to`() throws {
        var table = try TableImageTests.Table()
        try table.send(.insert, new: Self.row(1, "long"), isState: true)
        _ = try table.step()
        try table.send(.update, new: Self.row(1, nil, 5), unchanged: [1], isState: true)
        try table.send(.update, new: Self.row(2, nil, 6), old: Self.key(1), unchanged: [1], isState: true)
        #expect(try table.step() == [Self.row(1, "long"): -1, Self.row(2, "long", 6): 1])
        try table.send(.update, new: Self.row(7, nil, 6), unchanged: [1], isState: true)
        #expect(try table.step().isEmpty)
        #expect(table.code == .missingRow)
    }

    @Test func `records after the states of an epoch are checked`() throws {
        for isThere in [true, false] {
            var table = try TableImageTests.Table()
            try table.send(.insert, new: Self.row(1, "a"), isState: true)
            if !isThere { try table.send(.delete, old: Self.key(1), isState: true) }
            if isThere {
                try table.send(.insert, new: Self.row(1, "b"))
            } else {
                try table.send(.delete, old: Self.key(1))
            }
            _ = try table.step()
            #expect(table.code == (isThere ? .duplicateKey : .missingRow))
        }
        var table = try TableImageTests.Table()
        try table.send(.insert, new: Self.row(1, "a"))
        _ = try table.step()
        try table.send(.insert, new: Self.row(2, "a"), isState: true)
        try table.send(.insert, new: Self.row(1, "b"))
        _ = try table.step()
        #expect(table.code == .duplicateKey, "a key that no state of the epoch touched")
    }

    @Test func `a table without a key takes every record as it is`() throws {
        var schema = TableImageTests.schema
        schema.primaryKey = []
        schema.replicaIdentity = .full
        schema.identityColumns = [0, 1, 2]
        var table = try TableImageTests.Table(schema)
        for _ in 0..<2 { try table.send(.insert, new: Self.row(1, "a"), isState: true) }
        #expect(try table.step() == [Self.row(1, "a"): 2])
        try table.send(.delete, old: Self.row(2, "a"), identityOnly: false, isState: true)
        _ = try table.step()
        #expect(table.code == .missingRow)
    }

    /// The oracle is a dictionary from key to row.
    @Test(arguments: UInt64(0)..<200)
    func `states and records mixed in random epochs are what a dictionary says`(seed: UInt64) throws {
        var run = try StateRun(seed: seed)
        for epoch in 0..<12 {
            try run.epoch(isFirst: epoch == 0)
            let isEqual = run.isEqual
            #expect(isEqual, "seed \(seed), epoch \(epoch)")
        }
        let code = run.table.code
        #expect(code == nil, "seed \(seed)")
    }
}

/// Random states and, after them in the same epoch, records that the table allows.
private struct StateRun: ~Copyable {
    var table: TableImageTests.Table
    private var random: SeededGenerator
    private var rows: [Int64: PlainRow] = [:]
    private var accumulated: [PlainRow: Int64] = [:]

    init(seed: UInt64) throws {
        table = try TableImageTests.Table()
        random = SeededGenerator(seed: seed)
    }

    var isEqual: Bool { accumulated == Dictionary(uniqueKeysWithValues: rows.values.map { ($0, 1) }) }

    mutating func epoch(isFirst: Bool) throws {
        // Now and then an epoch of new rows alone, which is staged as it came.
        let isPlain = isFirst || random.once(in: 4)
        for _ in 0..<random.below(20) {
            if isPlain {
                try put(Int64(random.below(10_000)), isState: true)
            } else {
                try state()
            }
        }
        if random.once(in: 2) { for _ in 0..<random.below(10) { try record() } }
        for (row, weight) in try table.step() {
            accumulated[row, default: 0] += weight
            if accumulated[row] == 0 { accumulated[row] = nil }
        }
    }

    private mutating func newRow(_ id: Int64) -> PlainRow {
        [.int(id), .text("n\(random.below(50))"), .int(Int64(random.below(3)))]
    }

    private mutating func put(_ id: Int64, isState: Bool) throws {
        let row = newRow(id)
        rows[id] = row
        try table.send(random.once(in: 2) && isState ? .update : .insert, new: row, isState: isState)
    }

    /// One record of any kind, whatever is there.
    private mutating func state() throws {
        let id = Int64(random.below(12))
        switch random.below(12) {
        case 0..<5: try put(id, isState: true)
        case 5..<8:
            rows[id] = nil
            try table.send(.delete, old: [.int(id), .null, .null], isState: true)
        case 8, 9: try move(id, to: Int64(random.below(12)), isState: true)
        case 10 where rows[id] != nil: try keepName(of: id, isState: true)
        case 11 where random.once(in: 4):
            rows = [:]
            try table.send(.truncate, isState: true)
        default: try put(id + 20, isState: true)
        }
    }

    /// One record that the rows allow.
    private mutating func record() throws {
        let id = Int64(random.below(12))
        guard rows[id] != nil else { return try put(id, isState: false) }
        switch random.below(4) {
        case 0:
            rows[id] = nil
            try table.send(.delete, old: [.int(id), .null, .null])
        case 1: try keepName(of: id, isState: false)
        case 2 where rows[id + 50] == nil: try move(id, to: id + 50, isState: false)
        default:
            let row = newRow(id)
            rows[id] = row
            try table.send(.update, new: row)
        }
    }

    private mutating func move(_ id: Int64, to other: Int64, isState: Bool) throws {
        let row = newRow(other)
        rows[id] = nil
        rows[other] = row
        try table.send(.update, new: row, old: [.int(id), .null, .null], isState: isState)
    }

    private mutating func keepName(of id: Int64, isState: Bool) throws {
        guard let name = rows[id]?[1] else { return }
        let amount = Datum.int(Int64(random.below(100)))
        rows[id] = [.int(id), name, amount]
        try table.send(.update, new: [.int(id), .null, amount], unchanged: [1], isState: isState)
    }
}
