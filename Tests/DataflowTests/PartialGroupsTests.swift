import BigInt
import EventLog
import Expressions
import Foundation
import Relational
import StateFiles
import Testing
import ViewPlan

@testable import Dataflow

/// Groups of more values than are in memory: min, max and images know only the ends.
@Suite struct PartialGroupsTests {
    @Test(arguments: UInt64(0)..<24)
    func `the rows of huge groups are right, and the same as with everything in memory, while state comes and goes`(
        seed: UInt64
    ) throws {
        let bench = try StateBench(seed: seed)
        let run = try ExtremesRun(seed: seed, bench: bench)
        for epoch in 0..<48 {
            try run.epoch(draining: epoch >= 40)
            if epoch % 4 == 3 { run.expectRight("seed \(seed), epoch \(epoch)") }
            for _ in 0..<2 { try run.shake() }
        }
        try run.drain()
        run.expectRight("seed \(seed), the end")
        #expect(run.partialCountMax > 3, "seed \(seed): hardly a group had too many values")
    }

    @Test func `an epoch that touches a huge group reads a few blocks of it`() throws {
        let path = NSTemporaryDirectory() + "state-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: path) }
        let folder = try StateFolder.open(
            path,
            logID: "test",
            semantics: 1,
            options: StateOptions(cacheByteLimit: 256 << 10, headroomByteCount: 0)
        )
        let table = try Extremes(folder: folder, views: [.extremes])
        let count = 100_000
        for start in stride(from: 0, to: count, by: 10_000) {
            for number in start..<start + 10_000 { try table.send(.insert, Self.row(number)) }
            _ = try table.step()
        }
        table.circuit.setTight(true)
        try table.write(into: folder)
        let blocks = folder.statistics.byteCount / 8192
        #expect(blocks > 200, "\(folder.statistics)")
        let (before, bytes) = (folder.cache.missCount, table.circuit.stateByteCount)
        #expect(bytes < 4 << 20)
        var bounds = (low: 0, high: count - 1)
        for epoch in 0..<200 {
            switch epoch % 4 {
            case 0, 2:
                try table.send(.delete, Self.row(bounds.low))
                bounds.low += 1
            case 1:
                try table.send(.delete, Self.row(bounds.high))
                bounds.high -= 1
            default: try table.send(.insert, Self.row(count / 2))
            }
            let rows = try table.step()
            #expect(rows.count == 2)
            #expect(
                rows.filter { $0.value > 0 }.keys.allSatisfy {
                    $0[1...2] == [.int(Int64(bounds.low)), .int(Int64(bounds.high))]
                }
            )
            #expect(table.circuit.stateByteCount < bytes + 1 << 20)
            // Written, out of memory, and in again.
            if epoch % 5 == 4 { try table.write(into: folder) }
        }
        let misses = folder.cache.missCount - before
        #expect(misses < 1000, "\(misses) of \(blocks) blocks were read 200 times")
    }

    private static func row(_ value: Int) -> PlainRow {
        [.int(1), .numeric(PlainNumeric.make(7, 0)), .int(Int64(value)), .numeric(PlainNumeric.make(BigInt(value), 1))]
    }
}

/// A circuit over a bag of (group, other group, value, other value), and the rows its deltas add up to.
private final class Extremes {
    enum View: String, CaseIterable {
        /// The least and the greatest value by group.
        case extremes
        /// The greatest of values of which equal ones look differently, by group.
        case images
        /// By a group whose keys look differently.
        case keys
        /// A list beside a least value.
        case lists
        /// Of all rows.
        case global
    }

    static let schema = RelationSchema(
        relation: RelationID(1),
        name: QualifiedName(schema: "public", name: "t"),
        columns: [
            Column(name: "g", attributeNumber: 1, type: .int8),
            Column(name: "h", attributeNumber: 2, type: .numeric),
            Column(name: "v", attributeNumber: 3, type: .int8),
            Column(name: "w", attributeNumber: 4, type: .numeric),
        ],
        primaryKey: [],
        replicaIdentity: .full
    )

    var circuit: Circuit
    let views: [ViewDefinition]
    private var slab = ByteSlab()
    /// As they lie in memory, of the last epoch.
    private(set) var deltas: [UInt8] = []

    init(folder: StateFolder?, views: [View] = View.allCases) throws {
        self.views = views.map(\.definition)
        circuit = try Self.make(self.views, folder)
    }

    static func make(_ views: [ViewDefinition], _ folder: StateFolder?) throws -> Circuit {
        try Circuit(views: views, schemas: [SchemaID(0): schema], folder: folder)
    }

    func send(_ kind: ChangeOperation, _ row: PlainRow) throws {
        slab.removeAll()
        let record = slab.beginRecord(kind, schema: SchemaID(0), hasNew: kind == .insert, hasOld: kind == .delete)
        TestDatabase.appendRow(row, into: &slab)
        slab.endRecord(record)
        try circuit.ingest(ChangeRecord(slab.base))
    }

    /// Ends the epoch and returns the change of the first view, and adds those of all to `sums`.
    func step(_ sums: inout [String: [PlainRow: Int64]]) throws {
        var deltas: [UInt8] = []
        try circuit.step()
        for view in views {
            let encodings = view.root.columns.map(\.type.encoding)
            var sum = sums[view.name] ?? [:]
            circuit.withDelta(of: view.name) { delta in
                for index in 0..<delta.count {
                    deltas += delta.row(at: index).bytes
                    withUnsafeBytes(of: delta.weight(at: index)) { deltas += $0 }
                    let row = PlainRows.image(PlainRows.decode(delta.row(at: index), encodings))
                    sum[row, default: 0] += delta.weight(at: index)
                    if sum[row] == 0 { sum[row] = nil }
                }
            }
            sums[view.name] = sum
        }
        self.deltas = deltas
        try circuit.seal()
    }

    func step() throws -> [PlainRow: Int64] {
        var sums: [String: [PlainRow: Int64]] = [:]
        try step(&sums)
        return sums[views[0].name] ?? [:]
    }

    /// Multisets of values that are not all in memory.
    var partialCount: Int {
        circuit.pieces.reduce(0) { $0 + (($1 as? Dataflow.Aggregate)?.partialCount ?? 0) }
    }

    func write(into folder: StateFolder) throws {
        _ = try circuit.checkpoint().write(into: folder)
        try circuit.adoptWritten()
    }
}

extension Extremes.View {
    fileprivate var definition: ViewDefinition {
        let columns = Extremes.schema.columns
        let scan = PlanNode.scan(TableScan(relation: RelationID(1), name: Extremes.schema.name, columns: columns))
        func call(_ function: AggregateFunction, _ argument: Int?, _ type: ScalarType) -> AggregateCall {
            AggregateCall(function: function, argument: argument, filter: nil, resultType: type)
        }
        let count = call(.countAll, nil, .int8)
        let list = AggregateCall(
            function: .arrayAgg,
            argument: 2,
            order: [AggregateOrder(column: 2)],
            filter: nil,
            resultType: .text
        )
        let (groups, calls): ([Int], [AggregateCall]) =
            switch self {
            case .extremes: ([0], [call(.min, 2, .int8), call(.max, 2, .int8), count])
            case .images: ([0], [call(.max, 3, .numeric), count])
            case .keys: ([1], [call(.min, 3, .numeric), count])
            case .lists: ([0], [list, call(.min, 3, .numeric)])
            case .global: ([], [call(.min, 2, .int8), call(.max, 3, .numeric), call(.min, 3, .numeric)])
            }
        let results = calls.map { PlanColumn(type: $0.resultType, isNotNull: false) }
        let node = ViewPlan.Aggregate(
            input: scan,
            groupColumns: groups,
            calls: calls,
            columns: groups.map { scan.columns[$0] } + results
        )
        return .over(.aggregate(node), name: rawValue)
    }
}

/// Random changes of few large groups and many small ones, in a circuit whose state is shaken and in one that has all in memory.
private final class ExtremesRun {
    private let seed: UInt64
    private let bench: StateBench
    private var generator: SeededGenerator
    private var shaken: Extremes
    private var whole: Extremes
    private var rows: [PlainRow] = []
    private var sums: [String: [PlainRow: Int64]] = [:]
    private(set) var partialCountMax = 0

    init(seed: UInt64, bench: StateBench) throws {
        (self.seed, self.bench) = (seed, bench)
        generator = SeededGenerator(seed: seed ^ 0xE57)
        shaken = try Extremes(folder: bench.folder)
        whole = try Extremes(folder: nil)
    }

    private func randomRow() -> PlainRow {
        let isLarge = !generator.once(in: 4)
        let group = Int64(isLarge ? generator.below(2) : generator.below(20))
        let key = isLarge ? generator.below(2) : generator.below(12)
        let value = Int64(generator.below(isLarge ? 400 : 9))
        return [
            .int(group), numeric(key), generator.once(in: 9) ? .null : .int(value),
            generator.once(in: 9) ? .null : numeric(Int(value)),
        ]
    }

    /// The same number looks differently from time to time.
    private func numeric(_ value: Int) -> Datum {
        let scale = generator.below(4)
        return .numeric(PlainNumeric.make(BigInt(value) * BigInt(10).power(scale), scale))
    }

    func epoch(draining: Bool) throws {
        for _ in 0..<generator.below(draining ? 20 : 60) {
            if rows.isEmpty || !draining && !generator.once(in: 3) {
                let row = randomRow()
                rows.append(row)
                try send(.insert, row)
            } else {
                try send(.delete, rows.remove(at: victim()))
            }
        }
        try step()
    }

    /// Often the least or the greatest of a group.
    private func victim() -> Int {
        let rows = rows
        let any = generator.below(rows.count)
        if generator.once(in: 3) { return any }
        let (group, column) = (rows[any][0], generator.pick([2, 3]))
        let members = rows.indices.filter { rows[$0][0] == group && !rows[$0][column].isNull }
        let isLess = { (left: Int, right: Int) in PlainValues.isLess(rows[left][column], rows[right][column]) }
        return (generator.once(in: 2) ? members.min(by: isLess) : members.max(by: isLess)) ?? any
    }

    func drain() throws {
        while let row = rows.popLast() { try send(.delete, row) }
        try step()
    }

    private func send(_ kind: ChangeOperation, _ row: PlainRow) throws {
        try shaken.send(kind, row)
        try whole.send(kind, row)
    }

    private func step() throws {
        var others: [String: [PlainRow: Int64]] = [:]
        try shaken.step(&sums)
        try whole.step(&others)
        #expect(shaken.deltas == whole.deltas, "seed \(seed)")
        #expect(shaken.circuit.parked.isEmpty && whole.circuit.parked.isEmpty, "seed \(seed): \(shaken.circuit.parked)")
        partialCountMax = max(partialCountMax, shaken.partialCount)
    }

    func shake() throws {
        let views = shaken.views
        let folder = bench.folder
        if generator.once(in: 8) {
            // As where the disk is full: what was not written is in the next one.
            for part in try shaken.circuit.checkpoint().parts where generator.once(in: 2) {
                try part.write(into: folder)
            }
        }
        try bench.shake(&shaken.circuit) { try Extremes.make(views, folder) }
    }

    func expectRight(_ place: String) {
        var bag = PlanOracle.Bag()
        for row in rows { bag.add(row, 1) }
        var oracle = PlanOracle(tables: [RelationID(1): (Extremes.schema.columns, bag)])
        for view in shaken.views {
            #expect(sums[view.name] == oracle.rows(view.root).weights, "\(place), \(view.name)")
        }
    }
}
