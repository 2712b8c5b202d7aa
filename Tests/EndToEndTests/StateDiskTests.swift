import Foundation
import PostgresClient
import Testing
import ViewMaintenance

@testable import LeftfoldCLI

extension ProgramTests {
    /// State on a file system of its own, which fills up or cannot be written.
    @Suite(.enabled(if: SmallDisk.isAllowed, "mounting a tmpfs is not allowed here")) struct StateDiskTests {
        private static let view = TestView(
            "sums",
            "SELECT id % 7 AS grp, count(*) AS n, sum(id) AS s FROM events GROUP BY 1"
        )

        private static func follower() throws -> (Follower, SmallDisk) {
            let follower = try Follower(
                ddl: [
                    "CREATE TABLE events (id int PRIMARY KEY)", "INSERT INTO events SELECT generate_series(1, 500)",
                ],
                tables: ["events"],
                views: [view]
            )
            return (follower, try SmallDisk(at: StateFolderFiles(follower).path, megabytes: 160))
        }

        @Test func `a full disk keeps checkpoints waiting, says so, and nothing else waits`() async throws {
            let (follower, disk) = try Self.follower()
            let connection = try follower.connect()
            let daemon = try await follower.startDaemon()
            try await follower.catchUp(daemon, connection)
            let before = try await follower.waitForCheckpoint()
            try disk.fill(leaving: 100 << 20)
            try connection.query("INSERT INTO events SELECT generate_series(501, 900)")
            try await follower.catchUp(daemon, connection)
            try await follower.expectEqual([Self.view], connection, "on a full disk")
            let failing = try await follower.wait(for: "failing", daemon) { $0.state?.error != nil }
            let state = try #require(failing.state)
            #expect(state.error?.message.contains("no space for state") == true, "\(state)")
            #expect(state.error?.since != nil && state.error?.hint?.contains("free space") == true, "\(state)")
            #expect(state.checkpoint?.offset == before.checkpoints.first?.offset, "\(state)")
            #expect(state.restart.records >= 400 && state.restart.bytes > 0, "\(state)")
            let text = try await follower.leftfold("status")
            #expect(text.status == 1 && text.output.contains("! no checkpoint since "), "\(text)")
            disk.free()
            try await follower.wait(for: "writing checkpoints", daemon) {
                $0.state?.error == nil && $0.state?.restart.records ?? 400 < 400
            }
            #expect(daemon.errors.contains("checkpoints are written again"), "\(daemon.errors)")
            #expect(try await follower.leftfold("status").status == 0)
            try await daemon.stop()
            connection.close()
            disk.unmount()
            try follower.destroy()
        }

        @Test func `a full disk holds a fold that has no memory left, and it goes on by itself`() async throws {
            let (follower, disk) = try Self.follower()
            let connection = try follower.connect()
            let daemon = try follower.start(["run"], environment: ["LEFTFOLD_MEMORY_BUDGET": "16MB"])
            try await follower.waitUntilStreaming(daemon)
            try disk.fill(leaving: 100 << 20)
            // Some parts of the transaction have room in memory, the next one has to wait.
            try connection.query("INSERT INTO events SELECT generate_series(501, 200000)")
            let held = try await follower.wait(for: "holding the fold", daemon) {
                $0.state?.progress?.contains("the fold waits for space") == true && $0.log.nextOffset >= 200_000
            }
            #expect(held.views.allSatisfy { $0.frontierOffset < held.log.nextOffset && $0.rows == 7 }, "\(held)")
            #expect(held.log.state == "open" && held.state?.error?.hint?.contains("free space") == true, "\(held)")
            let text = try await follower.leftfold("status")
            #expect(text.status == 1 && text.output.contains("the fold waits for space for its state"), "\(text)")
            disk.free()
            try await follower.catchUp(daemon, connection)
            try await follower.expectEqual([Self.view], connection, "with space again")
            try await follower.wait(for: "writing checkpoints", daemon) {
                $0.state?.error == nil && $0.state?.progress == nil
            }
            try await daemon.stop()
            connection.close()
            disk.unmount()
            try follower.destroy()
        }

        @Test func `state that cannot be written is kept in memory, and status says so`() async throws {
            let (follower, disk) = try Self.follower()
            let connection = try follower.connect()
            try disk.remount("ro")
            let daemon = try await follower.startDaemon()
            try connection.query("DELETE FROM events WHERE id % 3 = 0")
            try await follower.catchUp(daemon, connection)
            try await follower.expectEqual([Self.view], connection, "with state in memory")
            let text = try await follower.leftfold("status")
            #expect(text.status == 1 && text.output.contains("no checkpoint; a restart folds"), "\(text)")
            #expect(text.output.contains(StateFolderFiles(follower).path), "\(text)")
            #expect(daemon.errors.contains("the state of the views stays in memory"), "\(daemon.errors)")
            try await daemon.stop()
            let drop = try await follower.leftfold("state", "drop", "--yes")
            #expect(drop.status == 4 && drop.errors.contains(StateFolderFiles(follower).path), "\(drop)")
            try disk.remount("rw")
            let next = try await follower.startDaemon()
            try await follower.catchUp(next, connection)
            try await follower.expectEqual([Self.view], connection, "once it can be written")
            _ = try await follower.waitForCheckpoint()
            try await next.stop()
            connection.close()
            disk.unmount()
            try follower.destroy()
        }
    }
}
