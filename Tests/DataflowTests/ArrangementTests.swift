import Relational
import Testing

@testable import Dataflow

/// Where the rows are while a test runs.
enum ArrangementKind: CaseIterable {
    case memory, files

    func make(seed: UInt64 = 1, isUnique: Bool = false) throws -> ShakenArrangement {
        try ShakenArrangement(seed: seed, isUnique: isUnique, inFiles: self == .files)
    }
}

/// The contract of `Arrangement`, wherever its rows are.
@Suite struct ArrangementTests {
    /// One row of plain numbers under a key; key nil is NULL.
    struct Item: Hashable {
        var key: Int64?
        var row: Int64
    }

    static func fill(_ items: [(Item, Int64)], _ rows: inout ZSet, _ keys: inout KeyBatch) {
        for (item, weight) in items {
            PlainRows.append([.int(item.row), .text("row \(item.row)")], weight: weight, into: &rows)
            if let key = item.key {
                withUnsafeBytes(of: key.bigEndian) { keys.append($0) }
            } else {
                keys.appendNull()
            }
        }
    }

    static func stage(_ items: [(Item, Int64)], in arrangement: Arrangement) throws {
        var rows = ZSet()
        var keys = KeyBatch()
        fill(items, &rows, &keys)
        try arrangement.stage(rows, keys: keys)
    }

    static func rows(_ keyList: [Int64?], at cut: Cut, of arrangement: Arrangement) throws -> [Item: Int64] {
        var rows = ZSet()
        var keys = KeyBatch()
        fill(keyList.map { (Item(key: $0, row: 0), 1) }, &rows, &keys)
        var found: [Item: Int64] = [:]
        try arrangement.match(keys, at: cut) { batch in
            for index in 0..<batch.count {
                let item = Item(key: keyList[batch.keyIndex(at: index)], row: batch.row(at: index).int(0))
                found[item, default: 0] += batch.weight(at: index)
            }
        }
        return found
    }

    static func all(at cut: Cut, of arrangement: Arrangement) throws -> [Int64: Int64] {
        var found: [Int64: Int64] = [:]
        try arrangement.forEach(at: cut) { batch in
            for index in 0..<batch.count { found[batch.row(at: index).int(0), default: 0] += batch.weight(at: index) }
        }
        return found
    }

    @Test(arguments: ArrangementKind.allCases, UInt64(0)..<40)
    func `before, after, weights and presence follow a plain dictionary through seals and discards`(
        kind: ArrangementKind,
        seed: UInt64
    ) throws {
        var generator = SeededGenerator(seed: seed)
        let shaken = try kind.make(seed: seed)
        var sealed: [Item: Int64] = [:]
        // A hot key with many rows, some keys with few.
        for epoch in 0..<30 {
            try shaken.shake()
            let arrangement = shaken.arrangement
            var current = sealed
            for _ in 0..<(1 + generator.below(2)) {
                var batch: [(Item, Int64)] = []
                let isDraining = epoch % 7 >= 5
                for _ in 0..<generator.below(120) {
                    let key: Int64? =
                        generator.once(in: 12) ? nil : generator.once(in: 2) ? 0 : Int64(generator.below(9))
                    let item = Item(key: key, row: Int64(generator.below(90)) + (key ?? 0) * 100)
                    let held = current[item] ?? 0
                    let weight = isDraining || generator.once(in: 2) ? -held : Int64(generator.below(3)) + 1
                    guard weight != 0 else { continue }
                    batch.append((item, weight))
                    if key != nil { current[item] = held + weight == 0 ? nil : held + weight }
                }
                try Self.stage(batch, in: arrangement)
            }
            try check(arrangement, sealed, current, "seed \(seed), epoch \(epoch)")
            if generator.once(in: 4) {
                try arrangement.discard()
            } else {
                try arrangement.seal()
                sealed = current
            }
            try check(arrangement, sealed, sealed, "seed \(seed), epoch \(epoch), ended")
            #expect(arrangement.rowCount == Int(sealed.values.reduce(0, +)), "seed \(seed)")
        }
    }

    private func check(
        _ arrangement: Arrangement,
        _ before: [Item: Int64],
        _ after: [Item: Int64],
        _ place: String
    ) throws {
        let keys: [Int64?] = (0..<10).map { $0 } + [nil]
        for (cut, wanted) in [(Cut.before, before), (Cut.after, after)] {
            #expect(try Self.rows(keys, at: cut, of: arrangement) == wanted, "\(place) \(cut)")
            #expect(
                try Self.all(at: cut, of: arrangement)
                    == Dictionary(wanted.map { ($0.key.row, $0.value) }, uniquingKeysWith: +),
                "\(place) \(cut)"
            )
            var rows = ZSet()
            var batch = KeyBatch()
            let items = Set(before.keys).union(after.keys).sorted { $0.row < $1.row } + [Item(key: nil, row: 5)]
            Self.fill(items.map { ($0, 1) }, &rows, &batch)
            var weights = GrowableBuffer<Int64>()
            try arrangement.weights(of: rows, keys: batch, at: cut, into: &weights)
            var present = GrowableBuffer<Bool>()
            try arrangement.presence(of: batch, at: cut, into: &present)
            for (index, item) in items.enumerated() {
                #expect(weights[index] == wanted[item] ?? 0, "\(place) \(cut)")
                #expect(present[index] == wanted.keys.contains { $0.key == item.key && item.key != nil }, "\(place)")
            }
        }
    }

    @Test(arguments: ArrangementKind.allCases)
    func `a weight below zero at the end of a batch is refused, within it it is not`(kind: ArrangementKind) throws {
        let arrangement = try kind.make().arrangement
        let item = Item(key: 1, row: 1)
        try Self.stage([(item, -1), (item, 2)], in: arrangement)
        let error = #expect(throws: DataflowError.self) { try Self.stage([(item, -2)], in: arrangement) }
        #expect(error?.code == .negativeWeight)
    }

    @Test func `a weight beyond Int64 is an error, not a trap`() throws {
        let arrangement = try ArrangementKind.memory.make().arrangement
        try Self.stage([(Item(key: 1, row: 1), .max)], in: arrangement)
        try arrangement.seal()
        let error = #expect(throws: DataflowError.self) {
            try Self.stage([(Item(key: 1, row: 1), .max)], in: arrangement)
            try Self.stage([(Item(key: 1, row: 1), .max)], in: arrangement)
        }
        #expect(error?.code == .weightOverflow)
    }

    @Test(arguments: ArrangementKind.allCases)
    func `a unique arrangement refuses a second row of a key and lets a row be replaced`(
        kind: ArrangementKind
    ) throws {
        for seed in UInt64(0)..<20 {
            let shaken = try kind.make(seed: seed, isUnique: true)
            try Self.stage([(Item(key: 1, row: 1), 1)], in: shaken.arrangement)
            try shaken.arrangement.seal()
            try shaken.shake()
            try Self.stage([(Item(key: 1, row: 1), -1), (Item(key: 1, row: 2), 1)], in: shaken.arrangement)
            try shaken.arrangement.seal()
            try shaken.shake()
            #expect(try Self.rows([1], at: .after, of: shaken.arrangement) == [Item(key: 1, row: 2): 1], "seed \(seed)")
            let error = #expect(throws: DataflowError.self) {
                try Self.stage([(Item(key: 1, row: 3), 1)], in: shaken.arrangement)
            }
            #expect(error?.code == .duplicateKey, "seed \(seed)")
        }
    }
}

/// What an arrangement promises whose rows are in memory.
@Suite struct MemoryArrangementTests {
    @Test func `an emptied arrangement holds no rows and gives its memory back`() throws {
        let arrangement = try ArrangementKind.memory.make().arrangement
        let items = (0..<20_000).map { ArrangementTests.Item(key: Int64($0 % 500), row: Int64($0)) }
        try ArrangementTests.stage(items.map { ($0, 1) }, in: arrangement)
        try arrangement.seal()
        let full = arrangement.byteCount
        try ArrangementTests.stage(items.map { ($0, -1) }, in: arrangement)
        try arrangement.seal()
        #expect(arrangement.rowCount == 0)
        #expect(arrangement.byteCount < full / 2)
        try ArrangementTests.stage([], in: arrangement)
        try arrangement.seal()
        #expect(try ArrangementTests.all(at: .after, of: arrangement).isEmpty)
    }

    @Test func `rows that come and go reuse memory`() throws {
        let arrangement = try ArrangementKind.memory.make().arrangement
        var largest = 0
        for round in 0..<40 {
            let items = (0..<2_000).map { ArrangementTests.Item(key: Int64($0 + round), row: Int64($0 + round * 7)) }
            try ArrangementTests.stage(items.map { ($0, 1) }, in: arrangement)
            try arrangement.seal()
            if round == 2 { largest = arrangement.byteCount }
            let kept = items.prefix(10)
            try ArrangementTests.stage(items.dropFirst(10).map { ($0, -1) }, in: arrangement)
            try arrangement.seal()
            #expect(kept.count == 10)
        }
        #expect(arrangement.byteCount <= largest * 2)
    }

    @Test func `a sparse arrangement is compacted and keeps its rows`() throws {
        let arrangement = try ArrangementKind.memory.make().arrangement
        // Keys with one row, with a short vector and with an indexed one.
        let items = (0..<40_000).map { (index: Int) -> ArrangementTests.Item in
            let key = index < 20_000 ? index : index < 30_000 ? 100_000 + index / 5 : 7_777_777
            return ArrangementTests.Item(key: Int64(key), row: Int64(index))
        }
        try ArrangementTests.stage(items.map { ($0, 1) }, in: arrangement)
        try arrangement.seal()
        let full = arrangement.byteCount
        let gone = items.filter { $0.row % 10 != 3 }
        try ArrangementTests.stage(gone.map { ($0, -1) }, in: arrangement)
        try arrangement.seal()
        let kept = items.filter { $0.row % 10 == 3 }
        #expect(arrangement.byteCount < full / 2)
        #expect(arrangement.rowCount == kept.count)
        #expect(
            try ArrangementTests.all(at: .before, of: arrangement)
                == Dictionary(uniqueKeysWithValues: kept.map { ($0.row, 1) })
        )
        // It goes on working.
        try ArrangementTests.stage(kept.map { ($0, -1) } + gone.prefix(50).map { ($0, 1) }, in: arrangement)
        try arrangement.seal()
        #expect(
            try ArrangementTests.all(at: .before, of: arrangement)
                == Dictionary(uniqueKeysWithValues: gone.prefix(50).map { ($0.row, 1) })
        )
    }
}
