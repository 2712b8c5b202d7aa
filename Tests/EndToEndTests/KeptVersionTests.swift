import Foundation
import LocalPostgres
import PostgresClient
import SQLiteDatabase
import TestSupport
import Testing
import ViewMaintenance

@testable import LeftfoldCLI

extension ProgramTests {
    /// Versions of views that were replaced and kept: a rollback is there at once.
    @Suite struct KeptVersionTests {
        private static func follower(_ views: [TestView]) throws -> Follower {
            try Follower.ofOrders(views, note: "'red ' || n")
        }

        private static let old = "SELECT customer, count(*) AS n FROM orders WHERE id > 100 GROUP BY customer"
        private static let new = "SELECT customer, sum(total) AS total, count(*) AS n FROM orders GROUP BY customer"

        /// The same view in both stores, and a search view in the file.
        private static func views(_ select: String, words: String = "note") -> [TestView] {
            [
                TestView("sums", "CREATE MATERIALIZED VIEW sums WITH (index = 'n') AS \(select)"),
                TestView("pg_sums", "CREATE MATERIALIZED VIEW pg_sums WITH (store = 'pg', index = 'n') AS \(select)"),
                TestView(
                    "words",
                    "CREATE MATERIALIZED VIEW words USING search WITH (columns = 'note') AS SELECT id, \(words) AS note FROM orders"
                ),
            ]
        }

        private static let names = ["sums", "pg_sums", "words"]

        private static func apply(_ follower: Follower, _ flags: String..., say words: String...) async throws {
            let applied = try await follower.start(["apply"] + flags).end()
            #expect(applied.status == 0, "\(applied)")
            for word in words { #expect(applied.output.contains(word), "no '\(word)' in \(applied)") }
        }

        private static func rollBack(_ follower: Follower, _ views: [String] = names) async throws {
            for view in views {
                let done = try await follower.leftfold("rollback", view)
                #expect(done.status == 0, "\(done)")
                #expect(done.output.contains("changed places with the version before: \(view)"), "\(done)")
            }
        }

        /// The tables under the views' names and under those of their kept versions.
        private static func tables(_ follower: Follower, _ connection: PostgresConnection) throws -> [String: [String?]]
        {
            let sqlite = try SQLiteConnection(path: follower.storePath, mode: .readOnly)
            return try Dictionary(
                uniqueKeysWithValues: names.map { view in
                    let tables = try [view, "_leftfold_previous_\(view)"].map { name in
                        guard view == "pg_sums" else {
                            return try sqlite.text(
                                "SELECT rootpage FROM sqlite_schema WHERE type = 'table' AND name = '\(name)'"
                            )
                        }
                        return try connection.value(
                            "SELECT \"table\" FROM folded._leftfold_progress WHERE view = '\(name)'"
                        )
                    }
                    return (view, tables)
                }
            )
        }

        private static func verify(_ follower: Follower, _ place: String) async throws {
            let verified = try await follower.leftfold("verify")
            #expect(verified.status == 0 && verified.output.contains("words"), "\(place): \(verified)")
        }

        private static func find(_ follower: Follower, _ word: String) async throws -> Int {
            let found = try await follower.leftfold("query", "--search", "words", word, "--json", "--limit", "0")
            #expect(found.status == 0, "\(found)")
            return found.output.split(separator: "\n").count
        }

        @Test func `a rollback to a kept version folds nothing, with a daemon, without one, and after starts`()
            async throws
        {
            let follower = try Self.follower(Self.views(Self.old))
            let connection = try follower.connect()
            var daemon = try await follower.startDaemon()
            try await follower.catchUp(daemon, connection)
            for view in Self.views(Self.new, words: "'blue ' || id") { try follower.write(view) }
            try await Self.apply(follower, "--keep-previous", say: "kept the version before of: pg_sums, sums, words")
            let status = try await follower.wait(for: "live", daemon) { $0.views.allSatisfy { $0.state == .live } }
            #expect(status.views.compactMap(\.previousOf).sorted() == Self.names.sorted())
            #expect(try await follower.leftfold("status").output.contains("the version of sums before, kept"))
            let plan = try await follower.leftfold("plan")
            #expect(plan.status == 0 && !plan.output.contains("_leftfold"), "\(plan)")
            #expect(try await follower.leftfold("apply").status == 0)
            // Kept versions follow the source as well.
            try connection.query(
                "INSERT INTO orders VALUES (1000, 3, 7, 'red'), (1001, 77, 8, 'red'); DELETE FROM orders WHERE id = 200"
            )
            try await follower.catchUp(daemon, connection)
            var places = try Self.tables(follower, connection)
            for step in 0..<6 {
                let isOld = step % 2 == 0
                let isRunning = step < 2 || step == 5
                if step == 2 { try await daemon.stop() }
                if step == 5 { daemon = try await follower.startDaemon() }
                let built = Self.builds(daemon)
                try await Self.rollBack(follower)
                let now = try Self.tables(follower, connection)
                for view in Self.names {
                    #expect(now[view] == places[view].map { [$0[1], $0[0]] }, "step \(step): \(view)")
                }
                places = now
                #expect(try await Self.find(follower, isOld ? "red" : "blue") == 301, "step \(step)")
                #expect(try await Self.find(follower, isOld ? "blue" : "red") == 0, "step \(step)")
                guard isRunning else { continue }
                #expect(Self.builds(daemon) == built, "step \(step): \(daemon.errors)")
                try await Self.verify(follower, "step \(step)")
                try connection.query(
                    "UPDATE orders SET total = total + 1, customer = customer + 1 WHERE id % 7 = \(step)"
                )
                try await follower.catchUp(daemon, connection)
                try await Self.verify(follower, "step \(step), after changes")
                // Neither an apply nor a start makes another version of it.
                #expect(try await follower.leftfold("apply").output.contains("unchanged: pg_sums, sums, words"))
                try await daemon.stop()
                daemon = try await follower.startDaemon()
                try await follower.catchUp(daemon, connection)
                #expect(Self.builds(daemon) == 0, "step \(step): \(daemon.errors)")
                #expect(try Self.tables(follower, connection) == places, "step \(step), after a start")
                try await Self.verify(follower, "step \(step), after a start")
            }
            try await daemon.stop()
            connection.close()
            try follower.destroy()
        }

        /// How often the daemon told of views that it builds.
        private static func builds(_ daemon: LeftfoldProcess) -> Int {
            daemon.errors.split(separator: "\n").filter { $0.contains("is building") || $0.contains("is rebuilding") }
                .count
        }

        @Test func `a further change takes the place of the kept version, and it goes when nobody wants it`()
            async throws
        {
            let follower = try Self.follower(Self.views(Self.old))
            let connection = try follower.connect()
            let daemon = try await follower.startDaemon()
            try await follower.catchUp(daemon, connection)
            for view in Self.views(Self.new) { try follower.write(view) }
            try await Self.apply(follower, "--keep-previous")
            let further = Self.new.replacing("FROM orders", with: "FROM orders WHERE id > 250")
            for view in Self.views(further) { try follower.write(view) }
            try await Self.apply(follower, say: "kept the version before of: pg_sums, sums", "rebuilt: pg_sums, sums")
            try await Self.rollBack(follower, ["sums", "pg_sums"])
            let text = try String(contentsOfFile: "\(follower.folder)/views/sums.sql", encoding: .utf8)
            #expect(text.contains(Self.new))
            try await Self.verify(follower, "the version before the last")
            // A view that reads it, and other columns than a reader's own view needs, stand in the way.
            try follower.write(TestView("big", "SELECT customer FROM sums WHERE n > 1"))
            try await Self.apply(follower, say: "not kept: the version before of sums: view big reads it")
            let built = try await follower.leftfold("rollback", "sums")
            #expect(built.status == 0 && built.output.contains("rebuilt: big, sums"), "\(built)")
            try await Self.verify(follower, "built")
            try follower.removeView("big")
            try follower.removeView("pg_sums")
            let refused = try await follower.leftfold("apply")
            #expect(refused.status == 2 && !refused.errors.contains("_leftfold"), "\(refused)")
            try await Self.apply(follower, "--yes")
            #expect(
                try connection.value(
                    "SELECT count(*) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace "
                        + "WHERE n.nspname = 'folded' AND relname LIKE '%pg_sums%'"
                ) == "0"
            )
            for view in Self.views(Self.old) where view.name != "pg_sums" { try follower.write(view) }
            try await Self.apply(follower, "--keep-previous", say: "kept the version before of: sums")
            try await Self.apply(follower, "--drop-previous", say: "dropped: _leftfold_previous_sums")
            let sqlite = try SQLiteConnection(path: follower.storePath, mode: .readOnly)
            #expect(try sqlite.integer("SELECT count(*) FROM sqlite_schema WHERE name LIKE '%leftfold_previous%'") == 0)
            let again = try await follower.leftfold("rollback", "sums")
            #expect(again.status == 0 && again.output.contains("rebuilt: sums"), "\(again)")
            let both = try await follower.leftfold("apply", "--keep-previous", "--drop-previous")
            #expect(both.status == 2, "\(both)")
            try await daemon.stop()
            connection.close()
            try follower.destroy()
        }

        @Test func `without a daemon versions are kept and come back as well, a difference or not`() async throws {
            func views(_ least: Int) -> [TestView] {
                ["sums", "pg_sums"].map { name in
                    let options = name == "sums" ? "on_change = 'diff'" : "store = 'pg', on_change = 'diff'"
                    let select = "SELECT customer, count(*) AS n FROM orders WHERE id > \(least) GROUP BY customer"
                    return TestView(name, "CREATE MATERIALIZED VIEW \(name) WITH (\(options)) AS \(select)")
                }
            }
            let follower = try Self.follower(views(0) + Self.views(Self.old).suffix(1))
            let connection = try follower.connect()
            var daemon = try await follower.startDaemon()
            try await follower.catchUp(daemon, connection)
            try await daemon.stop()
            let files = ["sums", "pg_sums"].map { "\(follower.folder)/views/\($0).sql" }
            for least in [100, 200] {
                for view in views(least) { try follower.write(view) }
                // The second one keeps without being told.
                let flags = least == 100 ? ["--keep-previous"] : []
                let applied = try await follower.start(["apply"] + flags).end()
                #expect(applied.output.contains("kept the version before of: pg_sums, sums"), "\(applied)")
                #expect(applied.output.contains("changed in place: sums"), "\(applied)")
            }
            try await Self.rollBack(follower, ["sums", "pg_sums"])
            for file in files { #expect(try String(contentsOfFile: file, encoding: .utf8).contains("id > 100")) }
            // An apply whose files say what the kept versions are is a rollback too; so is a start.
            for view in views(200) { try follower.write(view) }
            let applied = try await follower.leftfold("apply")
            #expect(applied.output.contains("changed places with the version before: pg_sums, sums"), "\(applied)")
            for view in views(100) { try follower.write(view) }
            daemon = try await follower.startDaemon()
            try await follower.catchUp(daemon, connection)
            #expect(Self.builds(daemon) == 0, "\(daemon.errors)")
            try await Self.verify(follower, "after a start")
            for view in views(200) { try follower.write(view) }
            let running = try await follower.leftfold("apply")
            #expect(running.output.contains("changed places with the version before: pg_sums, sums"), "\(running)")
            #expect(running.output.contains("unchanged: words"), "\(running)")
            try await Self.verify(follower, "after an apply")
            try await daemon.stop()
            connection.close()
            try follower.destroy()
        }

        @Test
        func `a start finds files that were rolled back and a new view: places change, and only the new one is built`()
            async throws
        {
            let follower = try Self.follower(Self.views(Self.old))
            let connection = try follower.connect()
            var daemon = try await follower.startDaemon()
            for view in Self.views(Self.new) { try follower.write(view) }
            try await Self.apply(follower, "--keep-previous")
            try await follower.catchUp(daemon, connection)
            try await daemon.stop()
            for view in Self.views(Self.old) { try follower.write(view) }
            try follower.write(TestView("ids", "SELECT id FROM orders WHERE id % 2 = 0"))
            daemon = try await follower.startDaemon()
            try await follower.catchUpLive(daemon, connection)
            try await Self.verify(follower, "after the start")
            for word in ["the views that ran last go on", "view sums and its version before have changed places"] {
                #expect(daemon.errors.contains(word), "no '\(word)' in \(daemon.errors)")
            }
            try await Self.apply(follower, say: "unchanged: ids, pg_sums, sums, words")
            try connection.query("DELETE FROM orders WHERE id % 7 = 0")
            try await follower.catchUp(daemon, connection)
            try await Self.verify(follower, "after a change")
            try await daemon.stop()
            connection.close()
            try follower.destroy()
        }

        @Test func `a reader who holds the view makes a rollback fail, and nothing has changed`() async throws {
            let follower = try Self.follower(Self.views(Self.old))
            let connection = try follower.connect()
            let reader = try follower.connect()
            let daemon = try await follower.startDaemon()
            try await follower.catchUp(daemon, connection)
            for view in Self.views(Self.new) { try follower.write(view) }
            try await Self.apply(follower, "--keep-previous")
            let before = try Self.tables(follower, connection)
            try reader.query("BEGIN; SELECT count(*) FROM folded.pg_sums")
            let refused = try await follower.leftfold("rollback", "pg_sums")
            #expect(refused.status != 0 && refused.errors.contains("lock"), "\(refused)")
            let text = try String(contentsOfFile: "\(follower.folder)/views/pg_sums.sql", encoding: .utf8)
            #expect(text.contains(Self.new))
            #expect(try Self.tables(follower, connection) == before)
            try reader.query("ROLLBACK")
            try await Self.rollBack(follower, ["pg_sums"])
            try connection.query("DELETE FROM orders WHERE id % 5 = 0")
            try await follower.catchUp(daemon, connection)
            try await Self.verify(follower, "after the second attempt")
            try await daemon.stop()
            reader.close()
            connection.close()
            try follower.destroy()
        }

        // MARK: kill -9

        @Test(arguments: [true, false])
        func `killed at any moment of a rollback, one version is whole, and file and view agree`(isRunning: Bool)
            async throws
        {
            let seed: UInt64 = isRunning ? 31 : 32
            var generator = SeededGenerator(seed: seed)
            let follower = try Self.follower(Self.views(Self.old))
            let connection = try follower.connect()
            var daemon = try await follower.startDaemon()
            try await follower.catchUp(daemon, connection)
            for view in Self.views(Self.new) { try follower.write(view) }
            try await Self.apply(follower, "--keep-previous")
            if !isRunning { try await daemon.stop() }
            let began = ContinuousClock.now
            try await Self.rollBack(follower, ["sums"])
            let duration = ContinuousClock.now - began
            var wasRolledBack: [Bool] = []
            for kill in 0..<12 {
                let view = kill % 2 == 0 ? "sums" : "pg_sums"
                let place = "seed \(seed), kill \(kill)"
                let path = "\(follower.folder)/views/\(view).sql"
                let before = try String(contentsOfFile: path, encoding: .utf8)
                let rollback = try follower.start(["rollback", view])
                try await Task.sleep(for: duration * Double.random(in: 0.3...1.1, using: &generator))
                rollback.kill()
                _ = try await rollback.end()
                if isRunning {
                    daemon.kill()
                    #expect(try await daemon.end().status == 128 + SIGKILL)
                }
                wasRolledBack.append(try String(contentsOfFile: path, encoding: .utf8) != before)
                daemon = try await follower.startDaemon()
                try await follower.catchUpLive(daemon, connection)
                // What the file says is what readers see, and the other version is kept.
                try await Self.verify(follower, place)
                #expect(try await follower.leftfold("apply").output.contains("unchanged: pg_sums, sums"), "\(place)")
                #expect(Self.builds(daemon) == 0, "\(place): \(daemon.errors)")
                if !isRunning { try await daemon.stop() }
            }
            #expect(wasRolledBack.contains(true) && wasRolledBack.contains(false), "seed \(seed): \(wasRolledBack)")
            try await Self.rollBack(follower, ["sums", "pg_sums"])
            if isRunning { try await daemon.stop() }
            connection.close()
            try follower.destroy()
        }
    }
}
