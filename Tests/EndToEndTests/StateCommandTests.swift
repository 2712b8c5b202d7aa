import Foundation
import PostgresClient
import StateFiles
import TestSupport
import Testing
import ViewMaintenance

@testable import LeftfoldCLI

extension ProgramTests {
    /// `state stat`, `state check` and `state drop`, and daemons that find their state damaged.
    @Suite struct StateCommandTests {
        private static let ddl = [
            "CREATE TABLE customers (id int PRIMARY KEY, region text NOT NULL)",
            "CREATE TABLE orders (id int PRIMARY KEY, customer int NOT NULL, total numeric(10,2) NOT NULL, note text)",
            "INSERT INTO customers SELECT n, 'r' || n % 3 FROM generate_series(0, 9) n",
            "INSERT INTO orders SELECT n, n % 9, n * 1.5, repeat('x', 40) FROM generate_series(1, 2000) n",
        ]
        private static let views = [
            TestView(
                "revenue",
                "SELECT c.region, sum(o.total) AS total, count(*) AS n FROM orders o "
                    + "JOIN customers c ON c.id = o.customer GROUP BY c.region"
            ),
            TestView("dear", "SELECT id, customer, total FROM orders WHERE total > 20"),
        ]

        private static func follower() throws -> Follower {
            try Follower(ddl: ddl, tables: ["customers", "orders"], views: views)
        }

        /// One that has followed for a while and has two checkpoints; no daemon runs.
        private static func filled() async throws -> Follower {
            let follower = try follower()
            let daemon = try await follower.startDaemon()
            let connection = try follower.connect()
            for n in 1...2 {
                try connection.query("UPDATE orders SET total = total + 1 WHERE id % 20 = \(n)")
                try await follower.catchUp(daemon, connection)
                _ = try await follower.waitForCheckpoint()
            }
            connection.close()
            try await daemon.stop()
            return follower
        }

        /// Every row and every group changes: whatever block of the state is needed.
        private static func touchAll(_ connection: PostgresConnection) throws {
            try connection.query("UPDATE customers SET region = 'r' || (id + 1) % 4")
            try connection.query("UPDATE orders SET total = total + 1, customer = (customer + 1) % 9")
        }

        /// A daemon starts on what is there, says `words`, and its views are right, now and after everything has changed.
        private static func expectRight(
            _ follower: Follower,
            _ views: [TestView] = views,
            saying words: [String] = [],
            sourceLocation: SourceLocation = #_sourceLocation
        ) async throws {
            let connection = try follower.connect()
            let daemon = try await follower.startDaemon()
            try await follower.catchUp(daemon, connection)
            try await follower.expectEqual(views, connection, "after the start", sourceLocation: sourceLocation)
            try touchAll(connection)
            try await follower.catchUpLive(daemon, connection)
            try await follower.expectEqual(views, connection, "after changes", sourceLocation: sourceLocation)
            for word in words {
                #expect(daemon.errors.contains(word), "no \(word): \(daemon.errors)", sourceLocation: sourceLocation)
            }
            _ = try await follower.waitForCheckpoint()
            try await daemon.stop()
            let check = try await follower.leftfold("state", "check")
            #expect(check.status == 0 && check.output.contains("sound"), "\(check)", sourceLocation: sourceLocation)
            connection.close()
        }

        private static func fails(_ follower: Follower, _ arguments: String..., words: String...) async throws {
            let result = try await follower.start(arguments).end()
            #expect(result.status == LeftfoldCLI.ExitStatus.foundProblem.rawValue, "\(arguments): \(result)")
            for word in words + ["nothing is lost", "leftfold state drop"] {
                #expect(result.output.contains(word), "\(arguments): no \(word) in \(result)")
            }
        }

        /// The running daemon's status, in all three forms, has a checkpoint and what a restart folds.
        private static func expectStatus(
            _ follower: Follower,
            _ daemon: LeftfoldProcess,
            _ newest: StateReport.Checkpoint
        ) async throws {
            let status = try await follower.wait(for: "showing its checkpoint", daemon) {
                ($0.state?.checkpoint?.offset ?? 0) >= newest.offset
            }
            let state = try #require(status.state)
            #expect(state.error == nil && state.restart.records < 100 && (state.bytesOnDisk ?? 0) > 10_000, "\(state)")
            #expect(state.memoryBudget == Int64(MachineMemory.current.standardBudget) && state.diskLimit == nil)
            #expect(state.bytesInMemory != nil)
            let text = try await follower.leftfold("status")
            #expect(text.status == 0 && text.output.contains(" in memory\n"), "\(text)")
            #expect(text.output.contains("checkpoint at offset \(state.checkpoint?.offset ?? 0)"), "\(text)")
            let client = try follower.installation.controlClient
            let metrics = try await OwnThread.run("e2e-metrics") { try client.send("GET", "/metrics") }
            #expect(String(decoding: metrics.body, as: UTF8.self).contains("\nleftfold_checkpoint_failing 0\n"))
        }

        // MARK: Commands

        @Test func `stat and check show checkpoints beside a daemon, and a restart goes on from one`() async throws {
            let follower = try Self.follower()
            let connection = try follower.connect()
            for command in ["stat", "check"] {
                let nothing = try await follower.leftfold("state", command)
                #expect(nothing.status == 4 && nothing.errors.contains("leftfold run"), "\(nothing)")
            }
            let daemon = try await follower.startDaemon()
            try Self.touchAll(connection)
            try await follower.catchUp(daemon, connection)
            let report = try await follower.waitForCheckpoint()
            let newest = try #require(report.checkpoints.first)
            #expect(newest.entries > 2000 && newest.bytes > 10_000 && report.bytes >= newest.bytes, "\(report)")
            #expect(newest.lsn != "0/0" && newest.obstacle == nil && report.unusable.isEmpty, "\(report)")
            #expect(report.restart == newest.replay)
            let text = try await follower.leftfold("state", "stat")
            #expect(text.status == 0 && text.output.contains("a restart folds"), "\(text)")
            #expect(text.output.contains(newest.lsn) && text.output.contains("free on the device"), "\(text)")
            let check = try await follower.leftfold("state", "check")
            #expect(check.status == 0 && check.output.contains("sound"), "\(check)")
            try await Self.expectStatus(follower, daemon, newest)
            let busy = try await follower.leftfold("state", "drop", "--yes")
            #expect(busy.status == 2 && busy.errors.contains("stop it first"), "\(busy)")
            daemon.kill()
            _ = try await daemon.end()
            try await Self.expectRight(follower, saying: ["the views go on from a checkpoint"])
            connection.close()
            try follower.destroy()
        }

        @Test func `drop removes the state alone, and the next daemon folds the log`() async throws {
            let follower = try await Self.filled()
            let files = StateFolderFiles(follower)
            #expect(!files.runs.isEmpty && !files.checkpoints.isEmpty)
            try Data("{}".utf8).write(to: URL(fileURLWithPath: follower.dataFolder + "/state/mine.json"))
            let asked = try await follower.leftfold("state", "drop")
            #expect(asked.status == 2 && asked.errors.contains("leftfold state drop --yes"), "\(asked)")
            #expect(asked.errors.contains(" kB of state") && !files.runs.isEmpty, "\(asked)")
            let holder = try StateFolder.open(files.path, logID: "x", semantics: 0)
            let held = try await follower.leftfold("state", "drop", "--yes")
            #expect(held.status == 4 && held.errors.contains("in use by process \(getpid())"), "\(held)")
            let second = try await follower.leftfold("run")
            #expect(second.status == 4 && second.errors.contains("in use by process \(getpid())"), "\(second)")
            _ = consume holder
            let rest = try await follower.leftfold("status")
            #expect(rest.status == 0 && rest.output.contains("checkpoint at offset "), "\(rest)")
            let before = try FolderHash.of(follower.dataFolder).filter { !$0.key.hasPrefix("state/runs/") }
            let dropped = try await follower.leftfold("state", "drop", "--yes")
            #expect(dropped.status == 0 && dropped.output.contains("removed 2 checkpoints and "), "\(dropped)")
            #expect(files.runs.isEmpty && files.checkpoints.isEmpty)
            #expect(try FolderHash.of(follower.dataFolder).filter { !$0.key.hasPrefix("state/runs/") } == before)
            let again = try await follower.leftfold("state", "drop", "--yes", "--json")
            #expect(again.status == 0 && again.output.contains("\"runs\" : 0"), "\(again)")
            let report = try #require(try await follower.stateReport())
            #expect(report.checkpoints.isEmpty && report.restart.records == report.logNextOffset, "\(report)")
            try await Self.expectRight(follower)
            try follower.destroy()
        }

        @Test func `a changed folder keeps no view waiting, and daemons that build it may be killed`() async throws {
            let seed = UInt64.random(in: 0..<1000)
            var generator = SeededGenerator(seed: seed)
            let follower = try await Self.filled()
            try follower.removeView("dear")
            var views = [TestView("regions", Self.views[0].select), Self.views[0]]
            for view in views { try follower.write(view) }
            let start = ["the views go on from a checkpoint", "the views that ran last go on"]
            try await Self.expectRight(follower, views, saying: start)
            views[1] = TestView("revenue", "SELECT customer, sum(total) AS total FROM orders GROUP BY customer")
            views.append(Self.views[1])
            for view in views { try follower.write(view) }
            for _ in 0..<6 {
                let daemon = try follower.start(["run"])
                try await Task.sleep(for: .milliseconds(Int.random(in: 50...400, using: &generator)))
                daemon.kill()
                _ = try await daemon.end()
            }
            // The one before may have died between the cut and its first checkpoint.
            try await Self.expectRight(follower, views)
            try await Self.expectRight(follower, views, saying: ["the views go on from a checkpoint"])
            try follower.destroy()
        }

        // MARK: Damage

        @Test func `flipped bits are found by check, and a daemon that meets them folds the log`() async throws {
            let follower = try await Self.filled()
            try StateFolderFiles(follower).flipBits()
            try await Self.fails(follower, "state", "check", words: ".run", "byte")
            let json = try await follower.leftfold("state", "check", "--json")
            #expect(json.status == 1 && json.output.contains("\"is_sound\" : false"), "\(json)")
            try await Self.expectRight(follower, saying: ["the views are folded"])
            try follower.destroy()
        }

        @Test(arguments: ["missing", "truncated", "empty", "newer", "damaged manifest", "long manifest"])
        func `a daemon says what is wrong with its checkpoints and folds the log`(damage: String) async throws {
            let follower = try await Self.filled()
            let files = StateFolderFiles(follower)
            switch damage {
            case "missing": for run in files.runs { try FileManager.default.removeItem(at: files.place(run)) }
            case "truncated": for run in files.runs { try files.change(run) { $0.removeLast($0.count / 2) } }
            case "empty": for run in files.runs { try files.change(run) { $0.removeAll() } }
            case "newer": try files.makeNewer()
            case "damaged manifest": for name in files.checkpoints { try files.change(name) { $0[40] ^= 1 } }
            default: for name in files.checkpoints { try files.change(name) { $0.append(10) } }
            }
            let report = try #require(try await follower.stateReport())
            #expect(report.checkpoints.isEmpty && report.unusable.count == 2, "\(report)")
            #expect(report.unusable.allSatisfy { $0.path != nil && $0.hint?.contains("leftfold state") == true })
            try await Self.fails(follower, "state", "check", words: files.path)
            try await Self.expectRight(follower, saying: ["a checkpoint is not used: "])
            try follower.destroy()
        }

        @Test func `a damaged newest checkpoint leaves the elder one`() async throws {
            let follower = try await Self.filled()
            let files = StateFolderFiles(follower)
            try files.change(try #require(files.checkpoints.last)) { $0[40] ^= 1 }
            let report = try #require(try await follower.stateReport())
            #expect(report.checkpoints.count == 1 && report.unusable.count == 1, "\(report)")
            try await Self.expectRight(
                follower,
                saying: ["a checkpoint is not used: ", "the views go on from a checkpoint"]
            )
            try follower.destroy()
        }

        @Test func `without a daemon the status says why no checkpoint can be used`() async throws {
            let follower = try await Self.filled()
            try StateFolderFiles(follower).makeNewer()
            let text = try await follower.leftfold("status")
            for word in ["no checkpoint; a restart folds ", "newer version of leftfold", "it has format 2", "hint: "] {
                #expect(text.output.contains(word), "no \(word) in \(text)")
            }
            try follower.destroy()
        }

        @Test func `the state of another log is not used`() async throws {
            let (one, other) = (try await Self.filled(), try await Self.filled())
            let (from, to) = (StateFolderFiles(one).path, StateFolderFiles(other).path)
            try FileManager.default.removeItem(atPath: to)
            try FileManager.default.copyItem(atPath: from, toPath: to)
            try await Self.fails(other, "state", "check", words: "another log")
            try await Self.expectRight(other, saying: ["another log"])
            try one.destroy()
            try other.destroy()
        }
    }
}
