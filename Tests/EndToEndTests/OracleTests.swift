import LocalPostgres
import PostgresClient
import Relational
import TestSupport
import Testing
import ViewMaintenance

@testable import LeftfoldCLI

/// Invariant 2: at every commit each view's rows are the server's own answer to the view's SELECT.
@Suite(.serialized) struct OracleTests {
    static let seedCount: UInt64 = 200
    static let transactionCount = 8

    @Test(arguments: 0..<seedCount)
    func `after every commit every view equals the server's answer`(seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        let schema = RandomSchema(using: &generator)
        let workload = RandomWorkload(schema: schema)
        let views = RandomViews(schema: schema).make(using: &generator)
        let before = workload.load(using: &generator)
        let transactions = (0..<Self.transactionCount).map { _ in workload.transaction(using: &generator) }
        let ddl = schema.ddl
        let story = "seed \(seed)\n\(ddl.joined(separator: ";\n"));\n"
        let follower = try Follower(
            database: Self.database,
            ddl: ddl + before,
            tables: schema.tables.map(\.name),
            views: views
        )
        do {
            try await follower.run { daemon in
                let connection = try follower.connect()
                defer { connection.close() }
                for (number, statements) in ([[]] + transactions).enumerated() {
                    Self.commit(statements, connection)
                    for (view, difference) in try await Self.differences(follower, daemon, connection, views) {
                        Issue.record(
                            """
                            \(story)transaction \(number): \(statements.joined(separator: ";\n"))
                            view \(view.name): \(view.select)
                            \(difference)
                            """
                        )
                    }
                }
            }
        } catch {
            Issue.record("\(story)\(error)\n\(views.map { "\($0.name): \($0.select)" }.joined(separator: "\n"))")
        }
        try follower.clear()
    }

    /// One database for all seeds, emptied after each.
    private static let database: String = {
        do {
            return try SharedServer.postgres.makeDatabase()
        } catch {
            fatalError("no database for the oracle: \(error)")
        }
    }()

    /// The views that are not what the server answers. Where the server's answer is an error, the view has to be in error.
    static func differences(
        _ follower: Follower,
        _ daemon: Daemon,
        _ connection: PostgresConnection,
        _ views: [TestView]
    ) async throws -> [(view: TestView, difference: String)] {
        let lsn = try #require(try connection.value("SELECT pg_current_wal_insert_lsn()").flatMap { LSN(parsing: $0) })
        var failing = Set<String>()
        var found: [(view: TestView, difference: String)] = []
        for view in views {
            let result = await daemon.wait(for: lsn, view: view.name, timeout: .seconds(30))
            let refusal = Self.refusal(of: view, connection)
            if refusal != nil { failing.insert(view.name) }
            switch (result, refusal) {
            case (.reached, nil):
                let differences = try follower.differences(view, connection, await daemon.schemas())
                if !differences.isEmpty { found.append((view, Follower.text(differences))) }
            case (.failed, .some): break
            // The server need not compute a column of a view that nobody asks for.
            case (.failed, nil) where !failing.isDisjoint(with: view.reads): break
            default:
                let shown = await daemon.status().views.first { $0.name == view.name }
                let state = "\(shown?.state.rawValue ?? "unknown"), \(shown?.error?.message ?? "no error")"
                found.append((view, "\(result) (\(state)), but the server says: \(refusal ?? "rows")"))
            }
        }
        return found
    }

    private static func refusal(of view: TestView, _ connection: PostgresConnection) -> String? {
        do {
            try connection.query(view.question)
            return nil
        } catch {
            return error.message
        }
    }

    /// Runs a transaction; a statement that fails rolls it back, which is a case of its own.
    static func commit(_ statements: [String], _ connection: PostgresConnection) {
        guard !statements.isEmpty else { return }
        do {
            try connection.query("BEGIN")
            for statement in statements { try connection.query(statement) }
            try connection.query("COMMIT")
        } catch {
            _ = try? connection.query("ROLLBACK")
        }
    }
}
