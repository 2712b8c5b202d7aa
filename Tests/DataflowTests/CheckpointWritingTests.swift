import Foundation
import Relational
import StateFiles
import Testing
import ViewPlan

@testable import Dataflow

/// Writing the state of many operators on several threads.
@Suite struct CheckpointWritingTests {
    /// What the runs of a checkpoint hold, by name.
    private static func write(
        seed: UInt64,
        with crew: Crew
    ) throws -> [String: [RunContent]] {
        let bench = try StateBench(seed: seed)
        var database = TestDatabase(seed: seed)
        var plans = RandomPlan(seed: seed, schemas: database.tables.map(\.schema))
        let views = (0..<6).map { ViewDefinition.over(plans.node(depth: 1 + $0 % 3), name: "view\($0)") }
        let circuit = try Circuit(
            views: views,
            schemas: database.schemas,
            integralsOf: Set(views.map(\.name)),
            folder: bench.folder
        )
        var sections: [StateManifest.Section] = []
        for _ in 0..<6 {
            var slab = ByteSlab()
            for _ in 0..<150 { database.change(isDraining: false, into: &slab) }
            try circuit.ingest(slab)
            try circuit.step()
            try circuit.seal()
            // So little is sorted at once that a part becomes several runs.
            sections = try circuit.checkpoint().write(into: bench.folder, batchByteMax: 16 << 10, with: crew)
        }
        return try sections.reduce(into: [:]) { all, section in
            all[section.name] = try section.runs.map { reference in
                try RunContent(bench.folder.open(reference, rule: section.rule), in: bench.folder)
            }
        }
    }

    @Test(arguments: UInt64(0)..<6)
    func `what is in each run depends on no thread`(seed: UInt64) throws {
        let one = try Self.write(seed: seed, with: .alone)
        for workers in [2, 6] {
            let crew = Crew(workers: workers) { Thread.detachNewThread($0) }
            #expect(try Self.write(seed: seed, with: crew) == one, "seed \(seed), \(workers) workers")
        }
        #expect(one.values.contains { $0.count > 1 }, "seed \(seed)")
    }
}

/// The entries of a run and what its file takes, whatever its number.
private struct RunContent: Hashable {
    var byteCount: Int64
    var entries: [[UInt8]] = []

    init(_ run: Run, in folder: StateFolder) throws {
        byteCount = run.reference.byteCount
        var reader = RunReader([run], rule: run.rule, cache: folder.cache)
        reader.scan()
        var found = FoundEntries()
        while try reader.next(into: &found) {
            for index in 0..<found.count {
                entries.append(Array(found.key(at: index)) + [0xFE] + Array(found.payload(at: index)))
                entries.append(Array("\(found.weight(at: index))".utf8))
            }
        }
    }
}
