import Foundation
import LocalPostgres
import PostgresClient
import SQLiteDatabase
import Testing
import ViewMaintenance

@testable import LeftfoldCLI

extension ProgramTests {
    /// Each thing that people get wrong gives one clear message (what, where, the next command) and the documented exit code, and
    /// leaves their data alone.
    @Suite struct BadInputTests {
        private static let table = "CREATE TABLE orders (id int PRIMARY KEY, qty int NOT NULL)"
        private static let view = TestView("order_count", "SELECT count(*) AS n, sum(qty) AS qty FROM orders")

        private static func follower(
            _ ddl: [String] = [table],
            tables: [String] = ["orders"],
            views: [TestView] = [view],
            url: String? = nil
        ) throws -> Follower {
            try Follower(ddl: ddl, tables: tables, views: views, url: url)
        }

        /// The command fails with `status`, says all of `words` once, gives a hint, and prints no result.
        private static func expect(
            _ result: LeftfoldProcess.Result,
            _ status: LeftfoldCLI.ExitStatus,
            _ words: String...,
            sourceLocation: SourceLocation = #_sourceLocation
        ) {
            #expect(result.status == status.rawValue, "\(result)", sourceLocation: sourceLocation)
            for word in words {
                #expect(result.errors.contains(word), "no \(word) in: \(result.errors)", sourceLocation: sourceLocation)
            }
            #expect(result.errors.contains("hint: "), "no hint in: \(result.errors)", sourceLocation: sourceLocation)
            let headlines = result.errors.split(separator: "\n").filter { $0.hasPrefix("leftfold: ") }
            #expect(headlines.count == 1, "not one message: \(result.errors)", sourceLocation: sourceLocation)
        }

        /// A folder of a follower that has followed for a while.
        private static func filled() async throws -> Follower {
            let follower = try follower([table, "INSERT INTO orders SELECT n, n FROM generate_series(1, 500) n"])
            let daemon = try await follower.startDaemon()
            let connection = try follower.connect()
            for n in 501...520 { try connection.query("INSERT INTO orders VALUES (\(n), \(n))") }
            try await follower.catchUp(daemon, connection)
            connection.close()
            daemon.terminate()
            #expect(try await daemon.end().status == 0)
            return follower
        }

        // MARK: The server

        @Test func `a server that is not there is told apart from everything else`() async throws {
            let follower = try Self.follower(url: "postgresql://postgres@127.0.0.1:1/nowhere")
            Self.expect(try await follower.leftfold("run"), .cannotReachServer, "127.0.0.1", "port 1")
            Self.expect(try await follower.leftfold("plan"), .cannotReachServer, "127.0.0.1")
            try follower.destroy()
        }

        @Test func `a URL that cannot be read is named without its password`() async throws {
            let follower = try Self.follower(url: "postgresql://u:hush@[::1/x")
            let result = try await follower.leftfold("run")
            #expect(
                [LeftfoldCLI.ExitStatus.usage.rawValue, LeftfoldCLI.ExitStatus.cannotReachServer.rawValue].contains(
                    result.status
                ),
                "\(result)"
            )
            #expect(!result.errors.contains("hush"), "\(result.errors)")
            #expect(result.errors.contains("hint: "), "\(result.errors)")
            try follower.destroy()
        }

        @Test func `a wrong password and a wal_level below logical`() async throws {
            var options = ThrowawayPostgres.Options()
            options.password = "right"
            options.walLevel = "replica"
            let server = try ThrowawayPostgres(options)
            defer { server.close() }
            let wrong = try Self.follower(url: server.url(password: "hush"))
            let refused = try await wrong.leftfold("run")
            Self.expect(refused, .cannotReachServer, "password")
            #expect(!refused.errors.contains("hush"))
            try wrong.destroy()
            try server.execute(Self.table)
            let right = try Self.follower(url: server.url())
            Self.expect(try await right.leftfold("run"), .usage, "wal_level", "ALTER SYSTEM SET wal_level")
            #expect(try server.execute("SELECT count(*) FROM pg_publication") == "0")
            try right.destroy()
        }

        @Test func `a role without REPLICATION`() async throws {
            let follower = try Self.follower()
            let role = "reader_\(follower.database)"
            let connection = try follower.connect()
            try connection.query("CREATE ROLE \(role) LOGIN")
            try connection.query("GRANT SELECT ON orders TO \(role)")
            let url = SharedServer.postgres.url(database: follower.database, user: role)
            let other = try Self.follower(url: url)
            Self.expect(try await other.leftfold("run"), .usage, "REPLICATION", "ALTER ROLE")
            #expect(try connection.value("SELECT count(*) FROM pg_publication") == "0")
            try connection.query("DROP OWNED BY \(role)")
            try connection.query("DROP ROLE \(role)")
            connection.close()
            try other.destroy()
            try follower.destroy()
        }

        @Test func `a table that does not exist`() async throws {
            let follower = try Self.follower(tables: ["orders", "ordres"])
            Self.expect(try await follower.leftfold("run"), .usage, "public.ordres does not exist")
            let connection = try follower.connect()
            #expect(try connection.value("SELECT count(*) FROM pg_publication") == "0")
            #expect(
                try connection.value(
                    "SELECT count(*) FROM pg_replication_slots WHERE database = '\(follower.database)'"
                ) == "0"
            )
            connection.close()
            try follower.destroy()
        }

        @Test func `a table without a usable replica identity is named before it is published`() async throws {
            let follower = try Self.follower(["CREATE TABLE orders (id int, qty int NOT NULL)"])
            let daemon = try await follower.startDaemon()
            let said = daemon.output + daemon.errors
            #expect(said.contains("public.orders has no replica identity"), "\(said)")
            #expect(said.contains("REPLICA IDENTITY FULL"), "\(said)")
            daemon.terminate()
            #expect(try await daemon.end().status == 0)
            try follower.destroy()
        }

        @Test func `nothing is made on the server with --no-create`() async throws {
            let follower = try Self.follower()
            Self.expect(try await follower.leftfold("run", "--no-create"), .usage, "leftfold run")
            let connection = try follower.connect()
            #expect(try connection.value("SELECT count(*) FROM pg_publication") == "0")
            #expect(
                try connection.value(
                    "SELECT count(*) FROM pg_replication_slots WHERE database = '\(follower.database)'"
                ) == "0"
            )
            connection.close()
            try follower.destroy()
        }

        // MARK: Views

        @Test(arguments: [
            ("SELECT count(* FROM orders", "syntax error"),
            ("SELECT id, quantity FROM orders", "quantity"),
            ("SELECT id FROM ordres", "ordres"),
            ("SELECT random() AS r FROM orders", "random"),
            ("SELECT id, rank() OVER (ORDER BY qty) FROM orders", "OVER"),
            ("SELECT id FROM orders UNION SELECT qty FROM orders", "UNION"),
        ])
        func `a view that cannot run is shown with its place`(select: String, word: String) async throws {
            let follower = try await Self.filled()
            let before = try FolderHash.of(follower.dataFolder)
            try follower.write(TestView("broken", select))
            for command in ["plan", "explain"] {
                let result =
                    try await (command == "plan" ? follower.leftfold("plan") : follower.leftfold("explain", "broken"))
                let said = result.output + result.errors
                #expect(result.status == LeftfoldCLI.ExitStatus.usage.rawValue, "\(command): \(said)")
                #expect(said.contains("broken.sql:1:"), "\(command): \(said)")
                #expect(said.lowercased().contains(word.lowercased()), "\(command): \(said)")
                #expect(said.contains("hint: "), "\(command): \(said)")
            }
            let applied = try await follower.leftfold("apply")
            #expect(applied.status == LeftfoldCLI.ExitStatus.usage.rawValue, "\(applied)")
            #expect(applied.errors.contains("broken.sql:1:"), "\(applied)")
            for (path, bytes) in before where path.hasSuffix(".seg") {
                #expect(
                    try Data(contentsOf: URL(fileURLWithPath: "\(follower.dataFolder)/\(path)")) == bytes,
                    "\(path)"
                )
            }
            // The other view goes on.
            let rows = try await follower.leftfold("query", "order_count", "--json")
            #expect(rows.output.contains("\"n\":520"), "\(rows)")
            try follower.destroy()
        }

        @Test func `a view over a table whose records leave by age is refused by every command`() async throws {
            let follower = try await Self.filled()
            try follower.configure(tables: ["orders"], adding: "retention: { orders: 30d }")
            for command in [["plan"], ["explain", "order_count"], ["apply"], ["rebuild", "order_count"]] {
                let result = try await follower.start(command).end()
                let said = result.output + result.errors
                #expect(result.status == LeftfoldCLI.ExitStatus.usage.rawValue, "\(command): \(said)")
                for word in ["order_count", "public.orders", "30d", "hint: ", "public.orders: keep"] {
                    #expect(said.contains(word), "\(command): no \(word) in \(said)")
                }
            }
            let daemon = try await follower.startDaemon()
            let view = try await follower.wait(for: "refused", daemon) { $0.views.contains { $0.state == .error } }
            #expect(view.views.first?.error?.message.contains("younger than 30d") == true, "\(view.views)")
            for command in ["apply", "rebuild"] {
                let result = try await follower.leftfold(command)
                #expect(result.status == LeftfoldCLI.ExitStatus.usage.rawValue, "\(result)")
                #expect(result.errors.contains("younger than 30d"), "\(result)")
            }
            daemon.terminate()
            #expect(try await daemon.end().status == 0)
            // What was there stays, and goes on once the records are kept again.
            try follower.configure(tables: ["orders"], adding: "retention: { orders: keep }")
            #expect(try await follower.leftfold("apply").status == 0)
            let rows = try await follower.leftfold("query", "order_count", "--json")
            #expect(rows.output.contains("\"n\":520"), "\(rows)")
            try follower.destroy()
        }

        // MARK: The data folder

        @Test func `a damaged byte of the log stops every command at its place, and nothing is cut off`() async throws {
            let follower = try await Self.filled()
            let folder = follower.dataFolder + "/log"
            let segment = try #require(
                try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".seg") }.sorted()
                    .first
            )
            let url = URL(fileURLWithPath: "\(folder)/\(segment)")
            var bytes = try Data(contentsOf: url)
            bytes[bytes.count / 3] ^= 0x40
            try bytes.write(to: url)
            let before = try FolderHash.of(follower.dataFolder)
            Self.expect(try await follower.leftfold("run"), .dataError, segment, "byte", "leftfold log check")
            Self.expect(try await follower.leftfold("rebuild"), .dataError, segment)
            let check = try await follower.leftfold("log", "check")
            #expect(check.status == LeftfoldCLI.ExitStatus.foundProblem.rawValue, "\(check)")
            #expect(check.output.contains(segment) && check.output.contains("byte"), "\(check)")
            #expect(try FolderHash.of(follower.dataFolder) == before)
            try follower.destroy()
        }

        @Test func `a second daemon on the same folder is refused, and the first goes on`() async throws {
            let follower = try Self.follower()
            let first = try await follower.startDaemon()
            Self.expect(try await follower.leftfold("run"), .dataError, follower.dataFolder)
            let connection = try follower.connect()
            try connection.query("INSERT INTO orders VALUES (1, 2)")
            try await follower.catchUp(first, connection)
            try await follower.expectEqual([Self.view], connection, "after the second daemon")
            connection.close()
            first.terminate()
            #expect(try await first.end().status == 0)
            try follower.destroy()
        }

        @Test func `a store that another log wrote is not touched`() async throws {
            let (one, other) = (try await Self.filled(), try await Self.filled())
            for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: other.storePath + suffix) }
            try FileManager.default.copyItem(atPath: one.storePath, toPath: other.storePath)
            let before = try FolderHash.of(other.dataFolder)["views.db"]
            Self.expect(try await other.leftfold("run"), .dataError, "views.db", "leftfold")
            Self.expect(try await other.leftfold("rebuild"), .dataError, "views.db")
            #expect(try FolderHash.of(other.dataFolder)["views.db"] == before)
            try one.destroy()
            try other.destroy()
        }

        @Test func `commands without a log say what fills it`() async throws {
            let follower = try Self.follower()
            for command in [
                ["status"], ["rebuild"], ["apply"], ["log", "stat"], ["log", "check"], ["log", "tail"],
                ["state", "stat"],
                ["state", "check"],
            ] {
                let result = try await follower.start(command).end()
                Self.expect(result, .dataError, "log")
            }
            Self.expect(try await follower.leftfold("query", "order_count"), .dataError, "views.db", "leftfold run")
            Self.expect(try await follower.leftfold("wait", "--lsn", "0/1"), .dataError, "leftfold run")
            #expect(!FileManager.default.fileExists(atPath: follower.dataFolder))
            try follower.destroy()
        }

        @Test func `usage and configuration errors end with 2`() async throws {
            let follower = try Self.follower()
            for arguments in [
                ["run", "--until", "soon"], ["wait", "--lsn", "here"], ["wait", "--lsn", "0/1", "--timeout", "long"],
                ["run", "--log-level", "loud"], ["query", "x", "--store", "nowhere"], ["frobnicate"],
                ["run", "--frobnicate"],
            ] {
                let result = try await follower.start(arguments).end()
                #expect(result.status == LeftfoldCLI.ExitStatus.usage.rawValue, "\(arguments): \(result)")
                #expect(!result.errors.isEmpty && result.output.isEmpty, "\(arguments): \(result)")
            }
            try Data("source: {postgres: {urll: x}}\n".utf8).write(to: URL(fileURLWithPath: follower.configurationPath))
            let result = try await follower.leftfold("run")
            Self.expect(result, .usage, "urll", "leftfold.yaml:1")
            #expect(!FileManager.default.fileExists(atPath: follower.dataFolder))
            try follower.destroy()
        }

        @Test func `verify finds a damaged row, names it, and --repair heals it`() async throws {
            let follower = try await Self.filled()
            let connection = try follower.connect()
            for isDaemonRunning in [true, false] {
                let daemon = isDaemonRunning ? try await follower.startDaemon() : nil
                #expect(try await follower.leftfold("verify").status == 0)
                let store = try SQLiteConnection(path: follower.storePath, mode: .readWrite)
                try store.execute("UPDATE order_count SET qty = '4711'")
                let found = try await follower.leftfold("verify")
                #expect(found.status == LeftfoldCLI.ExitStatus.foundProblem.rawValue, "\(found)")
                let words = [
                    "different  the only row", "view    qty=4711", "source  qty=135460",
                    "leftfold verify --repair order_count",
                ]
                for word in words {
                    #expect(found.output.contains(word), "no \(word) in \(found)")
                }
                let repaired = try await follower.leftfold("verify", "--repair")
                #expect(repaired.status == LeftfoldCLI.ExitStatus.foundProblem.rawValue, "\(repaired)")
                #expect(repaired.output.contains("repaired order_count: sent a difference of 2 rows"), "\(repaired)")
                #expect(repaired.output.contains("order_count: 1 rows equal"), "\(repaired)")
                let again = try await follower.leftfold("verify")
                #expect(again.status == 0 && again.output.contains("order_count: 1 rows equal"), "\(again)")
                if let daemon {
                    daemon.terminate()
                    #expect(try await daemon.end().status == 0)
                }
            }
            connection.close()
            try follower.destroy()
        }
    }
}
