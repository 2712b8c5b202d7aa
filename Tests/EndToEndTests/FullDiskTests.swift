import Foundation
import PostgresClient
import Relational
import Testing
import ViewMaintenance

@testable import LeftfoldCLI

extension ProgramTests {
    /// On a real file system that fills up; skipped where this user may not mount one.
    @Suite(.enabled(if: SmallDisk.isAllowed, "mounting a tmpfs is not allowed here")) struct FullDiskTests {
        private static let view = TestView("event_count", "SELECT count(*) AS n, max(seq) AS last FROM events")
        /// A little more than the log's headroom of 64 MB.
        private static let spare = 65 << 20

        private static func follower() throws -> Follower {
            try Follower(
                ddl: [
                    // So short that a source which did not answer while it is held back would be thrown out.
                    "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET wal_sender_timeout = 1000', current_database()); END $$",
                    "CREATE TABLE events (seq bigint PRIMARY KEY, payload text NOT NULL)",
                    "INSERT INTO events SELECT n, 'first' FROM generate_series(1, 10) n",
                ],
                tables: ["events"],
                views: [view]
            )
        }

        /// Commits events of 1 kB, a thousand in a transaction.
        private static func write(megabytes: Int, from first: Int, _ connection: PostgresConnection) throws {
            for start in stride(from: first, to: first + 1000 * megabytes, by: 1000) {
                try connection.query(
                    "INSERT INTO events SELECT n, repeat('x', 1000) FROM generate_series(\(start), \(start + 999)) n"
                )
            }
        }

        /// More is committed than the buffers hold: the source stops reading and keeps its connection.
        private static func expectHeldBack(
            _ follower: Follower,
            _ daemon: LeftfoldProcess,
            _ connection: PostgresConnection
        ) async throws {
            let sender = "SELECT active_pid FROM pg_replication_slots WHERE slot_name = '\(follower.slot)'"
            let before = try #require(try connection.value(sender))
            try write(megabytes: 48, from: 30_000, connection)
            try await Task.sleep(for: .seconds(3))
            let end = try #require(try connection.value("SELECT pg_current_wal_lsn()").flatMap { LSN(parsing: $0) })
            let status = try await follower.wait(for: "waiting for space", daemon) { $0.log.state == "waiting" }
            let received = try #require(status.source.receivedLsn.flatMap { LSN(parsing: $0) })
            #expect(end.rawValue - received.rawValue > 8 << 20, "received \(received), the server is at \(end)")
            #expect(try connection.value(sender) == before, "the source was thrown out")
        }

        @Test func `a full disk holds the source back, and free space is all that it takes to go on`() async throws {
            let follower = try Self.follower()
            let disk = try SmallDisk(at: follower.dataFolder, megabytes: 200)
            let connection = try follower.connect()
            let client = try follower.installation.controlClient
            let first = try await follower.startDaemon()
            for (round, left) in [Self.spare, 0].enumerated() {
                // First the headroom is left, then nothing at all.
                try disk.fill(leaving: left)
                try Self.write(megabytes: 4, from: 1000 + round * 10_000, connection)
                let waiting = try await follower.wait(for: "waiting for space", first) { $0.log.state == "waiting" }
                #expect(waiting.log.error?.message.contains(follower.dataFolder) == true)
                let text = try await follower.leftfold("status")
                #expect(text.output.contains("waiting") && text.output.contains("free space on the device"), "\(text)")
                #expect(try await OwnThread.run("e2e-ready") { try client.send("GET", "/readyz").status } == 503)
                let rows = try await follower.leftfold("query", "event_count")
                #expect(rows.status == 0, "\(rows)")
                if round == 1 { try await Self.expectHeldBack(follower, first, connection) }
                disk.free()
                try await follower.catchUp(first, connection)
                try await follower.expectEqual([Self.view], connection, "round \(round)")
                try await follower.wait(for: "open", first) { $0.log.state == "open" }
            }
            #expect(first.errors.contains("waits for space") && first.errors.contains("goes on"), "\(first.errors)")

            try disk.fill(leaving: 0)
            try Self.write(megabytes: 4, from: 100_000, connection)
            try await follower.wait(for: "waiting for space", first) { $0.log.state == "waiting" }
            first.terminate()
            #expect(try await first.end(within: .seconds(20)).status == 0)
            disk.free()
            let second = try await follower.startDaemon()
            try await follower.catchUp(second, connection)
            try await follower.expectEqual([Self.view], connection, "after a restart")
            second.terminate()
            #expect(try await second.end().status == 0)
            let check = try await follower.leftfold("log", "check")
            #expect(check.status == 0 && check.output.contains("sound"), "\(check)")

            try disk.remount("ro")
            let readOnly = try await follower.leftfold("run")
            #expect(readOnly.status == 4, "\(readOnly)")
            for part in ["Read-only file system", follower.dataFolder + "/log", "writable", "leftfold run"] {
                #expect(readOnly.errors.contains(part), "no \(part) in \(readOnly.errors)")
            }
            connection.close()
            try disk.remount("rw")
            disk.unmount()
            try follower.destroy()
        }
    }
}
