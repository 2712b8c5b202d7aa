import Foundation
import LocalPostgres
import PostgresClient
import Relational
import TestSupport
import Testing
import ViewMaintenance

@testable import LeftfoldCLI

extension ProgramTests {
    /// A Postgres store on a server of its own that dies, hangs and comes back, while SQLite views go on.
    @Suite struct StoreOutageTests {
        private static let local = ["by_region", "event_count", "account_list"]
        private static let remote = ["by_region", "event_count", "account_list", "transfer_rows"].map { "pg_\($0)" }

        /// The ledger's views in SQLite, some of them also in the other server's schema `folded`.
        private static func follower(_ url: String) throws -> Follower {
            let follower = try Follower(ddl: Ledger.ddl, tables: Ledger.tables, views: Ledger.views)
            try follower.configure(
                tables: Ledger.tables,
                adding: "stores: { pg: { postgres: \"\(url)\", schema: folded } }"
            )
            for view in Ledger.views where remote.contains("pg_\(view.name)") {
                let name = "pg_\(view.name)"
                try follower.write(
                    TestView(name, "CREATE MATERIALIZED VIEW \(name) WITH (store = 'pg') AS \(view.select)")
                )
            }
            return follower
        }

        private static func lsn(_ connection: PostgresConnection) throws -> String {
            try #require(try connection.value("SELECT pg_current_wal_insert_lsn()"))
        }

        /// Every SQLite view shows all that is committed by now.
        private static func expectLocalViewsGoOn(_ follower: Follower, _ place: String) async throws {
            let connection = try follower.connect()
            defer { connection.close() }
            let (client, lsn) = (try follower.installation.controlClient, try lsn(connection))
            for view in local {
                let answer = try await OwnThread.run("e2e-wait") {
                    try client.send("GET", "/wait?lsn=\(lsn)&view=\(view)&timeout=60")
                }
                #expect(answer.status == 200, "\(place): \(view): \(String(decoding: answer.body, as: UTF8.self))")
            }
        }

        private static func status(_ follower: Follower) async throws -> Status {
            let client = try follower.installation.controlClient
            return try await OwnThread.run("e2e-status") { try client.call("GET", "/status", as: Status.self) }
        }

        private static func expectVerified(_ follower: Follower, _ place: String) async throws {
            let verified = try await follower.leftfold("verify", "--json")
            #expect(verified.status == 0, "\(place): \(verified.output)\(verified.errors)")
        }

        @Test func `a server that crashes stops its own views, through kill -9 of the daemon, until it is back`()
            async throws
        {
            let server = try ThrowawayPostgres()
            let follower = try Self.follower(server.url(over: .tcp))
            let connection = try follower.connect()
            let first = try await follower.startDaemon()
            let writer = Writer(follower, seed: 21) { Ledger.transaction($0, using: &$1) }
            while writer.commitCount < 20 { try await Task.sleep(for: .milliseconds(5)) }
            server.crash()
            try await follower.wait(for: "without its store", first) { $0.stores["pg"]?.state == "retrying" }
            try await Self.expectLocalViewsGoOn(follower, "after the crash")
            try await follower.wait(for: "waiting with its checkpoint", first) {
                $0.state?.progress == "the next checkpoint waits for pg to take what was folded"
            }
            let shown = try await Self.status(follower)
            let view = try #require(shown.views.first { $0.name == "pg_by_region" })
            #expect(view.state == .error && view.error?.code == "store" && view.error?.hint != nil, "\(view)")
            #expect(
                shown.views.filter { Self.local.contains($0.name) }.allSatisfy { $0.state == .live },
                "\(shown.views)"
            )
            let text = try await follower.leftfold("status")
            #expect(
                text.status == 1 && text.output.contains("retrying") && text.output.contains("next attempt in"),
                "\(text)"
            )
            let lsn = try Self.lsn(connection)
            let waited = try await follower.leftfold(
                "wait",
                "--lsn",
                lsn,
                "--view",
                "pg_by_region",
                "--timeout",
                "100ms"
            )
            #expect(waited.status == 4 && waited.errors.contains("store pg"), "\(waited)")
            #expect(
                try await follower.leftfold("wait", "--lsn", lsn, "--view", "by_region", "--timeout", "60s").status == 0
            )
            #expect(try await follower.leftfold("verify", "pg_by_region").status == 3)
            // The next daemon finds no store at its start.
            first.kill()
            _ = try await first.end()
            let second = try await follower.startDaemon()
            try await Self.expectLocalViewsGoOn(follower, "after a start without the store")
            #expect(try await Self.status(follower).stores["pg"]?.state == "detached")
            try server.start()
            try await follower.wait(for: "live", second) { $0.views.allSatisfy { $0.state == .live } }
            try await Self.expectVerified(follower, "under writes")
            // Dies once more, with everything attached, and the daemon with it.
            server.crash()
            try await Self.expectLocalViewsGoOn(follower, "after the second crash")
            second.kill()
            _ = try await second.end()
            try server.start()
            let last = try await follower.startDaemon()
            try await writer.stop()
            try await follower.catchUp(last, connection)
            try await Self.expectVerified(follower, "at the end")
            #expect(try await follower.leftfold("status").status == 0)
            last.terminate()
            #expect(try await last.end().status == 0)
            connection.close()
            try follower.destroy()
            server.close()
        }

        @Test func `an outage beyond the queue is made up for by views built again, without the source`() async throws {
            let server = try ThrowawayPostgres()
            let follower = try Self.follower(server.url(over: .tcp))
            var limits = StoreLimits()
            limits.queueByteMax = 50_000
            limits.retryDelayMax = .milliseconds(200)
            try await follower.run(storeLimits: limits) { daemon async throws in
                let connection = try follower.connect()
                let writer = Writer(follower, seed: 22) { Ledger.transaction($0, using: &$1) }
                for round in 0..<2 {
                    server.crash()
                    #expect(
                        try await Self.eventually(daemon) { $0.stores["pg"]?.state == "detached" },
                        "round \(round)"
                    )
                    try await Self.expectLocalViewsGoOn(follower, "round \(round)")
                    try server.start()
                    #expect(
                        try await Self.eventually(daemon) { $0.views.allSatisfy { $0.state == .live } },
                        "round \(round)"
                    )
                }
                try await writer.stop()
                let lsn = try #require(LSN(parsing: try Self.lsn(connection)))
                #expect(await daemon.wait(for: lsn, view: nil, timeout: .seconds(60)) == .reached)
                try await Self.expectVerified(follower, "at the end")
                connection.close()
            }
            try follower.destroy()
            server.close()
        }

        @Test func `a lock on a view's table holds back its store alone`() async throws {
            let server = try ThrowawayPostgres()
            let follower = try Self.follower(server.url(over: .tcp))
            let connection = try follower.connect()
            let daemon = try await follower.startDaemon()
            try await follower.wait(for: "live", daemon) { status in
                let count = Ledger.views.count + Self.remote.count
                return status.views.count == count && status.views.allSatisfy { $0.state == .live }
            }
            let locker = try PostgresConnection(server.url(over: .tcp))
            let table = try #require(
                try locker.value("SELECT \"table\" FROM folded._leftfold_progress WHERE view = 'pg_event_count'")
            )
            try locker.query("BEGIN; LOCK TABLE folded.\(QualifiedName.quote(table)) IN ACCESS EXCLUSIVE MODE")
            try connection.query("INSERT INTO events VALUES (1, 'behind the lock')")
            let lsn = try #require(LSN(parsing: try Self.lsn(connection)))
            for number in 2..<20 {
                try connection.query("INSERT INTO events VALUES (\(number), 'later')")
                try await Self.expectLocalViewsGoOn(follower, "event \(number)")
            }
            // Nothing was let go meanwhile: the store is still before the first of them.
            let held = try #require(try await Self.status(follower).views.first { $0.name == "pg_event_count" })
            #expect(try #require(LSN(parsing: held.frontierLsn)) < lsn, "\(held)")
            try locker.query("ROLLBACK")
            try await follower.catchUp(daemon, connection)
            #expect(try locker.value("SELECT n FROM folded.pg_event_count") == "19")
            try await Self.expectVerified(follower, "after the lock")
            daemon.terminate()
            #expect(try await daemon.end().status == 0)
            locker.close()
            connection.close()
            try follower.destroy()
            server.close()
        }

        @Test func `wrong credentials are shown plainly, and what is not a daemon fails with exit code 3`() async throws
        {
            let server = try ThrowawayPostgres()
            let follower = try Self.follower(server.url(over: .tcp, user: "nobody_here", password: "hunter2"))
            let daemon = try await follower.startDaemon()
            try await Self.expectLocalViewsGoOn(follower, "without credentials")
            let text = try await follower.leftfold("status")
            #expect(
                text.status == 1 && text.output.contains("nobody_here") && text.output.contains("hint: "),
                "\(text)"
            )
            #expect(!text.output.contains("hunter2") && !daemon.errors.contains("hunter2"))
            try server.execute("CREATE ROLE nobody_here LOGIN SUPERUSER")
            try await follower.wait(for: "live", daemon) { $0.views.allSatisfy { $0.state == .live } }
            try await Self.expectVerified(follower, "with the role")
            daemon.terminate()
            #expect(try await daemon.end().status == 0)
            server.crash()
            for arguments in [["apply"], ["rebuild"], ["run", "--until", "0/1"]] {
                let result = try await follower.start(arguments).end()
                #expect(result.status == 3 && result.errors.contains("store pg: "), "\(arguments): \(result)")
                #expect(!result.errors.contains("hunter2"))
            }
            try follower.destroy()
            server.close()
        }

        private static func eventually(_ daemon: Daemon, _ condition: (Status) -> Bool) async throws -> Bool {
            for _ in 0..<6000 {
                if condition(await daemon.status()) { return true }
                try await Task.sleep(for: .milliseconds(10))
            }
            return false
        }
    }
}
