import Foundation
import PostgresClient
import Testing
import ViewStores

@testable import LeftfoldCLI

extension ProgramTests {
    /// Builds of views as the program does them: killed on the way, and without a daemon.
    @Suite struct StateBuildTests {
        private static let ddl = [
            "CREATE TABLE customers (id int PRIMARY KEY, region text NOT NULL)",
            "CREATE TABLE orders (id int PRIMARY KEY, customer int NOT NULL, total numeric(10,2) NOT NULL, note text)",
            "INSERT INTO customers SELECT n, 'r' || n % 3 FROM generate_series(0, 9) n",
        ]
        private static let views = [
            TestView(
                "revenue",
                "SELECT c.region, sum(o.total) AS total, count(*) AS n FROM orders o "
                    + "JOIN customers c ON c.id = o.customer GROUP BY c.region"
            ),
            TestView("noted", "SELECT id, customer, total, note FROM orders WHERE total > 20"),
            TestView("bag", "SELECT customer, total FROM orders"),
        ]
        private static let small = ["LEFTFOLD_MEMORY_BUDGET": "16MB", "LEFTFOLD_STATE_CHECKPOINT": "10ms"]

        /// One whose log has many commits, and whose views were never built.
        private static func filled() async throws -> (Follower, PostgresConnection) {
            let follower = try Follower(ddl: ddl, tables: ["customers", "orders"], views: [])
            let daemon = try await follower.startDaemon()
            let connection = try follower.connect()
            for n in 0..<150 {
                let first = n * 200
                try connection.query(
                    "INSERT INTO orders SELECT i, i % 10, i % 70, repeat('x', 60) FROM generate_series(\(first), \(first + 199)) i"
                )
                try connection.query("UPDATE orders SET total = total + 1 WHERE id % 97 = \(n % 97)")
                try connection.query("DELETE FROM orders WHERE id % 1009 = \(n)")
            }
            try await follower.catchUp(daemon, connection)
            daemon.terminate()
            #expect(try await daemon.end().status == 0)
            for view in views { try follower.write(view) }
            return (follower, connection)
        }

        @Test func `killed in the middle of a first build, it builds on from a checkpoint`() async throws {
            let (follower, connection) = try await Self.filled()
            let files = StateFolderFiles(follower)
            var isCutShort = false
            for _ in 0..<5 where !isCutShort {
                // As if nothing had been built yet.
                for name in ["/state", "/views.db", "/views.db-wal", "/views.db-shm"] {
                    try? FileManager.default.removeItem(atPath: follower.dataFolder + name)
                }
                let daemon = try follower.start(["run"], environment: Self.small)
                while !Self.isPublished(files.checkpoints), daemon.hasEnded == nil {
                    try await Task.sleep(for: .milliseconds(1))
                }
                daemon.kill()
                #expect(try await daemon.end().status == KillTests.killStatus)
                let stores = try Self.storedViews(follower)
                isCutShort = stores.isEmpty
            }
            #expect(isCutShort, "the views were built whenever there was a checkpoint")
            let daemon = try follower.start(["run"], environment: Self.small)
            try await follower.waitUntilStreaming(daemon)
            try await follower.catchUpLive(daemon, connection)
            try await follower.expectEqual(Self.views, connection, "after the build")
            #expect(daemon.errors.contains("the views go on from a checkpoint"), "\(daemon.errors)")
            daemon.terminate()
            #expect(try await daemon.end().status == 0)
            connection.close()
        }

        @Test func `commands without a daemon build within the budget, and leave nothing but the rows`() async throws {
            let (follower, connection) = try await Self.filled()
            let scratch = follower.dataFolder + "/state/scratch"
            // What a command that was killed has left.
            try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
            try Data("x".utf8).write(to: URL(fileURLWithPath: scratch + "/0000000000000001.run"))
            let files = StateFolderFiles(follower)
            let before = files.checkpoints
            let lsn = try #require(try connection.value("SELECT pg_current_wal_lsn()"))
            for arguments in [["apply"], ["rebuild"], ["run", "--until", lsn], ["verify"]] {
                let command = try follower.start(arguments, environment: Self.small)
                let result = try await command.end()
                #expect(result.status == 0, "\(arguments): \(result.output) \(result.errors)")
                #expect(!FileManager.default.fileExists(atPath: scratch), "\(arguments)")
                if arguments != ["verify"] { #expect(files.checkpoints == before, "\(arguments)") }
            }
            connection.close()
        }

        /// Whether there is a checkpoint that has its name for good.
        private static func isPublished(_ checkpoints: [String]) -> Bool {
            checkpoints.contains { $0.dropFirst("CHECKPOINT-".count).allSatisfy(\.isNumber) }
        }

        /// The views that have rows in the store.
        private static func storedViews(_ follower: Follower) throws -> [String] {
            guard let store = try follower.installation.configuration.store(named: "main"),
                let reader = try store.openReader()
            else { return [] }
            return try reader.progress().map(\.view)
        }
    }
}
