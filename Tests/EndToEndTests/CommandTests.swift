import Foundation
import PostgresClient
import PostgresSource
import Relational
import Testing
import ViewMaintenance

@testable import LeftfoldCLI

extension ProgramTests {
    /// Every command, on the way that a user takes.
    @Suite struct CommandTests {
        private static let ddl = [
            "CREATE TABLE customers (id int PRIMARY KEY, region text NOT NULL)",
            "CREATE TABLE orders (id int PRIMARY KEY, customer int NOT NULL, total numeric(10,2) NOT NULL)",
            "INSERT INTO customers SELECT n, 'r' || n % 3 FROM generate_series(1, 9) n",
            "INSERT INTO orders SELECT n, n % 9 + 1, n * 1.5 FROM generate_series(1, 60) n",
        ]
        private static let revenue = TestView(
            "revenue",
            "SELECT c.region, sum(o.total) AS total, count(*) AS n FROM orders o JOIN customers c ON c.id = o.customer "
                + "GROUP BY c.region"
        )
        private static let top = TestView(
            "top",
            "SELECT region, total FROM revenue WHERE total > 100",
            reads: [revenue]
        )

        private static func follower(_ views: [TestView] = [revenue, top]) throws -> Follower {
            try Follower(ddl: ddl, tables: ["customers", "orders"], views: views)
        }

        private static func stop(_ daemon: LeftfoldProcess) async throws {
            daemon.terminate()
            let ended = try await daemon.end(within: .seconds(10))
            #expect(ended.status == 0, "\(ended)")
        }

        private static func json(_ result: LeftfoldProcess.Result) throws -> Any {
            try JSONSerialization.jsonObject(with: Data(result.output.utf8))
        }

        @Test func `init writes files that doctor, plan and run understand, and overwrites none`() async throws {
            let follower = try Follower(ddl: Self.ddl, tables: [], views: [])
            try FileManager.default.removeItem(atPath: follower.configurationPath)
            try FileManager.default.removeItem(atPath: follower.folder + "/views")
            let tables = ["--tables", "public.orders,public.customers"]
            let written = try await follower.start(["init"] + tables).end()
            #expect(written.status == 0, "\(written)")
            #expect(written.errors.contains("leftfold run"), "\(written)")
            let again = try await follower.start(["init"] + tables).end()
            #expect(again.status == 2 && again.errors.contains("leftfold init --force"), "\(again)")
            // The slot's name is the cluster's: each test has its own.
            let environment = ["DATABASE_URL": follower.url, "LEFTFOLD_SOURCE_POSTGRES_SLOT": follower.slot]
            let planned = try await follower.leftfold("plan", environment: environment)
            #expect(planned.status == 0 && planned.output.contains("new        example"), "\(planned)")
            #expect(planned.output.contains("bring it up with: leftfold run"), "there is no log yet: \(planned)")
            let connection = try follower.connect()
            let until = "SELECT pg_current_wal_insert_lsn()"
            var lsn = try #require(try connection.value(until))
            let first = try await follower.leftfold("run", "--until", lsn, environment: environment)
            #expect(first.status == 0, "\(first)")
            #expect(first.output.contains("CREATE PUBLICATION"), "the SQL is shown: \(first)")
            // The limit is below the first snapshot: that is the earliest state there is.
            let earliest = try await follower.leftfold("query", "example", "--json", environment: environment)
            #expect(earliest.output == "{\"rows\":60}\n", "\(earliest)")
            try connection.query("INSERT INTO orders VALUES (900, 1, 1)")
            lsn = try #require(try connection.value(until))
            connection.close()
            let second = try await follower.leftfold("run", "--until", lsn, environment: environment)
            #expect(second.status == 0, "\(second)")
            let rows = try await follower.leftfold("query", "example", "--json", environment: environment)
            #expect(rows.output == "{\"rows\":61}\n", "\(rows)")
            let unset = try await follower.leftfold("plan")
            #expect(unset.status == 2 && unset.errors.contains("DATABASE_URL"), "\(unset)")
            try follower.destroy()
        }

        @Test func `doctor finds what is wrong before it is followed`() async throws {
            let follower = try Follower(
                ddl: Self.ddl + ["CREATE TABLE notes (body text)"],
                tables: ["customers", "notes"],
                views: []
            )
            let examined = try await follower.leftfold("doctor")
            #expect(examined.status == 0 && examined.output.contains("WARNING  table public.notes"), "\(examined)")
            #expect(examined.output.contains("REPLICA IDENTITY FULL"), "\(examined)")
            #expect(examined.output.contains("note     retention of public.notes: has no key"), "\(examined)")
            let planned = try await follower.leftfold("plan")
            #expect(planned.output.contains("note: public.notes has no key"), "\(planned)")
            #expect(planned.output.contains("ALTER TABLE \"public\".\"notes\" ADD PRIMARY KEY"), "\(planned)")
            try follower.configure(tables: ["customers", "tags"], adding: "retention: { customers: 10GB }")
            let connection = try follower.connect()
            try connection.query("CREATE TABLE tags (a int NOT NULL UNIQUE)")
            let checks = try follower.installation.diagnose().filter { $0.name.hasPrefix("retention of ") }
            #expect(checks.map(\.name) == ["retention of public.customers", "retention of public.tags"])
            #expect(checks[0].message.contains("updates and deletes"))
            try connection.query(try #require(checks[1].fix))
            try connection.query("CREATE PUBLICATION leftfold FOR TABLE customers, tags WITH (publish = 'insert')")
            #expect(try !follower.installation.diagnose().contains { $0.name.hasPrefix("retention of ") })
            try connection.query("DROP PUBLICATION leftfold")
            try follower.configure(tables: ["customers", "nowhere"])
            let missing = try await follower.leftfold("doctor")
            #expect(missing.status == 1 && missing.output.contains("public.nowhere"), "\(missing)")
            #expect(try connection.value("SELECT count(*) FROM pg_publication") == "0", "doctor makes nothing")
            connection.close()
            try follower.destroy()
        }

        @Test func `run, wait, status, query, explain and log, with and without a daemon`() async throws {
            let follower = try Self.follower()
            let daemon = try await follower.startDaemon()
            #expect((daemon.output + daemon.errors).contains("CREATE PUBLICATION"), "the SQL is shown")
            let connection = try follower.connect()
            try connection.query("INSERT INTO orders VALUES (1000, 1, 7.25)")
            let lsn = try #require(try connection.value("SELECT pg_current_wal_insert_lsn()"))
            let waited = try await follower.leftfold("wait", "--lsn", lsn, "--timeout", "20s")
            #expect(waited.status == 0 && waited.errors.isEmpty, "\(waited)")
            try await follower.expectEqual([Self.revenue, Self.top], connection, "after wait")
            let late = try await follower.leftfold("wait", "--lsn", "FF/0", "--timeout", "100ms")
            #expect(late.status == 1, "\(late)")
            let unknown = try await follower.leftfold("wait", "--lsn", lsn, "--view", "nobody")
            #expect(unknown.status == 2 && unknown.errors.contains("nobody"), "\(unknown)")
            // The server is asked how much it keeps every now and then.
            try await follower.wait(for: "informed", daemon) { $0.source.retainedWalBytes != nil }
            for isRunning in [true, false] {
                if !isRunning { try await Self.stop(daemon) }
                try await Self.expectStatus(follower, isRunning: isRunning)
                try await Self.expectReading(follower)
                try await Self.expectLog(follower)
                let verified = try await follower.leftfold("verify")
                #expect(verified.status == 0 && verified.output.contains("top: "), "\(verified)")
            }
            connection.close()
            try follower.destroy()
        }

        private static func expectStatus(_ follower: Follower, isRunning: Bool) async throws {
            let result = try await follower.leftfold("status", "--json")
            #expect(result.status == 0 && result.errors.isEmpty, "\(result)")
            let status = try #require(try json(result) as? [String: Any])
            for key in ["version", "source", "log", "stores", "views"] { #expect(status[key] != nil, "no \(key)") }
            let source = try #require(status["source"] as? [String: Any])
            var sourceKeys = ["kind", "state", "slot"]
            if isRunning { sourceKeys += ["confirmed_flush_lsn", "received_lsn", "lag_bytes", "retained_wal_bytes"] }
            for key in sourceKeys { #expect(source[key] != nil, "no source.\(key) in \(source)") }
            #expect(source["state"] as? String == (isRunning ? "streaming" : "stopped"))
            let log = try #require(status["log"] as? [String: Any])
            for key in ["id", "first_offset", "next_offset", "horizon", "bytes", "segments", "durable_lsn"] {
                #expect(log[key] != nil, "no log.\(key)")
            }
            let stores = try #require(status["stores"] as? [String: Any])
            #expect(stores["main"] != nil)
            let views = try #require(status["views"] as? [[String: Any]])
            #expect(views.map { $0["name"] as? String } == ["revenue", "top"])
            for view in views {
                for key in [
                    "name", "store", "state", "frontier_lsn", "frontier_offset", "lag_bytes", "lag_ms", "state_bytes",
                ] {
                    #expect(view[key] != nil, "no views.\(key)")
                }
                if isRunning { #expect(view["state"] as? String == "live" && view["rows"] != nil, "\(view)") }
                if !isRunning { #expect(view["state"] as? String == "stopped", "\(view)") }
            }
            #expect(status["is_daemon_running"] as? Bool == isRunning)
            let text = try await follower.leftfold("status")
            #expect(text.output.hasPrefix("no daemon is running") == !isRunning, "\(text)")
            #expect(text.status == 0 && text.output.contains("revenue"), "\(text)")
        }

        private static func expectReading(_ follower: Follower) async throws {
            let rows = try await follower.leftfold("query", "revenue", "--json")
            #expect(rows.status == 0)
            #expect(rows.output.split(separator: "\n").count == 3, "\(rows)")
            let select = try await follower.leftfold("query", "SELECT count(*) AS n FROM top")
            #expect(select.status == 0 && select.output.contains("n"), "\(select)")
            let write = try await follower.leftfold("query", "DELETE FROM top")
            #expect(write.status == 4, "query only reads: \(write)")
            let missing = try await follower.leftfold("query", "nobody")
            #expect(missing.status != 0 && missing.errors.contains("nobody"), "\(missing)")
            let plan = try await follower.leftfold("explain", "revenue")
            #expect(plan.status == 0 && plan.output.lowercased().contains("join"), "\(plan)")
            let planned = try await follower.leftfold("plan", "--json")
            #expect(planned.status == 0, "\(planned)")
            let entries = try #require(try json(planned) as? [[String: Any]])
            #expect(entries.map { $0["action"] as? String } == ["unchanged", "unchanged"], "\(entries)")
        }

        private static func expectLog(_ follower: Follower) async throws {
            let tail = try await follower.leftfold("log", "tail", "--from", "0", "--limit", "1000")
            #expect(tail.status == 0, "\(tail)")
            let lines = tail.output.split(separator: "\n")
            #expect(lines.count == 70, "\(lines.count) records")
            let line = try #require(lines.last)
            let last = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            for key in [
                "before", "after", "source", "op", "ts_ms", "transaction", "offset", "commit_end_lsn", "ordinal",
                "unchanged",
            ] {
                #expect(last[key] != nil, "no \(key) in \(last)")
            }
            #expect(last["op"] as? String == "c")
            let short = try await follower.leftfold("log", "tail", "-l", "3")
            #expect(short.output.split(separator: "\n").suffix(1) == lines.suffix(1), "\(short)")
            let stat = try await follower.leftfold("log", "stat", "--json")
            #expect(stat.status == 0 && stat.output.contains("\"next_offset\""), "\(stat)")
            let check = try await follower.leftfold("log", "check")
            #expect(check.status == 0 && check.output.contains("sound"), "\(check)")
        }

        @Test(arguments: [true, false])
        func `apply brings up, changes and drops views, and asks before it drops`(isDaemonRunning: Bool) async throws {
            let follower = try Self.follower()
            let connection = try follower.connect()
            var daemon = try await follower.startDaemon()
            try await follower.catchUp(daemon, connection)
            if !isDaemonRunning { try await Self.stop(daemon) }
            // New and changed.
            let count = TestView("order_count", "SELECT count(*) AS n FROM orders")
            let changed = TestView("top", "SELECT region, total, n FROM revenue WHERE n > 1", reads: [Self.revenue])
            try follower.write(count)
            try follower.write(changed)
            let applied = try await follower.leftfold("apply")
            #expect(applied.status == 0, "\(applied)")
            for line in ["created: order_count", "rebuilt: top", "unchanged: revenue", "at LSN "] {
                #expect(applied.output.contains(line), "no '\(line)' in \(applied)")
            }
            let again = try await follower.leftfold("apply", "--json")
            #expect(again.status == 0, "\(again)")
            let report = try #require(try Self.json(again) as? [String: Any])
            #expect((report["unchanged"] as? [String])?.count == 3, "\(report)")
            // Dropped: only when told so.
            try follower.removeView("order_count")
            let refused = try await follower.leftfold("apply")
            #expect(refused.status == 2 && refused.errors.contains("order_count"), "\(refused)")
            #expect(refused.errors.contains("leftfold apply --yes"), "\(refused)")
            #expect(try await follower.leftfold("query", "order_count").status == 0, "it is still there")
            let dropped = try await follower.leftfold("apply", "--yes")
            #expect(dropped.status == 0 && dropped.output.contains("dropped: order_count"), "\(dropped)")
            #expect(try await follower.leftfold("query", "order_count").status != 0, "it is gone")
            // A view that others read is not dropped under them.
            if !isDaemonRunning { daemon = try await follower.startDaemon() }
            try connection.query("DELETE FROM orders WHERE id % 4 = 0")
            try await follower.catchUp(daemon, connection)
            try await follower.expectEqual([Self.revenue, changed], connection, "after apply")
            let rebuilt = try await follower.leftfold("rebuild", "top")
            #expect(rebuilt.status == 0 && rebuilt.output.contains("rebuilt: top"), "\(rebuilt)")
            let unknown = try await follower.leftfold("rebuild", "nobody")
            #expect(unknown.status == 2 && unknown.errors.contains("nobody"), "\(unknown)")
            try await follower.expectEqual([Self.revenue, changed], connection, "after rebuild")
            try await Self.stop(daemon)
            connection.close()
            try follower.destroy()
        }

        @Test func `run --until stops at an LSN and at an offset`() async throws {
            let follower = try Self.follower()
            let connection = try follower.connect()
            let first = try await follower.startDaemon()
            try await follower.catchUp(first, connection)
            try await Self.stop(first)
            try connection.query("INSERT INTO orders VALUES (2000, 1, 1)")
            let lsn = try #require(try connection.value("SELECT pg_current_wal_insert_lsn()"))
            try connection.query("INSERT INTO orders VALUES (2001, 1, 1)")
            let bounded = try await follower.leftfold("run", "--until", lsn)
            #expect(bounded.status == 0, "\(bounded)")
            func count() async throws -> String {
                try await follower.leftfold("query", "SELECT sum(n) AS n FROM revenue", "--json").output
            }
            #expect(try await count() == "{\"n\":61}\n")
            let stat = try Self.json(try await follower.leftfold("log", "stat", "--json")) as? [String: Any]
            let end = try #require(stat?["next_offset"] as? Int)
            for id in 2002...2003 { try connection.query("INSERT INTO orders VALUES (\(id), 1, 1)") }
            let one = try await follower.leftfold("run", "--until", "\(end + 1)")
            #expect(one.status == 0, "\(one)")
            #expect(try await count() == "{\"n\":62}\n")
            let last = try await follower.startDaemon()
            try await follower.catchUp(last, connection)
            try await follower.expectEqual([Self.revenue, Self.top], connection, "after --until")
            try await Self.stop(last)
            connection.close()
            try follower.destroy()
        }

        @Test func `run --no-apply keeps the views as they are`() async throws {
            let follower = try Self.follower()
            let connection = try follower.connect()
            let first = try await follower.startDaemon()
            try await follower.catchUp(first, connection)
            try await Self.stop(first)
            try follower.removeView("top")
            try follower.write(TestView("fresh", "SELECT count(*) AS n FROM orders"))
            let daemon = try await follower.startDaemon("--no-apply")
            try connection.query("INSERT INTO orders VALUES (3000, 1, 500)")
            try await follower.catchUp(daemon, connection)
            let text = try await follower.leftfold("status", "--json")
            let names = (try Self.json(text) as? [String: Any])?["views"] as? [[String: Any]]
            #expect(names?.compactMap { $0["name"] as? String } == ["revenue", "top"], "\(text)")
            let asked = try await follower.leftfold("apply", "--yes")
            #expect(asked.status == 0 && asked.output.contains("created: fresh"), "\(asked)")
            #expect(asked.output.contains("dropped: top"), "\(asked)")
            let fresh = try await follower.leftfold("query", "fresh", "--json")
            #expect(fresh.output == "{\"n\":61}\n", "\(fresh)")
            try await Self.stop(daemon)
            connection.close()
            try follower.destroy()
        }

        @Test func `destroy takes back what run made, and only that`() async throws {
            let follower = try Self.follower()
            let connection = try follower.connect()
            let daemon = try await follower.startDaemon()
            let busy = try await follower.leftfold("destroy", "--yes")
            #expect(busy.status == 2 && busy.errors.contains("hint: "), "\(busy)")
            try await Self.stop(daemon)
            let asked = try await follower.leftfold("destroy")
            #expect(asked.status == 2 && asked.errors.contains("leftfold destroy --yes"), "\(asked)")
            let slots = "SELECT count(*) FROM pg_replication_slots WHERE slot_name = '\(follower.slot)'"
            #expect(try connection.value(slots) == "1")
            let kept = try await follower.leftfold("destroy", "--yes")
            #expect(kept.status == 0 && kept.output.contains("DROP PUBLICATION"), "\(kept)")
            #expect(try connection.value(slots) == "0")
            #expect(try connection.value("SELECT count(*) FROM pg_publication") == "0")
            #expect(try connection.value("SELECT count(*) FROM orders") == "60")
            #expect(FileManager.default.fileExists(atPath: follower.storePath))
            // A log whose slot is gone is a named gap, not a fresh start.
            let gap = try await follower.leftfold("run")
            #expect(gap.status == 4 && gap.errors.contains(follower.slot) && gap.errors.contains("hint: "), "\(gap)")
            let all = try await follower.leftfold("destroy", "--yes", "--delete-data")
            #expect(all.status == 0, "\(all)")
            #expect(!FileManager.default.fileExists(atPath: follower.dataFolder))
            let anew = try await follower.startDaemon()
            try await follower.catchUp(anew, connection)
            try await follower.expectEqual([Self.revenue], connection, "after a new beginning")
            try await Self.stop(anew)
            connection.close()
            try follower.destroy()
        }

        @Test func `a view in error says so, is waited for with 4, and heals`() async throws {
            let ratio = TestView("ratio", "SELECT id, 100 / (customer - 5) AS r FROM orders WHERE id > 100")
            let follower = try Self.follower([Self.revenue, ratio])
            let connection = try follower.connect()
            let daemon = try await follower.startDaemon()
            try connection.query("INSERT INTO orders VALUES (101, 5, 1)")
            var lsn = try #require(try connection.value("SELECT pg_current_wal_insert_lsn()"))
            let waited = try await follower.leftfold("wait", "--lsn", lsn, "--view", "ratio", "--timeout", "20s")
            #expect(waited.status == 4 && waited.errors.contains("ratio"), "\(waited)")
            #expect(try await follower.leftfold("wait", "--lsn", lsn, "--view", "revenue").status == 0)
            let status = try await follower.leftfold("status")
            #expect(status.output.contains("error") && status.output.contains("division"), "\(status)")
            try connection.query("UPDATE orders SET customer = 6 WHERE id = 101")
            lsn = try #require(try connection.value("SELECT pg_current_wal_insert_lsn()"))
            let healed = try await follower.leftfold("wait", "--lsn", lsn, "--timeout", "20s")
            #expect(healed.status == 0, "\(healed)")
            try await follower.expectEqual([Self.revenue, ratio], connection, "healed")
            try await Self.stop(daemon)
            connection.close()
            try follower.destroy()
        }
    }
}
