import Foundation
import LocalPostgres
import PostgresClient
import Relational
import TestSupport
import Testing
import ViewMaintenance

@testable import LeftfoldCLI

/// Invariants 2 and 10 with state in files: at every commit, whatever leaves memory, and after every restart each view's rows are the server's
/// own answer.
///
/// `make torture` takes a share of its points (`LEFTFOLD_TORTURE_POINTS`) from a random seed on (`LEFTFOLD_TEST_SEED`); a plain run takes the
/// same few each time.
@Suite(.serialized) struct StateOracleTortureTests {
    private static let asked = ProcessInfo.processInfo.environment["LEFTFOLD_TORTURE_POINTS"].flatMap(Int.init)
    private static let seedCount = UInt64(asked.map { max(1, $0 / 50) } ?? 8)
    private static let lifeCount = 3
    private static let transactionCount = 3

    /// One database for all seeds, emptied after each.
    private static let database: String = {
        do {
            return try SharedServer.postgres.makeDatabase()
        } catch {
            fatalError("no database for the oracle: \(error)")
        }
    }()

    @Test func `with state in files and restarts every view equals the server's answer`() async throws {
        var restored = 0
        for seed in SeededGenerator.chosenSeed..<SeededGenerator.chosenSeed + Self.seedCount {
            restored += try await Self.follow(seed)
        }
        if Self.seedCount > 4 { #expect(restored > 0, "no restart had a checkpoint to begin with") }
    }

    /// Runs one seed's lives; how many began with a checkpoint in the folder.
    private static func follow(_ seed: UInt64) async throws -> Int {
        var generator = SeededGenerator(seed: seed ^ 0x57A7E)
        let schema = RandomSchema(using: &generator)
        let workload = RandomWorkload(schema: schema)
        let views = RandomViews(schema: schema).make(using: &generator)
        let before = workload.load(using: &generator)
        let ddl = schema.ddl
        let story = "seed \(seed)\n\(ddl.joined(separator: ";\n"));\n"
        let follower = try Follower(
            database: database,
            ddl: ddl + before,
            tables: schema.tables.map(\.name),
            views: views
        )
        // The least there is, and one that nothing stays in memory with.
        var memory = MemoryBudget(MemoryBudget.least)
        if seed % 2 == 0 { memory.byteMax = 0 }
        let budget = memory
        var restored = 0
        do {
            for life in 0..<lifeCount {
                if try !checkpoints(follower).isEmpty { restored += 1 }
                let transactions = (0..<transactionCount).map { _ in workload.transaction(using: &generator) }
                let missed = workload.transaction(using: &generator)
                try await follower.run(memory: budget) { daemon in
                    let connection = try follower.connect()
                    defer { connection.close() }
                    for (number, statements) in ([[]] + transactions).enumerated() {
                        OracleTests.commit(statements, connection)
                        for (view, difference) in try await OracleTests.differences(
                            follower,
                            daemon,
                            connection,
                            views
                        ) {
                            Issue.record(
                                "\(story)life \(life), transaction \(number)\n\(view.name): \(view.select)\n\(difference)"
                            )
                        }
                        // Between two of them a checkpoint is taken.
                        if number == 1 { try await Task.sleep(for: .milliseconds(150)) }
                    }
                    // What the next life begins with is in the log, in the source, or in neither yet.
                    OracleTests.commit(missed, connection)
                }
            }
        } catch {
            Issue.record("\(story)\(error)\n\(views.map { "\($0.name): \($0.select)" }.joined(separator: "\n"))")
        }
        try follower.clear()
        return restored
    }

    /// The names of the checkpoints in the folder of state.
    private static func checkpoints(_ follower: Follower) throws -> [String] {
        let folder = try follower.installation.configuration.runsDirectory
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasPrefix("CHECKPOINT-") && !$0.hasSuffix(".tmp") }
    }
}
