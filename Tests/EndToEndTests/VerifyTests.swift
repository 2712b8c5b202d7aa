import Foundation
import PostgresClient
import SQLiteDatabase
import TestSupport
import Testing
import ViewMaintenance

@testable import LeftfoldCLI

extension ProgramTests {
    /// The proof of views, and what it says of damaged ones, in every store.
    @Suite struct VerifyTests {
        private static let views = [
            TestView("accounts_now", "SELECT id, region, balance FROM accounts"),
            TestView("moves", "SELECT account, amount, note FROM transfers"),
            TestView("by_region", "SELECT region, count(*) AS n, sum(balance) AS total FROM accounts GROUP BY region"),
        ]

        private static func follower(_ more: String = "") throws -> Follower {
            let rows = "INSERT INTO transfers SELECT n % 40 + 1, n, 'bulk' FROM generate_series(1, 60) n"
            let follower = try Follower(ddl: Ledger.ddl + [rows], tables: Ledger.tables, views: views)
            let url = SharedServer.postgres.url(database: follower.database)
            try follower.configure(
                tables: Ledger.tables,
                adding: "stores:\n  pg: { postgres: \"\(url)\", schema: folded }\n\(more)"
            )
            for view in views {
                let sql = "CREATE MATERIALIZED VIEW pg_\(view.name) WITH (store = 'pg') AS \(view.select)"
                try follower.write(TestView("pg_\(view.name)", sql))
            }
            return follower
        }

        /// One change that nobody told Leftfold of, and what `verify` has to call it.
        private static let damages: [(view: String, sql: String, kind: String)] = [
            ("accounts_now", "UPDATE % SET balance = 4711 WHERE id = 7", "different"),
            ("accounts_now", "DELETE FROM % WHERE id = 8", "missing"),
            ("accounts_now", "INSERT INTO % (id, region, balance) VALUES (4711, 'r1', 1)", "extra"),
            ("moves", "UPDATE % SET note = 'forged' WHERE account = 6", "missing"),
            ("by_region", "DELETE FROM %", "missing"),
        ]

        private static func damage(_ follower: Follower, _ sql: String, _ view: String) throws {
            let store = try SQLiteConnection(path: follower.storePath, mode: .readWrite)
            try store.execute(sql.replacing("%", with: view))
            let connection = try follower.connect()
            defer { connection.close() }
            let changed = try connection.query(sql.replacing("%", with: "folded.pg_\(view)"))
            #expect(changed.affectedRowCount > 0)
        }

        @Test func `a wrong, a missing and an extra row are found in each store, and the difference mends them`()
            async throws
        {
            let follower = try Self.follower()
            let daemon = try await follower.startDaemon()
            let connection = try follower.connect()
            try await follower.catchUp(daemon, connection)
            for (view, sql, kind) in Self.damages {
                try Self.damage(follower, sql, view)
                let names = [view, "pg_\(view)"]
                let found = try await follower.start(["verify", "--json"] + names).end()
                #expect(found.status == 1, "\(sql): \(found)")
                for name in names {
                    #expect(found.output.contains("\"view\" : \"\(name)\""), "\(found)")
                }
                let kinds = found.output.components(separatedBy: "\"kind\" : \"\(kind)\"").count - 1
                #expect(kinds >= 2, "\(sql): one \(kind) in each store: \(found.output)")
                let status = try await follower.leftfold("status")
                #expect(status.output.contains("leftfold verify --repair pg_\(view)"), "\(status)")
                let repaired = try await follower.start(["verify", "--repair"] + names).end()
                #expect(repaired.status == 1, "\(sql): \(repaired)")
                for name in names {
                    // Rows of a bag are found by their hash, which an altered row does not have: such a view is built again.
                    let word = view == "moves" ? "rebuilt moves, pg_moves" : "repaired \(name): sent a difference"
                    #expect(repaired.output.contains(word), "\(sql): \(repaired)")
                    #expect(repaired.output.contains("\(name): ") && repaired.output.contains("rows equal"))
                }
            }
            let all = try await follower.leftfold("verify")
            #expect(all.status == 0, "\(all)")
            let status = try await follower.leftfold("status", "--json")
            #expect(status.output.components(separatedBy: "\"verified_through\"").count == 7, "\(status)")
            // A view that has met what is wrong, and stopped, is brought up again first.
            try Self.damage(follower, "UPDATE % SET region = 'forged' WHERE id = 9", "accounts_now")
            try connection.query("UPDATE accounts SET balance = 90 WHERE id = 9")
            try await follower.wait(for: "stopped", daemon) { status in
                status.views.filter { $0.state == .parked }.map(\.name) == [
                    "accounts_now", "pg_accounts_now",
                ]
            }
            #expect(try await follower.leftfold("verify").status == 4)
            let restored = try await follower.leftfold("verify", "--repair")
            #expect(restored.status == 1 && restored.output.contains("repaired pg_accounts_now: sent"), "\(restored)")
            // What is right is not written again: the views go on.
            try connection.query("UPDATE accounts SET balance = balance + 1")
            try await follower.catchUp(daemon, connection)
            #expect(try await follower.leftfold("verify").status == 0)
            daemon.terminate()
            #expect(try await daemon.end().status == 0)
            let atRest = try await follower.leftfold("status", "--json")
            #expect(atRest.output.components(separatedBy: "\"verified_through\"").count == 7, "\(atRest)")
            connection.close()
            try follower.destroy()
        }

        @Test
        func `what a rebuild has mended is not told again, neither at rest nor by the next daemon`()
            async throws
        {
            let follower = try Self.follower()
            let connection = try follower.connect()
            for isRunning in [true, false] {
                let daemon = try await follower.startDaemon()
                try await follower.catchUp(daemon, connection)
                try Self.damage(follower, "UPDATE % SET balance = 4711 WHERE id = 7", "accounts_now")
                #expect(
                    try await follower.leftfold("verify", "accounts_now", "pg_accounts_now").status == 1
                )
                #expect(try await follower.leftfold("status").output.contains("1 row differs"))
                if isRunning { #expect(try await follower.leftfold("rebuild").status == 0) }
                daemon.terminate()
                #expect(try await daemon.end().status == 0)
                if !isRunning {
                    #expect(try await follower.leftfold("status").output.contains("1 row differs"))
                    #expect(try await follower.leftfold("rebuild").status == 0)
                }
                let atRest = try await follower.leftfold("status")
                #expect(!atRest.output.contains("differs"), "\(atRest)")
                let next = try await follower.startDaemon()
                let status = try await follower.leftfold("status")
                #expect(status.status == 0 && !status.output.contains("differs"), "\(status)")
                next.terminate()
                #expect(try await next.end().status == 0)
            }
            connection.close()
            try follower.destroy()
        }

        @Test func `a sample of the same seed has the same rows`() async throws {
            let follower = try Self.follower()
            let daemon = try await follower.startDaemon()
            let connection = try follower.connect()
            try connection.query("INSERT INTO transfers SELECT n, n, 'x' FROM generate_series(1000, 5000) n")
            try await follower.catchUp(daemon, connection)
            var outputs: Set<[Int]> = []
            for name in ["moves", "pg_moves", "moves"] {
                let result = try await follower.leftfold("verify", name, "--sample", "10%", "--seed", "42", "--json")
                #expect(result.status == 0, "\(result)")
                let reports = try #require(
                    try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [[String: Any]]
                )
                let rows = try #require(reports.first?["rows"] as? Int)
                #expect((200...600).contains(rows), "\(result)")
                outputs.insert([rows, try #require(reports.first?["source_rows"] as? Int)])
            }
            #expect(outputs.count == 1, "\(outputs)")
            let text = try await follower.leftfold("verify", "moves", "--sample", "10%")
            #expect(text.output.contains("a sample of 10 %, --seed "), "\(text)")
            for wrong in [["--sample", "0%"], ["--sample", "ten"], ["--seed", "1"]] {
                #expect(try await follower.start(["verify"] + wrong).end().status == 2)
            }
            daemon.terminate()
            #expect(try await daemon.end().status == 0)
            connection.close()
            try follower.destroy()
        }

        @Test func `a transaction that writes for long keeps verify waiting, and no view`() async throws {
            let follower = try Self.follower()
            let daemon = try await follower.startDaemon()
            let connection = try follower.connect()
            try await follower.catchUp(daemon, connection)
            let writer = try follower.connect()
            try writer.query("BEGIN; INSERT INTO events VALUES (1, 'open')")
            let verify = try follower.start(["verify", "by_region"])
            // The slot has its moment, and then the fold goes on: every commit becomes visible.
            for id in 100..<106 {
                try connection.query("INSERT INTO accounts VALUES (\(id), 'r1', 1)")
                try await follower.catchUp(daemon, connection)
                try await Task.sleep(for: .milliseconds(500))
            }
            #expect(verify.hasEnded == nil, "it waits for the writer: \(verify.output)\(verify.errors)")
            try writer.query("COMMIT")
            let ended = try await verify.end()
            #expect(ended.status == 0 && ended.output.contains("rows equal"), "\(ended)")
            daemon.terminate()
            #expect(try await daemon.end().status == 0)
            writer.close()
            connection.close()
            try follower.destroy()
        }

        @Test func `in the background every view is compared in turn, and a damaged one is told`() async throws {
            let follower = try Self.follower("verify: { every: 2s, sample: 100% }\n")
            let connection = try follower.connect()
            let daemon = try await follower.startDaemon()
            let first = try await follower.wait(for: "verified", daemon) { status in
                status.views.count == 6 && status.views.allSatisfy { $0.verifiedThrough != nil }
            }
            #expect(first.verify?.everySeconds == 2 && first.verify?.share == 1)
            try Self.damage(follower, "UPDATE % SET balance = 4711 WHERE id = 7", "accounts_now")
            let damaged = try await follower.wait(for: "damaged", daemon) { status in
                ["accounts_now", "pg_accounts_now"].allSatisfy { name in
                    status.views.contains { $0.name == name && $0.warning?.code == "differs" }
                }
            }
            for view in damaged.views { #expect(view.state == .live, "a difference stops no view") }
            let text = try await follower.leftfold("status")
            for word in [
                "1 row differs from the source's answer", "leftfold verify --repair accounts_now", "verify   every 2s",
            ] {
                #expect(text.output.contains(word), "\(text)")
            }
            #expect(daemon.errors.contains("view accounts_now differs from the source"), "\(daemon.errors)")
            let client = try follower.installation.controlClient
            let metrics = try await OwnThread.run("e2e-metrics") { try client.send("GET", "/metrics") }
            let lines = String(decoding: metrics.body, as: UTF8.self)
            #expect(lines.contains("leftfold_view_differs{view=\"accounts_now\",store=\"main\"} 1"), "\(lines)")
            #expect(lines.contains("leftfold_view_verified_lsn{view=\"by_region\""), "\(lines)")
            #expect(try await follower.leftfold("verify", "--repair").status == 1)
            try await follower.wait(for: "right again", daemon) { status in
                status.views.allSatisfy { $0.warning == nil && $0.verifiedThrough != nil }
            }
            // A server that gives no slot is told, and the views go on.
            daemon.terminate()
            #expect(try await daemon.end(within: .seconds(20)).status == 0)
            connection.close()
            try follower.destroy()
        }
    }
}
