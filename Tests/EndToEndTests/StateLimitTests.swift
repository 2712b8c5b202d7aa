import Foundation
import PostgresClient
import Testing
import ViewMaintenance

@testable import LeftfoldCLI

extension ProgramTests {
    /// The daemon as a process: what it leaves when it is told to stop, and state that outgrows its limits.
    @Suite struct StateLimitTests {
        private static let view = TestView(
            "sums",
            "SELECT id % 7 AS grp, count(*) AS n, sum(length(v)) AS s, max(v) AS top FROM events GROUP BY 1"
        )

        private static func follower() throws -> Follower {
            try Follower(
                ddl: [
                    "CREATE TABLE events (id int PRIMARY KEY, v text)",
                    "ALTER TABLE events ALTER COLUMN v SET STORAGE PLAIN",
                    "INSERT INTO events SELECT g, 'old' FROM generate_series(1, 300) AS g",
                ],
                tables: ["events"],
                views: [view]
            )
        }

        private static func start(_ follower: Follower, _ environment: [String: String]) async throws -> LeftfoldProcess
        {
            let daemon = try follower.start(["run"], environment: environment)
            try await follower.waitUntilStreaming(daemon)
            return daemon
        }

        @Test func `SIGTERM leaves a checkpoint at the end of the log, where the next start goes on`() async throws {
            let follower = try Self.follower()
            let connection = try follower.connect()
            let daemon = try await Self.start(follower, ["LEFTFOLD_STATE_CHECKPOINT": "1h"])
            try connection.query("INSERT INTO events SELECT g, 'new' FROM generate_series(301, 2000) AS g")
            try await follower.catchUp(daemon, connection)
            #expect(try await follower.stateReport()?.checkpoints.isEmpty == true)
            try await daemon.stop()
            let report = try #require(try await follower.stateReport())
            #expect(report.checkpoints.count == 1 && report.restart.records < 10, "\(report)")
            let text = try await follower.leftfold("status")
            #expect(text.output.contains("a restart folds \(StateText.replay(report.restart))"), "\(text)")
            let next = try await Self.start(follower, ["LEFTFOLD_STATE_CHECKPOINT": "1h"])
            #expect(next.errors.contains("the views go on from a checkpoint"), "\(next.errors)")
            try connection.query("DELETE FROM events WHERE id % 2 = 0")
            try await follower.catchUp(next, connection)
            try await follower.expectEqual([Self.view], connection, "after a restart")
            try await next.stop()
            connection.close()
            try follower.destroy()
        }

        @Test func `state beyond state.disk holds the fold and nothing else, until the setting is raised`() async throws
        {
            let follower = try Self.follower()
            let connection = try follower.connect()
            let small = ["LEFTFOLD_STATE_DISK": "64MB", "LEFTFOLD_MEMORY_BUDGET": "16MB"]
            let daemon = try await Self.start(follower, small)
            try await follower.catchUp(daemon, connection)
            // Some parts of the transaction have room, the next one has to wait; the log takes all of them.
            let shown = try await Self.status(follower).log.nextOffset
            try connection.query(
                "INSERT INTO events SELECT g, g || repeat('x', 1500) FROM generate_series(1001, 80000) AS g"
            )
            let status = try await follower.wait(for: "holding the fold", daemon) {
                $0.state?.progress?.contains("the fold waits for space") == true && $0.log.nextOffset >= shown + 79_000
            }
            #expect(status.state?.error?.message.contains("the state may not take more") == true, "\(status)")
            #expect(status.log.state == "open" && status.source.state == "streaming", "\(status)")
            let view = try #require(status.views.first)
            #expect(view.lagBytes > 0 && view.frontierOffset < status.log.nextOffset, "\(view)")
            let text = try await follower.leftfold("status")
            #expect(text.status == 1 && text.output.contains("hint: raise state.disk in leftfold.yaml"), "\(text)")
            // Readers see nothing of it.
            #expect(view.frontierOffset < shown + 79_000, "\(view)")
            try await daemon.stop()
            let next = try await Self.start(follower, ["LEFTFOLD_STATE_DISK": "2GB", "LEFTFOLD_MEMORY_BUDGET": "16MB"])
            try await follower.catchUp(next, connection)
            try await follower.expectEqual([Self.view], connection, "with a higher limit")
            try await follower.wait(for: "writing checkpoints", next) {
                $0.state?.error == nil && $0.state?.progress == nil
            }
            try await next.stop()
            connection.close()
            try follower.destroy()
        }

        private static func status(_ follower: Follower) async throws -> Status {
            let client = try follower.installation.controlClient
            return try await OwnThread.run("e2e-status") { try client.call("GET", "/status", as: Status.self) }
        }
    }
}
