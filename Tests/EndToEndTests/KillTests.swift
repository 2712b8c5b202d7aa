import Foundation
import PostgresClient
import Relational
import TestSupport
import Testing
import ViewMaintenance

@testable import LeftfoldCLI

extension ProgramTests {
    /// Invariant 4: kill -9 at any moment loses nothing and repeats nothing, in log, state and stores.
    @Suite struct KillTests {
        static let killStatus: Int32 = 128 + SIGKILL

        @Test func `killed while it streams, it goes on where it was`() async throws {
            let seed: UInt64 = 1
            var generator = SeededGenerator(seed: seed)
            let follower = try Follower(ddl: Ledger.ddl, tables: Ledger.tables, views: Ledger.views)
            let connection = try follower.connect()
            let first = try await follower.startDaemon()
            first.terminate()
            #expect(try await first.end().status == 0)
            let writer = Writer(follower, seed: seed) { Ledger.transaction($0, using: &$1) }
            for kill in 0..<40 {
                let place = "seed \(seed), kill \(kill)"
                let daemon = try follower.start(["run"])
                // One in four dies while it starts.
                if kill % 4 != 3 {
                    try await follower.waitUntilStreaming(daemon)
                    try await Self.compare(follower, daemon, writer, connection, place)
                }
                try await Task.sleep(for: .milliseconds(Int.random(in: 0...300, using: &generator)))
                daemon.kill()
                #expect(try await daemon.end().status == Self.killStatus, "\(place): it ended by itself")
                if kill % 5 == 0 { try await Self.expectSound(follower, connection, place) }
            }
            let last = try await follower.startDaemon()
            try await Self.compare(follower, last, writer, connection, "seed \(seed), at the end")
            try await writer.stop()
            #expect(writer.commitCount > 100)
            try await Self.expectEveryEventOnce(follower, commits: writer.commitCount)
            last.terminate()
            #expect(try await last.end().status == 0)
            try await Self.expectSound(follower, connection, "seed \(seed), at the end")
            connection.close()
            try follower.destroy()
        }

        @Test func `killed during the first snapshot, it begins again and misses nothing`() async throws {
            let seed: UInt64 = 2
            var generator = SeededGenerator(seed: seed)
            let wide = (0..<8).map { "wide\($0)" }
            let ddl = wide.flatMap {
                [
                    "CREATE TABLE \($0) (id int PRIMARY KEY, grp int, filler text)",
                    "INSERT INTO \($0) SELECT n, n % 7, repeat(md5(n::text), 8) FROM generate_series(1, 20000) n",
                ]
            }
            let sums = wide.prefix(2).map {
                TestView($0 + "_sum", "SELECT grp, count(*) AS n, sum(id) AS s FROM \($0) GROUP BY grp")
            }
            let views = Ledger.views + sums
            let follower = try Follower(ddl: Ledger.ddl + ddl, tables: Ledger.tables + wide, views: views)
            let connection = try follower.connect()
            let writer = Writer(follower, seed: seed) { Ledger.transaction($0, using: &$1) }
            var hits = 0
            for kill in 0..<40 where hits < 12 {
                let daemon = try follower.start(["run"])
                let status = try await follower.wait(for: "reading", daemon) {
                    $0.source.state == "snapshotting" || $0.source.state == "streaming"
                }
                // The log is complete already: the snapshot was too fast this time.
                guard status.source.state == "snapshotting" else {
                    Issue.record("seed \(seed), kill \(kill): the first snapshot ended before it was killed")
                    daemon.kill()
                    _ = try await daemon.end()
                    break
                }
                try await Task.sleep(for: .milliseconds(Int.random(in: 0...80, using: &generator)))
                let isReading = try await Self.isSnapshotting(follower)
                daemon.kill()
                #expect(try await daemon.end().status == Self.killStatus)
                if isReading { hits += 1 }
            }
            #expect(hits >= 10, "only \(hits) kills met the snapshot")
            let daemon = try await follower.startDaemon()
            let said = daemon.output + daemon.errors
            #expect(said.contains("the first snapshot was cut short"), "\(said)")
            try await Self.compare(
                follower,
                daemon,
                writer,
                connection,
                views: views,
                "seed \(seed), after \(hits) kills"
            )
            try await writer.stop()
            daemon.terminate()
            #expect(try await daemon.end().status == 0)
            try await Self.expectSound(follower, connection, "seed \(seed), after the snapshot")
            connection.close()
            try follower.destroy()
        }

        @Test func `killed while it rebuilds, readers keep whole views and nothing is lost`() async throws {
            let seed: UInt64 = 3
            var generator = SeededGenerator(seed: seed)
            let load = "INSERT INTO transfers SELECT n % 40 + 1, n, 'bulk' FROM generate_series(1, 20000) n"
            let follower = try Follower(ddl: Ledger.ddl + [load], tables: Ledger.tables, views: Ledger.views)
            let connection = try follower.connect()
            let loader = try await follower.startDaemon()
            try await follower.catchUp(loader, connection)
            loader.terminate()
            #expect(try await loader.end().status == 0)
            // How long a rebuild and a start take here: the kills are spread over that time.
            let began = ContinuousClock.now
            #expect(try await follower.leftfold("rebuild").status == 0)
            let duration = ContinuousClock.now - began
            let rows = try await Self.rows(follower)
            var hits = 0
            for kill in 0..<24 where hits < 12 {
                let process = try follower.start([kill % 3 == 2 ? "run" : "rebuild"])
                try await Task.sleep(for: duration * Double.random(in: 0.2...0.95, using: &generator))
                process.kill()
                if try await process.end().status == Self.killStatus { hits += 1 }
                #expect(try await Self.rows(follower) == rows, "seed \(seed), kill \(kill)")
            }
            #expect(hits >= 10, "only \(hits) kills met the rebuild")
            // And with a daemon, which goes on to serve while it rebuilds.
            let writer = Writer(follower, seed: seed) { Ledger.transaction($0, using: &$1) }
            for kill in 0..<4 {
                let daemon = try await follower.startDaemon()
                let rebuild = try follower.start(["rebuild"])
                try await Task.sleep(for: duration * Double.random(in: 0.1...0.9, using: &generator))
                daemon.kill()
                _ = try await daemon.end()
                #expect(try await rebuild.end().status != 2, "seed \(seed), kill \(kill) under a daemon")
            }
            let daemon = try await follower.startDaemon()
            try await Self.compare(follower, daemon, writer, connection, "seed \(seed), at the end")
            try await writer.stop()
            daemon.terminate()
            #expect(try await daemon.end().status == 0)
            try await Self.expectSound(follower, connection, "seed \(seed), after rebuilds")
            connection.close()
            try follower.destroy()
        }

        // MARK: What must hold

        /// Pauses the writer and compares every view with the server.
        private static func compare(
            _ follower: Follower,
            _ daemon: LeftfoldProcess,
            _ writer: Writer,
            _ connection: PostgresConnection,
            views: [TestView] = Ledger.views,
            _ place: String
        ) async throws {
            try await writer.pause()
            try await follower.catchUp(daemon, connection)
            try await follower.expectEqual(views, connection, place)
            writer.resume()
        }

        /// With no daemon: the slot is there, never confirmed above what the log holds, and the log checks.
        private static func expectSound(
            _ follower: Follower,
            _ connection: PostgresConnection,
            _ place: String
        ) async throws {
            let slot = try connection.query(
                "SELECT wal_status, confirmed_flush_lsn FROM pg_replication_slots WHERE slot_name = '\(follower.slot)'"
            )
            try #require(slot.rowCount == 1, "\(place): the slot is gone")
            #expect(slot[0, 0] == "reserved", "\(place)")
            let confirmed = try #require(slot[0, 1].flatMap { LSN(parsing: $0) })
            let check = try await follower.leftfold("log", "check")
            #expect(check.status == 0 && check.output.contains("sound"), "\(place): \(check)")
            let text = try await follower.leftfold("status", "--json")
            #expect(text.status == 0, "\(place): \(text)")
            let status = try Self.decodeStatus(text.output)
            let durable = try #require(LSN(parsing: status.log.durableLsn))
            #expect(confirmed <= durable, "\(place): the slot is confirmed at \(confirmed), the log ends at \(durable)")
        }

        static func decodeStatus(_ text: String) throws -> Status {
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            return try decoder.decode(Status.self, from: Data(text.utf8))
        }

        /// In the log every committed event is there once, and no two records have the same place.
        private static func expectEveryEventOnce(_ follower: Follower, commits: Int) async throws {
            struct Envelope: Decodable {
                struct Source: Decodable { var table: String }
                struct Row: Decodable { var seq: Int? }
                var after: Row?
                var source: Source
                var op: String
                var offset: Int64
                var commit_end_lsn: String
                var ordinal: Int
            }
            let tail = try await follower.leftfold("log", "tail", "--json", "--from", "0", "--limit", "10000000")
            #expect(tail.status == 0, "\(tail.errors)")
            var places = Set<String>()
            var events: [Int] = []
            var last: Int64 = -1
            for line in tail.output.split(separator: "\n") {
                let envelope = try JSONDecoder().decode(Envelope.self, from: Data(line.utf8))
                #expect(envelope.offset > last)
                last = envelope.offset
                if envelope.op != "r" {
                    let place = "\(envelope.commit_end_lsn)/\(envelope.ordinal)"
                    #expect(places.insert(place).inserted, "the change at \(place) is twice in the log")
                }
                if envelope.source.table == "events", let seq = envelope.after?.seq { events.append(seq) }
            }
            #expect(events.count == commits)
            #expect(Set(events).count == events.count, "an event is twice in the log")
            #expect(events == events.sorted())
        }

        /// Every view as `query` prints it.
        private static func rows(_ follower: Follower) async throws -> [String] {
            var texts: [String] = []
            for view in Ledger.views {
                let result = try await follower.leftfold("query", view.name, "--json", "--limit", "0")
                #expect(result.status == 0, "\(result.errors)")
                texts.append(result.output.split(separator: "\n").sorted().joined(separator: "\n"))
            }
            return texts
        }

        private static func isSnapshotting(_ follower: Follower) async throws -> Bool {
            let client = try follower.installation.controlClient
            let status = try await OwnThread.run("e2e-status") { try? client.call("GET", "/status", as: Status.self) }
            return status?.source.state == "snapshotting"
        }
    }
}
