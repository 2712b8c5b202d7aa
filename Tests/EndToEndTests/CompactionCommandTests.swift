import Foundation
import PostgresClient
import Testing
import ViewMaintenance

@testable import LeftfoldCLI

extension ProgramTests {
    /// `log compact`, and what the program does with a log that was compacted.
    @Suite struct CompactionCommandTests {
        private static let ddl = [
            "CREATE TABLE customers (id int PRIMARY KEY, region text NOT NULL)",
            "CREATE TABLE orders (id int PRIMARY KEY, customer int NOT NULL, total numeric(10,2) NOT NULL, note text)",
            "CREATE TABLE events (kind text, amount int)",
            "ALTER TABLE events REPLICA IDENTITY FULL",
            "INSERT INTO customers SELECT n, 'r' || n % 3 FROM generate_series(1, 9) n",
            "INSERT INTO orders SELECT n, n % 9 + 1, n * 1.5, repeat('x', 40) FROM generate_series(1, 200) n",
            "INSERT INTO events SELECT 'k' || n % 4, n FROM generate_series(1, 20) n",
        ]
        private static let revenue = TestView(
            "revenue",
            "SELECT c.region, sum(o.total) AS total, count(*) AS n FROM orders o JOIN customers c ON c.id = o.customer "
                + "GROUP BY c.region"
        )
        private static let lines = TestView("lines", "SELECT id, customer, total, note FROM orders WHERE total > 20")
        private static let kinds = TestView("kinds", "SELECT kind, sum(amount) AS amount FROM events GROUP BY kind")
        private static let views = [revenue, lines, kinds]

        private static func follower() throws -> Follower {
            try Follower(ddl: ddl, tables: ["customers", "orders", "events"], views: views)
        }

        private static func stop(_ daemon: LeftfoldProcess) async throws {
            daemon.terminate()
            #expect(try await daemon.end(within: .seconds(10)).status == 0)
        }

        /// What a shop does with its rows: updates, moved keys, deletes, returning keys, a TRUNCATE and a new column.
        private static func trade(_ connection: PostgresConnection, round: Int) throws {
            for statement in [
                "UPDATE orders SET total = total + 1 WHERE id % 3 = \(round % 3)",
                "UPDATE orders SET id = id + 1000000 * (\(round) + 1) WHERE id % 50 = \(round % 50)",
                "DELETE FROM orders WHERE id % 7 = \(round % 7)",
                "INSERT INTO orders SELECT n, n % 9 + 1, n, NULL FROM generate_series(\(20_000 + round * 40), \(20_029 + round * 40)) n",
                "UPDATE customers SET region = 'r' || (id + \(round)) % 4 WHERE id % 2 = \(round % 2)",
                "UPDATE events SET amount = amount + 1 WHERE kind = 'k1'",
                "DELETE FROM events WHERE kind = 'k\(round % 4)' AND amount % 5 = 0",
            ] { try connection.query(statement) }
        }

        private static func compact(_ follower: Follower, _ arguments: String...) async throws -> [String: Any] {
            let result = try await follower.start(["log", "compact", "--json"] + arguments).end()
            #expect(result.status == 0 && result.errors.isEmpty, "\(result)")
            return try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
        }

        private static func expectVerified(_ follower: Follower, _ place: String) async throws {
            let verified = try await follower.leftfold("verify")
            #expect(verified.status == 0, "\(place): \(verified)")
            for view in views { #expect(verified.output.contains("\(view.name): "), "\(place): \(verified)") }
        }

        @Test func `views over a compacted log are what the server says, whether they go on or are built from it`()
            async throws
        {
            let follower = try Self.follower()
            let connection = try follower.connect()
            var daemon = try await follower.startDaemon()
            for round in 0..<8 { try Self.trade(connection, round: round) }
            try await follower.catchUp(daemon, connection)
            let outcome = try await Self.compact(follower, "--now", "orders")
            let (before, after) = (outcome["records_before"] as? Int ?? 0, outcome["records_after"] as? Int ?? 0)
            #expect(after > 0 && after < before, "\(outcome)")
            #expect(outcome["horizon"] as? Int ?? 0 > 0, "\(outcome)")
            try await Self.expectVerified(follower, "after a run of the daemon")
            try await follower.expectEqual(Self.views, connection, "after a run of the daemon")
            let rebuilt = try await follower.leftfold("rebuild")
            #expect(rebuilt.status == 0, "\(rebuilt)")
            try await Self.expectVerified(follower, "rebuilt from the compacted log")
            for round in 8..<12 { try Self.trade(connection, round: round) }
            try await follower.catchUp(daemon, connection)
            let stat = try await follower.leftfold("log", "stat", "--live")
            #expect(stat.output.contains("store main") && stat.output.contains("compacted up to"), "\(stat)")
            #expect(stat.output.contains("live  ") && stat.output.contains(" % of it"), "\(stat)")
            try await Self.stop(daemon)
            // Without a daemon, once more and of all relations' files that are ready.
            _ = try await Self.compact(follower, "--now", "public.customers")
            _ = try await Self.compact(follower)
            let check = try await follower.leftfold("log", "check")
            #expect(check.status == 0 && check.output.contains("sound"), "\(check)")
            try await Self.expectVerified(follower, "at rest")
            let atRest = try await follower.leftfold("rebuild", "lines")
            #expect(atRest.status == 0, "\(atRest)")
            daemon = try await follower.startDaemon()
            try Self.trade(connection, round: 12)
            try await follower.catchUp(daemon, connection)
            try await follower.expectEqual(Self.views, connection, "after a restart")
            try await Self.stop(daemon)
            connection.close()
            try follower.destroy()
        }

        @Test func `a daemon that is started again after a run goes on with the views it has`() async throws {
            let follower = try Self.follower()
            let connection = try follower.connect()
            var daemon = try await follower.startDaemon()
            for round in 0..<4 { try Self.trade(connection, round: round) }
            try await follower.catchUp(daemon, connection)
            _ = try await Self.compact(follower, "--now", "orders")
            try await Self.stop(daemon)
            daemon = try await follower.startDaemon()
            #expect(!daemon.errors.contains("built again"), "\(daemon.errors)")
            try Self.trade(connection, round: 4)
            try await follower.catchUp(daemon, connection)
            try await follower.expectEqual(Self.views, connection, "after a restart")
            let early = try await follower.leftfold("run", "--until", "1")
            #expect(early.status == 4, "a daemon runs: \(early)")
            try await Self.stop(daemon)
            try FileManager.default.removeItem(atPath: follower.storePath)
            let inside = try await follower.leftfold("run", "--until", "2")
            #expect(inside.status == 4 && inside.errors.contains("the log is compacted up to LSN"), "\(inside)")
            connection.close()
            try follower.destroy()
        }

        @Test(arguments: [true, false])
        func `what cannot be compacted is refused by name, and a dry run changes nothing`(isDaemonRunning: Bool)
            async throws
        {
            let follower = try Self.follower()
            let connection = try follower.connect()
            let daemon = try await follower.startDaemon()
            try Self.trade(connection, round: 0)
            try await follower.catchUp(daemon, connection)
            if !isDaemonRunning { try await Self.stop(daemon) }
            let unknown = try await follower.leftfold("log", "compact", "--now", "nobody")
            #expect(unknown.status == 2 && unknown.errors.contains("public.customers"), "\(unknown)")
            let keyless = try await follower.leftfold("log", "compact", "--now", "events")
            #expect(keyless.status == 2 && keyless.errors.contains("has no key"), "\(keyless)")
            let dry = try await Self.compact(follower, "--now", "orders", "--dry-run")
            #expect(dry["is_dry_run"] as? Bool == true, "\(dry)")
            let stat = try await follower.leftfold("log", "stat", "--json")
            let report = try #require(try JSONSerialization.jsonObject(with: Data(stat.output.utf8)) as? [String: Any])
            #expect(report["horizon"] as? Int == 0, "\(stat)")
            if isDaemonRunning { try await Self.stop(daemon) }
            connection.close()
            try follower.destroy()
        }
    }
}
