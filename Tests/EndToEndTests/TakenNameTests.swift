import Foundation
import LocalPostgres
import PostgresClient
import SQLiteDatabase
import SQLiteStore
import TestSupport
import Testing
import ViewMaintenance

@testable import LeftfoldCLI

extension ProgramTests {
    /// Something of a view's name in each kind of store that Leftfold did not make.
    @Suite struct TakenNameTests {
        private static let select = "SELECT id, qty FROM orders"
        private static let taken = ["in_cache", "in_file", "in_schema"]

        private static func follower(_ redis: ThrowawayRedis) throws -> Follower {
            let table = "CREATE TABLE orders (id int PRIMARY KEY, qty int NOT NULL)"
            let count = TestView("order_count", "SELECT count(*) AS n FROM orders")
            let follower = try Follower(
                ddl: [
                    table, "INSERT INTO orders VALUES (1, 10), (2, 20)", "CREATE SCHEMA folded",
                    "CREATE TABLE folded.in_schema (mine int)",
                ],
                tables: ["orders"],
                views: [count]
            )
            let url = SharedServer.postgres.url(database: follower.database)
            try follower.configure(
                tables: ["orders"],
                adding: """
                    stores:
                      pg: { postgres: "\(url)", schema: folded }
                      cache: { redis: "unix://\(redis.socket)", prefix: shop }
                    """
            )
            try follower.write(TestView("in_file", select))
            for (name, head) in [
                ("in_schema", "WITH (store = 'pg')"), ("in_cache", "USING cache WITH (store = 'cache', key = 'id')"),
            ] {
                try follower.write(TestView(name, "CREATE MATERIALIZED VIEW \(name) \(head) AS \(select)"))
            }
            try redis.cli(["SET", "shop:in_cache:1", "mine"])
            try FileManager.default.createDirectory(atPath: follower.dataFolder, withIntermediateDirectories: true)
            _ = try SQLiteStore(path: follower.storePath)
            try file(follower, "CREATE TABLE in_file (mine)")
            return follower
        }

        private static func file(_ follower: Follower, _ sql: String) throws {
            try SQLiteConnection(path: follower.storePath, mode: .readWrite, busyTimeout: .seconds(5)).execute(sql)
        }

        @Test func `each view is parked alone with the command to rename it, and comes when that was done`()
            async throws
        {
            let redis = try ThrowawayRedis()
            let follower = try Self.follower(redis)
            let connection = try follower.connect()
            let daemon = try await follower.startDaemon()
            try await follower.wait(for: "parked", daemon) { status in
                status.views.filter { $0.state == .parked }.map(\.name).sorted() == Self.taken
            }
            let status = try await follower.leftfold("status")
            #expect(status.status == 1, "\(status)")
            for words in [
                "'ALTER TABLE \"in_file\" RENAME TO", "ALTER TABLE \"folded\".\"in_schema\" RENAME TO",
                "the first is shop:in_cache:1", "leftfold rebuild in_file",
            ] {
                #expect(status.output.contains(words), "no \(words) in \(status.output)")
            }
            try connection.query("INSERT INTO orders VALUES (3, 30)")
            let lsn = try #require(try connection.value("SELECT pg_current_wal_insert_lsn()"))
            func wait(_ view: String) async throws -> Int32 {
                try await follower.leftfold("wait", "--lsn", lsn, "--view", view, "--timeout", "60s").status
            }
            #expect(try await wait("order_count") == 0)
            #expect(try await wait("in_file") == 4)
            #expect(try await follower.leftfold("apply").status == 4)
            // Those that were not named are no failure of this.
            #expect(try await follower.leftfold("rebuild", "order_count").status == 0)
            try Self.file(follower, "ALTER TABLE in_file RENAME TO theirs")
            try connection.query("ALTER TABLE folded.in_schema RENAME TO theirs")
            try redis.cli(["RENAME", "shop:in_cache:1", "theirs"])
            try await follower.wait(for: "live", daemon) { $0.views.allSatisfy { $0.state == .live } }
            let verified = try await follower.leftfold("verify")
            #expect(verified.status == 0, "\(verified)")
            #expect(try redis.cli(["GET", "theirs"]) == "mine\n")
            daemon.terminate()
            #expect(try await daemon.end().status == 0)
            connection.close()
            try follower.destroy()
        }

        @Test func `run --until and apply without a daemon name the views, fail and overwrite nothing`() async throws {
            let redis = try ThrowawayRedis()
            let follower = try Self.follower(redis)
            let connection = try follower.connect()
            let lsn = try #require(try connection.value("SELECT pg_current_wal_insert_lsn()"))
            let bounded = try await follower.leftfold("run", "--until", lsn)
            #expect(bounded.status == 4 && bounded.errors.contains("hint: "), "\(bounded)")
            let applied = try await follower.leftfold("apply")
            #expect(applied.status == 4, "\(applied)")
            for view in Self.taken {
                for said in [bounded.errors, applied.errors] {
                    #expect(said.contains("view \(view): "), "no \(view) in \(said)")
                }
            }
            #expect(try await follower.leftfold("query", "order_count").status == 0)
            #expect(try redis.cli(["GET", "shop:in_cache:1"]) == "mine\n")
            #expect(try connection.query("SELECT mine FROM folded.in_schema").rowCount == 0)
            try Self.file(follower, "INSERT INTO in_file (mine) VALUES (1)")
            connection.close()
            try follower.destroy()
        }
    }
}
