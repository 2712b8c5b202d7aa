import Dataflow
import Relational
import Testing
import ViewPlan

/// The rows that are kept of views for their stores.
@Suite struct ViewRowsTests {
    @Test func `rows kept in files are those kept in memory, each once, in the order of their keys`() throws {
        var (inFiles, rowCount) = (0, 0)
        for seed in UInt64(0)..<60 {
            var story = try KeptRowsStory(seed: seed)
            try story.fold(epochs: 16)
            let (layered, rows) = try story.compare()
            inFiles += layered
            rowCount += rows
        }
        #expect(inFiles > 20 && rowCount > 1000, "\(inFiles) views had their rows in files, \(rowCount) rows in all")
    }
}

/// Two circuits of the same views, one of them with its state on the move between memory and files.
private struct KeptRowsStory {
    private let seed: UInt64
    private var generator: SeededGenerator
    private var database: TestDatabase
    private let views: [ViewDefinition]
    private let inMemory: Circuit
    private var moving: Circuit
    private let bench: StateBench

    init(seed: UInt64) throws {
        self.seed = seed
        var generator = SeededGenerator(seed: seed ^ 0x77)
        database = TestDatabase(seed: seed)
        var plans = RandomPlan(seed: seed, schemas: database.tables.map(\.schema))
        views = (0..<3).map { index in
            var view = ViewDefinition.over(plans.node(depth: index), name: "view\(index)")
            let columns = Array(view.columns.indices).shuffled(using: &generator)
            // A key need not identify rows here: only a store minds.
            if !generator.once(in: 3) { view.key = Array(columns.prefix(1 + generator.below(columns.count))) }
            return view
        }
        bench = try StateBench(seed: seed)
        self.generator = generator
        let names = Set(views.map(\.name))
        inMemory = try Circuit(views: views, schemas: database.schemas, integralsOf: names)
        moving = try Circuit(views: views, schemas: database.schemas, integralsOf: names, folder: bench.folder)
    }

    mutating func fold(epochs: Int) throws {
        let (views, schemas, folder) = (views, database.schemas, bench.folder)
        for _ in 0..<epochs {
            var slab = ByteSlab()
            for _ in 0..<generator.below(25) { database.change(isDraining: false, into: &slab) }
            for circuit in [inMemory, moving] {
                try circuit.ingest(slab)
                try circuit.step()
                try circuit.seal()
            }
            try bench.shake(&moving) {
                try Circuit(views: views, schemas: schemas, integralsOf: Set(views.map(\.name)), folder: folder)
            }
        }
        #expect(inMemory.parked.isEmpty && moving.parked.isEmpty, "seed \(seed)")
    }

    /// How many views had rows in files, and how many rows there were.
    func compare() throws -> (inFiles: Int, rowCount: Int) {
        var (inFiles, rowCount) = (0, 0)
        for view in views {
            let taken = try #require(inMemory.takeRows(of: view.name))
            let moved = try #require(moving.takeRows(of: view.name, batchByteMax: 1 << generator.seedShift))
            let wanted = try images(of: taken, view).weights
            // As they are, then written, and once more.
            #expect(try images(of: moved, view).weights == wanted, "seed \(seed), \(view.name)")
            let isOrdered = !moved.areInMemory
            try moved.leaveMemory()
            for _ in 0..<2 {
                let (weights, keys) = try images(of: moved, view)
                #expect(weights == wanted, "seed \(seed), \(view.name)")
                guard isOrdered else { continue }
                let isAscending = zip(keys, keys.dropFirst()).allSatisfy { !$1.lexicographicallyPrecedes($0) }
                #expect(isAscending, "seed \(seed), \(view.name)")
            }
            inFiles += isOrdered ? 1 : 0
            rowCount += wanted.count
        }
        return (inFiles, rowCount)
    }

    private func images(
        of rows: ViewRows,
        _ view: ViewDefinition
    ) throws -> (weights: [[UInt8]: Int64], keys: [[UInt8]]) {
        var weights: [[UInt8]: Int64] = [:]
        var keys: [[UInt8]] = []
        try rows.forEach { batch in
            for index in 0..<batch.count {
                let row = batch.row(at: index)
                let isNew = weights.updateValue(batch.weight(at: index), forKey: Array(row.bytes)) == nil
                #expect(isNew, "seed \(seed), \(view.name): a row is there twice")
                keys.append(key(of: row, view))
            }
        }
        return (weights, keys)
    }

    /// Bytes that sort as a store orders the row.
    private func key(of row: RowView, _ view: ViewDefinition) -> [UInt8] {
        guard let columns = view.key else { return withUnsafeBytes(of: row.imageHash.bigEndian) { Array($0) } }
        var slab = ByteSlab()
        for column in columns {
            KeyEncoder.append(row, column: column, as: view.columns[column].type.encoding, into: &slab)
        }
        return Array(slab.bytes)
    }
}

extension SeededGenerator {
    /// Sizes of sorted parts from a few rows to all.
    fileprivate var seedShift: Int {
        var copy = self
        return 12 + copy.below(6)
    }
}
