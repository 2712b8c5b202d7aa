import Expressions
import Foundation
import Relational
import Testing
import ViewPlan

@testable import Dataflow

/// Random plans over random changes in random epochs, against recomputation from scratch.
@Suite struct CircuitPropertyTests {
    @Test(arguments: UInt64(0)..<120)
    func `after every epoch each view is its plan computed from scratch, and nothing is left when all rows are`(
        seed: UInt64
    ) throws {
        var run = try CircuitRun(seed: seed)
        try run.runToTheEnd(epochs: 14, changesUpTo: 25)
    }

    @Test(arguments: UInt64(1000)..<1080)
    func `the same holds while state goes into files, leaves memory, comes back, and the process restarts`(
        seed: UInt64
    ) throws {
        var run = try CircuitRun(seed: seed, bench: StateBench(seed: seed))
        try run.runToTheEnd(epochs: 30, changesUpTo: 25)
    }

    @Test(arguments: UInt64(2000)..<2012)
    func `any split of the same records into epochs ends in the same rows`(seed: UInt64) throws {
        var results: [[String: [PlainRow: Int64]]] = []
        for epochs in [1, 3, 60] {
            var run = try CircuitRun(seed: seed)
            try run.replay(changes: 120, epochs: epochs)
            results.append(run.accumulated)
        }
        #expect(results[0] == results[1] && results[1] == results[2], "seed \(seed)")
    }

    @Test(arguments: UInt64(3000)..<3040)
    func `state and deltas are the same to the byte with one, two and four workers`(seed: UInt64) throws {
        var results: [(deltas: [UInt8], checkpoints: [String])] = []
        for workers in [1, 2, 4] {
            let crew = Crew(workers: workers, pieceRowCount: 3, rowsWorthwhile: 2) { body in
                Thread.detachNewThread(body)
            }
            let bench = try StateBench(seed: seed)
            var run = try CircuitRun(seed: seed, bench: bench, crew: crew)
            try run.runToTheEnd(epochs: 20, changesUpTo: 60)
            results.append((run.deltas, bench.published))
        }
        for result in results[1...] {
            #expect(result.deltas == results[0].deltas, "seed \(seed)")
            #expect(result.checkpoints == results[0].checkpoints, "seed \(seed)")
        }
        #expect(!results[0].deltas.isEmpty, "seed \(seed)")
    }
}

/// A circuit beside the tables it folds and the rows its deltas add up to.
struct CircuitRun {
    private let seed: UInt64
    private var database: TestDatabase
    private let views: [ViewDefinition]
    private var circuit: Circuit
    private let bench: StateBench?
    private let crew: Crew
    private var generator: SeededGenerator
    private(set) var accumulated: [String: [PlainRow: Int64]] = [:]
    /// The deltas of all epochs as they lie in memory.
    private(set) var deltas: [UInt8] = []

    init(seed: UInt64, bench: StateBench? = nil, crew: Crew = .alone) throws {
        self.seed = seed
        self.crew = crew
        database = TestDatabase(seed: seed)
        generator = SeededGenerator(seed: seed ^ 0x5555)
        var plans = RandomPlan(seed: seed, schemas: database.tables.map(\.schema))
        views = (0..<3).map { index in
            ViewDefinition.over(plans.node(depth: 1 + index), name: "view\(index)")
        }
        self.bench = bench
        circuit = try Circuit(
            views: views,
            schemas: database.schemas,
            integralsOf: Set(views.map(\.name)),
            folder: bench?.folder,
            crew: crew
        )
    }

    mutating func runToTheEnd(epochs: Int, changesUpTo limit: Int) throws {
        for epoch in 0..<epochs {
            var slab = ByteSlab()
            for _ in 0..<generator.below(limit) {
                database.change(isDraining: epoch > epochs - 4, into: &slab)
            }
            if epoch == epochs - 1 { database.drain(into: &slab) }
            try fold(slab)
            try check("epoch \(epoch)")
            let (views, schemas, folder, crew) = (views, database.schemas, bench?.folder, crew)
            try bench?.shake(&circuit) {
                try Circuit(
                    views: views,
                    schemas: schemas,
                    integralsOf: Set(views.map(\.name)),
                    folder: folder,
                    crew: crew
                )
            }
        }
        for node in circuit.statistics where !node.name.hasPrefix("rows of") {
            let isGlobal = node.name == "aggregate"
            // What is computed from the one row of a global aggregate may be held.
            let isAboveGlobal = views.contains { node.views.contains($0.name) && $0.root.readsGlobalAggregate }
            #expect(isGlobal || isAboveGlobal || node.rowCount == 0, "seed \(seed): \(node)")
            #expect(bench != nil || isGlobal || isAboveGlobal || node.stateBytes < 20_000, "seed \(seed): \(node)")
        }
    }

    mutating func replay(changes: Int, epochs: Int) throws {
        var rest = changes
        for epoch in 0..<epochs {
            var slab = ByteSlab()
            let share = epoch == epochs - 1 ? rest : min(rest, changes / epochs)
            rest -= share
            for _ in 0..<share { database.change(isDraining: false, into: &slab) }
            try fold(slab)
        }
        try check("the end")
    }

    private mutating func fold(_ slab: borrowing ByteSlab) throws {
        try circuit.ingest(slab)
        try circuit.step()
        for view in views {
            let encodings = view.root.columns.map(\.type.encoding)
            var sum = accumulated[view.name] ?? [:]
            circuit.withDelta(of: view.name) { delta in
                var seen: Set<PlainRow> = []
                for index in 0..<delta.count {
                    deltas += delta.row(at: index).bytes
                    withUnsafeBytes(of: delta.weight(at: index)) { deltas += $0 }
                    let image = PlainRows.image(PlainRows.decode(delta.row(at: index), encodings))
                    #expect(seen.insert(image).inserted, "seed \(seed): a row stands twice in a delta")
                    #expect(delta.weight(at: index) != 0, "seed \(seed): weight 0 in a delta")
                    sum[image, default: 0] += delta.weight(at: index)
                    if sum[image] == 0 { sum[image] = nil }
                }
            }
            #expect(sum.values.allSatisfy { $0 > 0 }, "seed \(seed): negative weight in \(view.name)")
            accumulated[view.name] = sum
        }
        try circuit.seal()
    }

    private func check(_ place: String) throws {
        #expect(circuit.parked.isEmpty, "seed \(seed), \(place): \(circuit.parked)")
        var oracle = PlanOracle(tables: database.bags)
        for view in views {
            let wanted = oracle.rows(view.root).weights
            #expect(
                accumulated[view.name] == wanted,
                "seed \(seed), \(place), \(view.name)\n\(view.root)\n\(difference(accumulated[view.name] ?? [:], wanted))"
            )
            let errors = Dictionary(
                uniqueKeysWithValues: circuit.errors(of: view.name).map { ($0.error, $0.count) }
            )
            #expect(errors == oracle.errorCounts(view.root), "seed \(seed), \(place), \(view.name)")
            var held: [PlainRow: Int64] = [:]
            let encodings = view.root.columns.map(\.type.encoding)
            try circuit.forEachRow(of: view.name) { rows in
                for index in 0..<rows.count {
                    held[PlainRows.image(PlainRows.decode(rows.row(at: index), encodings))] = rows.weight(at: index)
                }
            }
            #expect(held == accumulated[view.name], "seed \(seed), \(place): the rows kept of \(view.name)")
        }
    }

    private func difference(_ found: [PlainRow: Int64], _ wanted: [PlainRow: Int64]) -> String {
        let extra = found.filter { wanted[$0.key] != $0.value }
        let missing = wanted.filter { found[$0.key] != $0.value }
        return "found \(extra)\nwanted \(missing)"
    }
}

extension ViewDefinition {
    static func over(_ root: PlanNode, name: String) -> ViewDefinition {
        ViewDefinition(
            name: name,
            sql: "",
            options: [:],
            columns: root.columns.enumerated().map {
                ViewColumn(name: "c\($0.offset)", type: $0.element.type, isNotNull: false)
            },
            key: nil,
            root: root,
            dependencies: []
        )
    }
}

extension PlanNode {
    var readsGlobalAggregate: Bool {
        switch self {
        case .scan: false
        case .filter(let filter): filter.input.readsGlobalAggregate
        case .project(let projection): projection.input.readsGlobalAggregate
        case .join(let join): join.left.readsGlobalAggregate || join.right.readsGlobalAggregate
        case .aggregate(let aggregate): aggregate.groupColumns.isEmpty || aggregate.input.readsGlobalAggregate
        }
    }
}
