import Foundation
import PostgresClient
import SQLiteDatabase
import Synchronization
import TestSupport
import Testing
import ViewMaintenance

@testable import LeftfoldCLI

extension ProgramTests {
    /// The life of a definition: planned, applied, changed, moved, rolled back, dropped.
    @Suite struct LifeTests {
        /// `sums` with options; `least` decides the rows.
        private static func sums(_ least: Int, _ options: String? = nil) -> TestView {
            let select =
                "SELECT customer, count(*) AS n, sum(total) AS total FROM orders WHERE id > \(least) GROUP BY customer"
            return TestView(
                "sums",
                options.map { "CREATE MATERIALIZED VIEW sums WITH (\($0)) AS \(select)" } ?? select
            )
        }

        private static let big = TestView("big", "SELECT customer, total FROM sums WHERE total > 100")
        private static let count = TestView("order_count", "SELECT count(*) AS n FROM orders")

        private static func plan(_ follower: Follower) async throws -> [String: [String: Any]] {
            let result = try await follower.leftfold("plan", "--json")
            #expect(result.status == 0, "\(result)")
            let views = try #require(
                try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [[String: Any]]
            )
            return Dictionary(views.map { ($0["view"] as? String ?? "", $0) }) { first, _ in first }
        }

        private static func rows(_ follower: Follower, _ view: String) async throws -> [String] {
            let result = try await follower.leftfold("query", view, "--json", "--limit", "0")
            #expect(result.status == 0, "\(result.errors)")
            return result.output.split(separator: "\n").map(String.init).sorted()
        }

        private static func expectVerified(_ follower: Follower, _ place: String) async throws {
            let verified = try await follower.leftfold("verify")
            #expect(verified.status == 0, "\(place): \(verified)")
        }

        @Test(arguments: [true, false])
        func `plan says what apply then does: new, changed, moved, dropped, unaffected`(isRunning: Bool) async throws {
            let follower = try Follower.ofOrders([Self.sums(0), Self.big, Self.count])
            let connection = try follower.connect()
            try connection.query("ANALYZE orders")
            var planned = try await Self.plan(follower)
            #expect(planned.values.allSatisfy { $0["action"] as? String == "new" })
            let daemon = try await follower.startDaemon()
            try await follower.catchUp(daemon, connection)
            if !isRunning { try await daemon.stop() }
            planned = try await Self.plan(follower)
            #expect(planned.values.allSatisfy { $0["action"] as? String == "unchanged" && $0["cost"] == nil })
            // `big` reads `sums`.
            try follower.write(Self.sums(10))
            try follower.write(
                TestView(
                    "order_count",
                    "CREATE MATERIALIZED VIEW order_count WITH (store = 'pg') AS SELECT count(*) AS n FROM orders"
                )
            )
            try follower.write(TestView("fresh", "SELECT id, total FROM orders WHERE total > 400"))
            planned = try await Self.plan(follower)
            #expect(planned["sums"]?["action"] as? String == "changed")
            #expect(planned["sums"]?["changes"] as? [String] == ["query"])
            #expect(planned["big"]?["changes"] as? [String] == ["inputs"])
            #expect(planned["order_count"]?["action"] as? String == "moved")
            #expect(planned["order_count"]?["from"] as? String == "main")
            #expect(planned["fresh"]?["action"] as? String == "new")
            let cost = try #require(planned["sums"]?["cost"] as? [String: Any])
            let tables = try #require(cost["tables"] as? [[String: Any]])
            #expect(tables.first?["rows"] as? Int == 300 && tables.first?["name"] as? String == "public.orders")
            #expect((cost["log_bytes"] as? Int ?? 0) > 1000 && (cost["state"] as? [String])?.isEmpty == false)
            let text = try await follower.leftfold("plan")
            for word in ["changed    sums", "other rows (its SELECT)", "moved      order_count", "about 300 rows"] {
                #expect(text.output.contains(word), "no '\(word)' in \(text.output)")
            }
            let applied = try await follower.leftfold("apply")
            #expect(applied.status == 0, "\(applied)")
            for word in ["created: fresh", "rebuilt: big, order_count, sums"] {
                #expect(applied.output.contains(word), "no '\(word)' in \(applied)")
            }
            #expect(try connection.value("SELECT n FROM folded.order_count") == "300")
            // Dropped: rows, progress and generations go.
            for name in ["order_count", "fresh"] { try follower.removeView(name) }
            planned = try await Self.plan(follower)
            #expect(planned["fresh"]?["action"] as? String == "dropped")
            #expect(try await follower.leftfold("apply").status == 2)
            #expect(try await follower.leftfold("apply", "--yes").status == 0)
            try Self.expectGone(["order_count", "fresh"], follower, connection)
            try await Self.expectVerified(follower, "at the end")
            if isRunning { try await daemon.stop() }
            connection.close()
            try follower.destroy()
        }

        private static func expectGone(_ views: [String], _ follower: Follower, _ connection: PostgresConnection) throws
        {
            let store = try SQLiteConnection(path: follower.storePath, mode: .readOnly)
            for view in views {
                let objects = "SELECT count(*) FROM sqlite_schema WHERE name LIKE '%\(view)%'"
                #expect(try store.integer(objects) == 0)
                #expect(try store.integer("SELECT count(*) FROM _leftfold_progress WHERE view = '\(view)'") == 0)
                #expect(
                    try connection.value(
                        "SELECT count(*) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace "
                            + "WHERE n.nspname = 'folded' AND c.relname LIKE '%\(view)%'"
                    ) == "0"
                )
                #expect(
                    try connection.value("SELECT count(*) FROM folded._leftfold_progress WHERE view = '\(view)'") == "0"
                )
            }
        }

        @Test(arguments: ["main", "pg"])
        func `on_change = 'diff' sends the difference and keeps the table`(store: String) async throws {
            let options = "store = '\(store)', on_change = 'diff'"
            let follower = try Follower.ofOrders([Self.sums(0, options)])
            let connection = try follower.connect()
            let daemon = try await follower.startDaemon()
            try await follower.catchUp(daemon, connection)
            func table() throws -> String? {
                guard store == "pg" else {
                    let sqlite = try SQLiteConnection(path: follower.storePath, mode: .readOnly)
                    return try sqlite.text("SELECT rootpage FROM sqlite_schema WHERE name = 'sums'")
                }
                return try connection.value("SELECT \"table\" FROM folded._leftfold_progress WHERE view = 'sums'")
            }
            let before = try table()
            try follower.write(Self.sums(290, options))
            #expect(try await Self.plan(follower)["sums"]?["method"] as? String == "difference")
            let applied = try await follower.leftfold("apply")
            #expect(
                applied.status == 0 && applied.output.contains("changed in place: sums (a difference of"),
                "\(applied)"
            )
            #expect(try table() == before)
            try connection.query("INSERT INTO orders VALUES (1000, 3, 7), (1001, 77, 8)")
            try await follower.catchUp(daemon, connection)
            try await Self.expectVerified(follower, "after the difference")
            // While nobody runs: at the next start.
            try await daemon.stop()
            try follower.write(Self.sums(20, options))
            let again = try await follower.startDaemon()
            try await follower.catchUp(again, connection)
            #expect(try table() == before)
            try await Self.expectVerified(follower, "after a start")
            try follower.write(
                TestView(
                    "sums",
                    "CREATE MATERIALIZED VIEW sums WITH (\(options)) AS SELECT customer FROM orders GROUP BY customer"
                )
            )
            #expect(try await Self.plan(follower)["sums"]?["method"] as? String == "generation")
            #expect(try await follower.leftfold("apply").output.contains("rebuilt: sums"))
            #expect(try table() != before)
            try await Self.expectVerified(follower, "with other columns")
            try await again.stop()
            connection.close()
            try follower.destroy()
        }

        @Test(arguments: [true, false])
        func `rollback brings back the version before, its readers with it, and the file says so`(isRunning: Bool)
            async throws
        {
            let follower = try Follower.ofOrders([Self.sums(0), Self.big])
            let connection = try follower.connect()
            let file = "\(follower.folder)/views/sums.sql"
            let daemon = try await follower.startDaemon()
            try await follower.catchUp(daemon, connection)
            let nothing = try await follower.leftfold("rollback", "sums")
            #expect(nothing.status == 2 && nothing.errors.contains("no version before"), "\(nothing)")
            if !isRunning { try await daemon.stop() }
            let before = (try await Self.rows(follower, "sums"), try await Self.rows(follower, "big"))
            let text = try String(contentsOfFile: file, encoding: .utf8)
            try follower.write(Self.sums(200))
            #expect(try await follower.leftfold("apply").status == 0)
            let after = (try await Self.rows(follower, "sums"), try await Self.rows(follower, "big"))
            #expect(after != before)
            let rolledBack = try await follower.leftfold("rollback", "sums")
            #expect(rolledBack.status == 0 && rolledBack.output.contains("views/sums.sql"), "\(rolledBack)")
            #expect(try await Self.rows(follower, "sums") == before.0)
            #expect(try await Self.rows(follower, "big") == before.1)
            #expect(try String(contentsOfFile: file, encoding: .utf8) == text)
            // Neither the next apply nor the next start flips it again.
            #expect(try await Self.plan(follower).values.allSatisfy { $0["action"] as? String == "unchanged" })
            #expect(try await follower.leftfold("rollback", "sums", "--json").status == 0)
            #expect(try await Self.rows(follower, "sums") == after.0)
            let unknown = try await follower.leftfold("rollback", "nobody")
            #expect(unknown.status == 2 && unknown.errors.contains("nobody"), "\(unknown)")
            try await Self.expectVerified(follower, "after rollbacks")
            if isRunning { try await daemon.stop() }
            connection.close()
            try follower.destroy()
        }

        @Test func `a slow rebuild that is killed leaves the old rows and nothing else, and may be started again`()
            async throws
        {
            let follower = try Follower.ofOrders([Self.sums(0), Self.count])
            let connection = try follower.connect()
            try connection.query("INSERT INTO orders SELECT n, n % 97, 1 FROM generate_series(1000, 9000) n")
            let daemon = try await follower.startDaemon()
            try await follower.catchUp(daemon, connection)
            try await daemon.stop()
            let before = try await Self.rows(follower, "sums")
            // The log has some 500 kB: half a minute at this speed.
            let slow = try follower.start(["rebuild", "--bytes-per-second", "16kB"])
            try await Task.sleep(for: .seconds(2))
            #expect(slow.hasEnded == nil, "\(slow.output)\(slow.errors)")
            slow.kill()
            #expect(try await slow.end().status == 128 + SIGKILL)
            #expect(try await Self.rows(follower, "sums") == before)
            let wrong = try await follower.leftfold("rebuild", "--bytes-per-second", "fast")
            #expect(wrong.status == 2 && wrong.errors.contains("20MB"), "\(wrong)")
            let rebuilt = try await follower.leftfold("rebuild", "--bytes-per-second", "20MB")
            #expect(rebuilt.status == 0 && rebuilt.output.contains("rebuilt: order_count, sums"), "\(rebuilt)")
            #expect(try await Self.rows(follower, "sums") == before)
            let store = try SQLiteConnection(path: follower.storePath, mode: .readOnly)
            #expect(try store.integer("SELECT count(*) FROM sqlite_schema WHERE name LIKE '_leftfold_new_%'") == 0)
            connection.close()
            try follower.destroy()
        }

        // MARK: kill -9

        /// Polls both stores and notes every set of rows that is none of the versions.
        private static func watch(_ follower: Follower, _ versions: [String], _ isOver: SharedStop) async throws
            -> [String]
        {
            let name = follower.database
            return try await OwnThread.run("e2e-reader") {
                let sqlite = try SQLiteConnection(path: follower.storePath, mode: .readOnly)
                let postgres = try SharedServer.connect(name)
                defer { postgres.close() }
                var faults: [String] = []
                while !isOver.isSet {
                    let main = try sqlite.text("SELECT sum(n) || '/' || count(*) FROM sums") ?? "no row"
                    let other = try postgres.value("SELECT sum(n) || '/' || count(*) FROM folded.pg_sums") ?? "no row"
                    if !versions.contains(main) { faults.append("main: \(main)") }
                    if !versions.contains(other) { faults.append("pg: \(other)") }
                    usleep(500)
                }
                return faults
            }
        }

        @Test
        func `killed at any moment of an apply, readers see one version whole, and the next start ends in the new one`()
            async throws
        {
            let seed: UInt64 = 21
            var generator = SeededGenerator(seed: seed)
            func pair(_ least: Int, _ onChange: String) -> [TestView] {
                let select = Self.sums(least).select
                return [
                    TestView("sums", "CREATE MATERIALIZED VIEW sums WITH (on_change = '\(onChange)') AS \(select)"),
                    TestView(
                        "pg_sums",
                        "CREATE MATERIALIZED VIEW pg_sums WITH (store = 'pg', on_change = '\(onChange)') AS \(select)"
                    ),
                ]
            }
            let follower = try Follower.ofOrders(pair(0, "rebuild"))
            let connection = try follower.connect()
            try connection.query("INSERT INTO orders SELECT n, n % 997, 1 FROM generate_series(1000, 21000) n")
            var daemon = try await follower.startDaemon()
            try await follower.catchUp(daemon, connection)
            let versions = try [0, 5000].map { least in
                try connection.value(
                    "SELECT sum(n) || '/' || count(*) FROM (SELECT count(*) AS n FROM orders WHERE id > \(least) GROUP BY customer) AS s"
                ) ?? ""
            }
            let isOver = SharedStop()
            let faults = Task { try await Self.watch(follower, versions, isOver) }
            // How long an apply takes here: the kills are spread over that time.
            let began = ContinuousClock.now
            for view in pair(5000, "rebuild") { try follower.write(view) }
            #expect(try await follower.leftfold("apply").status == 0)
            let duration = ContinuousClock.now - began
            for kill in 0..<12 {
                let least = kill % 2 == 0 ? 0 : 5000
                for view in pair(least, kill % 4 < 2 ? "rebuild" : "diff") { try follower.write(view) }
                let apply = try follower.start(["apply"])
                try await Task.sleep(for: duration * Double.random(in: 0.1...1, using: &generator))
                daemon.kill()
                #expect(try await daemon.end().status == 128 + SIGKILL)
                _ = try await apply.end()
                daemon = try await follower.startDaemon()
                try await follower.catchUpLive(daemon, connection)
                let wanted = versions[least == 0 ? 0 : 1]
                #expect(
                    try connection.value("SELECT sum(n) || '/' || count(*) FROM folded.pg_sums") == wanted,
                    "seed \(seed), kill \(kill)"
                )
                let sqlite = try SQLiteConnection(path: follower.storePath, mode: .readOnly)
                #expect(
                    try sqlite.text("SELECT sum(n) || '/' || count(*) FROM sums") == wanted,
                    "seed \(seed), kill \(kill)"
                )
            }
            isOver.set()
            #expect(try await faults.value == [], "seed \(seed)")
            try await Self.expectVerified(follower, "seed \(seed), at the end")
            try await daemon.stop()
            let left = "SELECT count(*) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace "
            #expect(
                try connection.value(
                    left + "WHERE n.nspname = 'folded' AND c.relkind = 'r' AND c.relname LIKE '%pg_sums'"
                )
                    == "1",
                "no generation is left behind"
            )
            connection.close()
            try follower.destroy()
        }
    }
}

/// A claim that becomes true once; safe from any thread.
final class SharedStop: Sendable {
    private let value = Atomic(false)

    var isSet: Bool { value.load(ordering: .acquiring) }

    func set() { value.store(true, ordering: .releasing) }
}
