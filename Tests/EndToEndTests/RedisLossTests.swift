import PostgresClient
import Relational
import TestSupport
import Testing
import ViewMaintenance

@testable import LeftfoldCLI

extension ProgramTests {
    /// A Redis server that removes what views keep in it, again and again.
    @Suite struct RedisLossTests {
        private static let select = "SELECT id, qty FROM orders"

        private static func follower(_ redis: ThrowawayRedis) throws -> Follower {
            let cache = "CREATE MATERIALIZED VIEW item USING cache WITH (store = 'cache', key = 'id') AS \(select)"
            let follower = try Follower(
                ddl: [
                    "CREATE TABLE orders (id int PRIMARY KEY, qty int NOT NULL)", "INSERT INTO orders VALUES (1, 10)",
                ],
                tables: ["orders"],
                views: [TestView("order_count", "SELECT count(*) AS n FROM orders"), TestView("item", cache)]
            )
            try follower.configure(
                tables: ["orders"],
                adding: "stores: { cache: { redis: \"unix://\(redis.socket)\", prefix: shop } }"
            )
            return follower
        }

        private static func item(_ redis: ThrowawayRedis, _ id: Int) throws -> String {
            try redis.cli(["GET", "shop:item:\(id)"])
        }

        private static func eventually(_ daemon: Daemon, _ isSo: (Status) throws -> Bool) async throws -> Bool {
            for _ in 0..<3000 {
                if try isSo(await daemon.status()) { return true }
                try await Task.sleep(for: .milliseconds(10))
            }
            return false
        }

        @Test func `its views are built again at once for the first time, then after pauses that status tells`()
            async throws
        {
            let redis = try ThrowawayRedis()
            let follower = try Self.follower(redis)
            var limits = StoreLimits()
            (limits.lossDelayMin, limits.lossDelayMax) = (.seconds(3600), .seconds(3600))
            try await follower.run(storeLimits: limits) { daemon async throws in
                let connection = try follower.connect()
                try redis.cli(["FLUSHALL"])
                try connection.query("INSERT INTO orders VALUES (2, 20)")
                #expect(
                    try await Self.eventually(daemon) { status in
                        try status.views.allSatisfy { $0.state == .live } && Self.item(redis, 1).contains("10")
                    }
                )
                #expect(await daemon.status().stores["cache"]?.warning == nil)
                try redis.cli(["FLUSHALL"])
                try connection.query("INSERT INTO orders VALUES (3, 30)")
                #expect(
                    try await Self.eventually(daemon) { $0.stores["cache"]?.warning != nil }
                )
                let store = try #require(await daemon.status().stores["cache"])
                for words in ["has lost committed rows 2 times", "built again in 3", "leftfold doctor"] {
                    #expect(store.warning?.contains(words) == true, "no \(words) in \(store)")
                }
                // Nobody else waits, and nothing is built meanwhile.
                for id in 4..<30 {
                    try connection.query("INSERT INTO orders VALUES (\(id), 1)")
                    let lsn = try #require(
                        try connection.value("SELECT pg_current_wal_insert_lsn()").flatMap { LSN(parsing: $0) }
                    )
                    #expect(
                        await daemon.wait(for: lsn, view: "order_count", timeout: .seconds(60)) == .reached
                    )
                }
                let view = try #require(await daemon.status().views.first { $0.name == "item" })
                #expect(view.state == .error && view.error?.message.contains("built again in 3") == true, "\(view)")
                #expect(try Self.item(redis, 1) == "\n")
                // Whoever asks for it gets it.
                #expect(try await daemon.rebuild(["item"]).rebuilt == ["item"])
                #expect(
                    try await Self.eventually(daemon) { $0.views.allSatisfy { $0.state == .live } }
                )
                #expect(try Self.item(redis, 29).contains("29"))
                connection.close()
            }
            try follower.destroy()
        }
    }
}
