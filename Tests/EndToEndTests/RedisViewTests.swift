import Foundation
import LocalPostgres
import PostgresClient
import TestSupport
import Testing
import ViewMaintenance

@testable import LeftfoldCLI

extension ProgramTests {
    /// Cache views in Redis beside views in SQLite, kept by the real program.
    @Suite struct RedisViewTests {
        /// Documents of the ledger: the name of the view, its key column, and its SELECT.
        private static let caches = [
            ("odd", "id", "SELECT * FROM oddities"),
            ("account", "id", "SELECT id, region, balance, balance > 0 AS solvent FROM accounts"),
            (
                "region", "region",
                "SELECT coalesce(region, '') AS region, count(*) AS n, sum(balance) AS total FROM accounts GROUP BY region"
            ),
            (
                "busy_account", "id",
                "SELECT a.id, count(t.account) AS n, d.day FROM accounts a LEFT JOIN transfers t ON t.account = a.id "
                    + "JOIN days d ON d.id = a.id GROUP BY a.id, d.day"
            ),
        ]

        private static let ddl =
            Ledger.ddl + [
                "CREATE TABLE days (id int PRIMARY KEY, day timestamptz NOT NULL)",
                "INSERT INTO days SELECT n, timestamptz '2024-02-29 12:34:56.5+00' + n * interval '1 day' "
                    + "FROM generate_series(1, \(Ledger.accountCount)) n",
                """
                CREATE TABLE oddities (id text PRIMARY KEY, words text[], numbers numeric[], moments timestamptz[], truths bool[],
                    notes jsonb[], note json, more jsonb, moment timestamp, day date, span interval, bytes bytea,
                    small float4, large float8, exact numeric, spot point, mask bit(3))
                """,
                """
                INSERT INTO oddities VALUES
                    ('a:b%c d', '{NULL,"null","","a b","x,y","q\\"q","{}"}', '{{1.50,NaN},{NULL,-3}}',
                        '{2024-02-29 12:00:00.25+00,infinity,NULL}', '{t,f,NULL}', '{"{\\"a\\": 1}",NULL}',
                        ' { "b" : [1, 1.0] } ', '{"k": "\\u00fc"}', '0044-03-15 00:00:00 BC', 'infinity', '1 day 02:00',
                        '\\xdeadbeef', 'NaN', '-Infinity', 'NaN', '(1,2)', '101'),
                    ('empty', '{}', '{}', '{}', '{}', '{}', '{}', '[]', '-infinity', '2024-02-29', '-1 years', '',
                        1.5, 1e300, 1.500, NULL, NULL),
                    ('bounds', '[0:1]={a,b}', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, -0, 0.1, 0, NULL, NULL)
                """,
            ]
        private static let tables = Ledger.tables + ["days", "oddities"]

        private static func follower(storeURL: String) throws -> Follower {
            let follower = try Follower(ddl: ddl, tables: tables, views: Ledger.views)
            try follower.configure(
                tables: tables,
                adding: "stores:\n  cache: { redis: \"\(storeURL)\", prefix: \"shop\" }"
            )
            for (name, key, select) in caches {
                let sql =
                    "CREATE MATERIALIZED VIEW \(name) USING cache WITH (store = 'cache', key = '\(key)') AS \(select)"
                try follower.write(TestView(name, sql))
            }
            return follower
        }

        /// Every document is what Postgres's own row_to_json gives, and there are no others.
        private static func expectDocuments(
            _ server: ThrowawayRedis,
            _ connection: PostgresConnection,
            _ place: String
        ) throws {
            for (name, key, select) in caches {
                let rows = try connection.query(
                    "SELECT v.\(key)::text, row_to_json(v)::text FROM (\(select)) AS v"
                )
                let wanted = rows.rows.map { "shop:\(name):\($0[0] ?? "") \($0[1] ?? "")" }.sorted()
                let keys = try server.cli(["--scan", "--pattern", "shop:\(name):*"]).split(separator: "\n").sorted()
                var held: [String] = []
                if !keys.isEmpty {
                    let documents = try server.cli(["MGET"] + keys.map(String.init)).split(separator: "\n")
                    held = zip(keys, documents).map { "\($0) \($1)" }
                }
                // An array with bounds of its own is a string here, so that its bounds are not lost.
                let own = wanted.map { name == "odd" ? $0.replacing(#"["a","b"]"#, with: #""[0:1]={a,b}""#) : $0 }
                #expect(held.sorted() == own, "\(place): view \(name)")
                #expect(!wanted.isEmpty)
            }
        }

        @Test func `documents are the server's row_to_json, through kill -9 of both sides while a writer writes`()
            async throws
        {
            let seed: UInt64 = 7
            var generator = SeededGenerator(seed: seed)
            let server = try ThrowawayRedis()
            let follower = try Self.follower(storeURL: "unix://\(server.socket)")
            let connection = try follower.connect()
            try connection.query("SET TIME ZONE 'UTC'")
            let writer = Writer(follower, seed: seed) { Ledger.transaction($0, using: &$1) }
            for kill in 0..<8 {
                let daemon = try follower.start(["run"])
                // One in four dies while it starts.
                if kill % 4 != 3 { try await follower.waitUntilStreaming(daemon) }
                try await Task.sleep(for: .milliseconds(Int.random(in: 0...300, using: &generator)))
                // The store dies now and then too, under the daemon or between two.
                if kill % 2 == 1 { server.kill() }
                daemon.kill()
                #expect(try await daemon.end().status == 128 + SIGKILL, "kill \(kill): \(daemon.errors)")
                if kill % 2 == 1 { try server.start() }
            }
            let last = try await follower.startDaemon()
            let verified = try await follower.leftfold("verify", "--json")
            #expect(verified.status == 0, "seed \(seed), under writes: \(verified.output)\(verified.errors)")
            try await writer.stop()
            #expect(writer.commitCount > 50)
            do {
                try await follower.catchUp(last, connection)
            } catch {
                Issue.record("seed \(seed): \(try await follower.leftfold("status", "--json").output)")
                throw error
            }
            try Self.expectDocuments(server, connection, "seed \(seed), at the end")
            try await Self.expectCommands(follower, server)
            last.terminate()
            #expect(try await last.end().status == 0)
            let status = try await follower.leftfold("status", "--json")
            #expect(status.output.contains("\"busy_account\""), "\(status)")
            try server.cli(["SET", "shop:other", "mine"])
            let destroyed = try await follower.leftfold("destroy", "--yes", "--delete-data")
            #expect(destroyed.status == 0, "\(destroyed)")
            #expect(try server.cli(["KEYS", "*"]) == "shop:other\n")
            connection.close()
            try follower.destroy()
        }

        /// `verify` finds a wrong, a missing and an extra document, and `--repair` mends them; `query` prints rows.
        private static func expectCommands(_ follower: Follower, _ server: ThrowawayRedis) async throws {
            let keys = try server.cli(["--scan", "--pattern", "shop:account:*"]).split(separator: "\n").sorted()
            let (wrong, missing) = (String(keys[0]), String(keys[1]))
            let id = wrong.split(separator: ":").last ?? ""
            for words in [
                ["SET", wrong, #"{"id":\#(id),"region":"nowhere","balance":1.00,"solvent":true}"#],
                ["DEL", missing],
                ["SET", "shop:account:777", #"{"id":777,"region":"r1","balance":1.00,"solvent":true}"#],
                ["SET", "shop:account:778", "no document"],
            ] {
                try server.cli(words)
                let verified = try await follower.leftfold("verify", "account")
                #expect(verified.status == 1, "\(words): \(verified.output)\(verified.errors)")
                let repaired = try await follower.leftfold("verify", "--repair", "account")
                #expect(repaired.status == 1 && repaired.output.contains("rebuilt account"), "\(words): \(repaired)")
                let again = try await follower.leftfold("verify", "account")
                #expect(again.status == 0, "\(words): \(again.output)\(again.errors)")
            }
            let answer = try await follower.leftfold("query", "region", "--json", "--limit", "1")
            #expect(answer.status == 0 && answer.output.hasPrefix("{\"region\":\"r"), "\(answer)")
            let sql = try await follower.leftfold("query", "--store", "cache", "SELECT 1")
            #expect(sql.status == 2 && sql.errors.contains("answers no SQL"), "\(sql)")
        }

        @Test func `a cache elsewhere, a table in Redis and a store that is away are refused with what to do`()
            async throws
        {
            let server = try ThrowawayRedis(["--maxmemory-policy", "allkeys-lru", "--maxmemory", "100mb"])
            let follower = try Self.follower(storeURL: "unix://\(server.socket)")
            try follower.write(
                TestView("account", "CREATE MATERIALIZED VIEW account USING cache AS SELECT id FROM accounts")
            )
            try follower.write(
                TestView("region", "CREATE MATERIALIZED VIEW region WITH (store = 'cache') AS SELECT id FROM accounts")
            )
            let plan = try await follower.leftfold("plan")
            let said = plan.output + plan.errors
            #expect(plan.status != 0, "\(plan)")
            #expect(said.contains("view account is a cache, and store main is an SQLite file"), "\(said)")
            #expect(said.contains("WITH (store = 'cache')"), "\(said)")
            #expect(said.contains("view region is no cache, and store cache is a Redis server"), "\(said)")
            let doctor = try await follower.leftfold("doctor")
            #expect(doctor.output.contains("maxmemory-policy is allkeys-lru"), "\(doctor)")
            server.kill()
            // A daemon waits for it, and the other store's views do not; without one nobody waits.
            let daemon = try await follower.startDaemon()
            try await follower.wait(for: "without its store", daemon) { status in
                let others = status.views.filter { $0.store == "main" && !["account", "region"].contains($0.name) }
                return status.stores["cache"]?.error != nil && others.allSatisfy { $0.state == .live }
            }
            let status = try await follower.leftfold("status")
            #expect(status.status == 1 && status.output.contains("PING"), "\(status)")
            daemon.terminate()
            #expect(try await daemon.end().status == 0)
            let apply = try await follower.leftfold("apply")
            #expect(apply.status == 3 && apply.errors.contains("store cache: "), "\(apply)")
            #expect(apply.errors.contains("PING"), "\(apply)")
            try follower.destroy()
        }
    }
}
