import Foundation
import LocalPostgres
import PostgresClient
import SQLiteDatabase
import Testing
import ViewMaintenance

@testable import LeftfoldCLI

extension ProgramTests {
    /// A rebuild that was asked for is done, whoever is killed meanwhile.
    @Suite struct ResumedRebuildTests {
        private static let views = [
            TestView("sums", "SELECT customer, count(*) AS n, sum(total) AS total FROM orders GROUP BY customer"),
            TestView(
                "pg_sums",
                "CREATE MATERIALIZED VIEW pg_sums WITH (store = 'pg') AS "
                    + "SELECT customer, count(*) AS n, sum(total) AS total FROM orders GROUP BY customer"
            ),
        ]

        private static func follower() throws -> Follower {
            try Follower.ofOrders(views, count: 9000, customers: 97)
        }

        private static func note(_ follower: Follower) -> UnfinishedRebuild? {
            try? RebuildLedger(directory: follower.dataFolder + "/state").read()
        }

        private static func hasNote(_ follower: Follower) -> Bool {
            FileManager.default.fileExists(atPath: follower.dataFolder + "/state/rebuild.json")
        }

        /// The tables that hold the rows: another one after every rebuild.
        private static func tables(_ follower: Follower, _ connection: PostgresConnection) throws -> [String?] {
            let sqlite = try SQLiteConnection(path: follower.storePath, mode: .readOnly)
            return [
                try sqlite.text("SELECT rootpage FROM sqlite_schema WHERE name = 'sums'"),
                try connection.value("SELECT \"table\" FROM folded._leftfold_progress WHERE view = 'pg_sums'"),
            ]
        }

        private static func waitForNote(
            _ follower: Follower,
            _ isWanted: (UnfinishedRebuild?) -> Bool
        ) async throws {
            for _ in 0..<3000 {
                if isWanted(note(follower)) { return }
                try await Task.sleep(for: .milliseconds(10))
            }
            Issue.record("the note is \(String(describing: note(follower)))")
        }

        private static func kill(_ process: LeftfoldProcess) async throws {
            process.kill()
            #expect(try await process.end().status == 128 + SIGKILL)
        }

        private static func expectVerified(_ follower: Follower) async throws {
            let verified = try await follower.leftfold("verify")
            #expect(verified.status == 0, "\(verified)")
        }

        @Test
        func
            `a daemon goes on with a rebuild whose terminal was closed, and after kill -9, as slowly as it was asked to`()
            async throws
        {
            let follower = try Self.follower()
            let connection = try follower.connect()
            var daemon = try await follower.startDaemon()
            try await follower.catchUp(daemon, connection)
            let before = try Self.tables(follower, connection)
            // The log has some 400 kB: half a minute at this speed.
            let asked = ["rebuild", "--bytes-per-second", "16kB"]
            let closed = try follower.start(asked)
            var status = try await follower.wait(for: "rebuilding", daemon) { $0.rebuild != nil }
            #expect(status.rebuild?.views == ["pg_sums", "sums"] && status.rebuild?.bytesPerSecond == 16 * 1024)
            try await Self.kill(closed)
            status = try await follower.wait(for: "rebuilding", daemon) { status in
                status.views.allSatisfy { $0.state == .rebuilding && $0.progress?.contains("s left") == true }
            }
            try await Self.kill(daemon)
            daemon = try await follower.startDaemon()
            status = try await follower.wait(for: "rebuilding again", daemon) { status in
                status.views.allSatisfy { $0.state == .rebuilding && $0.progress?.contains("s left") == true }
            }
            #expect(status.rebuild?.bytesPerSecond == 16 * 1024)
            #expect(daemon.errors.contains("is taken up again"), "\(daemon.errors)")
            #expect(try Self.tables(follower, connection) == before)
            // Whoever asks for the same waits for the one that runs; another one is refused.
            let joined = try follower.start(["rebuild"])
            let other = try await follower.leftfold("rebuild", "sums")
            #expect(other.status != 0 && other.errors.contains("being built already"), "\(other)")
            #expect(joined.hasEnded == nil)
            // At that speed it is far from its end; the daemon is stopped cleanly this time, and the speed is given up by asking again.
            try await daemon.stop()
            let left = try await joined.end()
            #expect(left.status != 0 && left.errors.contains("waiting for it"), "\(left)")
            #expect(Self.note(follower)?.left == ["pg_sums", "sums"])
            let rest = try await follower.leftfold("rebuild", "--bytes-per-second", "20MB")
            #expect(rest.status == 0 && rest.errors.contains("taking up the unfinished rebuild"), "\(rest)")
            #expect(!Self.hasNote(follower))
            for (old, new) in zip(before, try Self.tables(follower, connection)) { #expect(old != new) }
            try await Self.expectVerifiedByDaemon(follower, connection)
            connection.close()
            try follower.destroy()
        }

        private static func expectVerifiedByDaemon(_ follower: Follower, _ connection: PostgresConnection) async throws
        {
            let daemon = try await follower.startDaemon()
            try await follower.catchUpLive(daemon, connection)
            try await expectVerified(follower)
            try await daemon.stop()
        }

        @Test(arguments: [true, false])
        func `what is in place when it is killed is not built again`(isRunning: Bool) async throws {
            let follower = try Self.follower()
            let connection = try follower.connect()
            let blocker = try follower.connect()
            var daemon = try await follower.startDaemon()
            try await follower.catchUp(daemon, connection)
            if !isRunning {
                try await daemon.stop()
            }
            let before = try Self.tables(follower, connection)
            // A reader in a long transaction keeps the one store from putting its view in place.
            try blocker.query("BEGIN; SELECT count(*) FROM folded.pg_sums")
            let rebuild = try follower.start(["rebuild"])
            try await Self.waitForNote(follower) { $0?.done == ["sums"] }
            let between = try Self.tables(follower, connection)
            #expect(between[0] != before[0] && between[1] == before[1])
            try await Self.kill(isRunning ? daemon : rebuild)
            _ = try await rebuild.end()
            try blocker.query("ROLLBACK")
            if isRunning {
                daemon = try await follower.startDaemon()
            } else {
                let again = try await follower.leftfold("rebuild")
                #expect(again.status == 0 && again.output.contains("rebuilt: pg_sums\n"), "\(again)")
                #expect(again.errors.contains("in place already: sums"), "\(again)")
                daemon = try await follower.startDaemon()
            }
            try await Self.waitForNote(follower) { _ in !Self.hasNote(follower) }
            let after = try Self.tables(follower, connection)
            #expect(after[0] == between[0] && after[1] != between[1])
            try await follower.catchUpLive(daemon, connection)
            try await Self.expectVerified(follower)
            try await daemon.stop()
            blocker.close()
            connection.close()
            try follower.destroy()
        }

        @Test func `who asks for the rebuild that runs waits for it, and it is done once`() async throws {
            let follower = try Self.follower()
            let connection = try follower.connect()
            let daemon = try await follower.startDaemon()
            try await follower.catchUp(daemon, connection)
            // The log has some 400 kB: about two seconds at this speed.
            let first = try follower.start(["rebuild", "pg_sums", "sums", "--bytes-per-second", "200kB"])
            try await follower.wait(for: "rebuilding", daemon) { $0.rebuild != nil }
            let second = try follower.start(["rebuild", "sums", "pg_sums"])
            for process in [first, second] {
                let done = try await process.end()
                #expect(done.status == 0 && done.output.contains("rebuilt: pg_sums, sums"), "\(done)")
            }
            #expect(second.errors.contains("is not finished: waiting for it"), "\(second.errors)")
            let number = try connection.value("SELECT table_number FROM folded._leftfold_owner")
            #expect(number == "2", "it was built once at first, and once more")
            #expect(!Self.hasNote(follower))
            try await daemon.stop()
            connection.close()
            try follower.destroy()
        }

        @Test func `a rebuild that nobody wants any more is given up, by the daemon or without one`() async throws {
            let follower = try Self.follower()
            let connection = try follower.connect()
            var daemon = try await follower.startDaemon()
            try await follower.catchUp(daemon, connection)
            let before = try Self.tables(follower, connection)
            let none = try await follower.leftfold("rebuild", "--cancel")
            #expect(none.status == 0 && none.output.contains("there is no unfinished rebuild"), "\(none)")
            for isRunning in [true, false] {
                let slow = try follower.start(["rebuild", "sums", "--bytes-per-second", "16kB"])
                try await follower.wait(for: "rebuilding", daemon) { $0.rebuild != nil }
                if !isRunning { try await Self.kill(daemon) }
                let given = try await follower.leftfold("rebuild", "--cancel")
                #expect(given.status == 0 && given.output.contains("given up: the rebuild of sums"), "\(given)")
                #expect(try await slow.end().status != 0)
                #expect(!Self.hasNote(follower))
                if !isRunning { daemon = try await follower.startDaemon() }
                try await follower.catchUpLive(daemon, connection)
                #expect(try Self.tables(follower, connection) == before)
            }
            // Nothing stands in the way of the next one.
            #expect(try await follower.leftfold("rebuild", "sums").status == 0)
            try await daemon.stop()
            connection.close()
            try follower.destroy()
        }
    }
}
