import Foundation
import LocalPostgres
import PostgresClient
import TestSupport
import Testing

@testable import LeftfoldCLI

extension ProgramTests {
    /// Views in Postgres beside views in SQLite, kept by the real program.
    @Suite struct PostgresViewTests {
        private static let stores = """
            stores:
              pg: { postgres: "URL", schema: folded }
            """

        /// The ledger's views, each once in SQLite and once in Postgres, the latter with an index.
        private static func follower(storeURL: String? = nil) throws -> Follower {
            let follower = try Follower(ddl: Ledger.ddl, tables: Ledger.tables, views: Ledger.views)
            let url = storeURL ?? SharedServer.postgres.url(database: follower.database)
            try follower.configure(tables: Ledger.tables, adding: stores.replacing("URL", with: url))
            for view in Ledger.views {
                let index = view.name == "account_list" ? ", index = 'region; balance DESC, id'" : ""
                let name = "pg_\(view.name)"
                let sql = "CREATE MATERIALIZED VIEW \(name) WITH (store = 'pg'\(index)) AS \(view.select)"
                try follower.write(TestView(name, sql))
            }
            return follower
        }

        private static func expectVerified(_ follower: Follower, _ place: String) async throws {
            let verified = try await follower.leftfold("verify", "--json")
            #expect(verified.status == 0, "\(place): \(verified.output)\(verified.errors)")
        }

        @Test func `views in both stores are the server's answer, through kill -9 while a writer writes`() async throws
        {
            let seed: UInt64 = 11
            var generator = SeededGenerator(seed: seed)
            let follower = try Self.follower()
            let connection = try follower.connect()
            let writer = Writer(follower, seed: seed) { Ledger.transaction($0, using: &$1) }
            for kill in 0..<12 {
                let daemon = try follower.start(["run"])
                // One in four dies while it starts.
                if kill % 4 != 3 { try await follower.waitUntilStreaming(daemon) }
                try await Task.sleep(for: .milliseconds(Int.random(in: 0...300, using: &generator)))
                daemon.kill()
                #expect(try await daemon.end().status == 128 + SIGKILL, "kill \(kill): \(daemon.errors)")
            }
            let last = try await follower.startDaemon()
            try await Self.expectVerified(follower, "seed \(seed), after kills, under writes")
            try await writer.stop()
            #expect(writer.commitCount > 50)
            try await follower.catchUp(last, connection)
            try await Self.expectVerified(follower, "seed \(seed), at the end")
            try await Self.expectEqualStores(follower, connection)
            let joined = try connection.value(
                "SELECT count(*) FROM folded.pg_account_list AS v JOIN accounts AS a USING (id, region, balance)"
            )
            #expect(try joined == connection.value("SELECT count(*) FROM accounts"))
            #expect(
                try connection.value(
                    "SELECT count(*) FROM pg_indexes WHERE schemaname = 'folded' AND tablename LIKE '%pg_account_list'"
                ) == "3"
            )
            last.terminate()
            #expect(try await last.end().status == 0)
            let status = try await follower.leftfold("status", "--json")
            #expect(status.output.contains("\"pg_by_region\""), "\(status)")
            try await Self.expectDestroyed(follower, connection)
            connection.close()
            try follower.destroy()
        }

        /// `query` gives the same rows for a view in both stores.
        private static func expectEqualStores(_ follower: Follower, _ connection: PostgresConnection) async throws {
            for name in ["by_region", "event_count"] {
                var texts: [[String]] = []
                for view in [name, "pg_\(name)"] {
                    let result = try await follower.leftfold("query", view, "--json", "--limit", "0")
                    #expect(result.status == 0, "\(result.errors)")
                    texts.append(result.output.split(separator: "\n").map(String.init).sorted())
                }
                #expect(texts[0] == texts[1] && !texts[0].isEmpty)
            }
            let answer = try await follower.leftfold("query", "--store", "pg", "SELECT n FROM pg_event_count;")
            #expect(answer.output == "n\n\(try connection.value("SELECT count(*) FROM events") ?? "")\n")
            let write = try await follower.leftfold("query", "--store", "pg", "DELETE FROM pg_event_count")
            #expect(write.status == 4, "\(write)")
        }

        private static func expectDestroyed(_ follower: Follower, _ connection: PostgresConnection) async throws {
            let destroyed = try await follower.leftfold("destroy", "--yes", "--delete-data")
            #expect(destroyed.status == 0, "\(destroyed)")
            #expect(destroyed.output.contains("DROP SCHEMA \"folded\""))
            #expect(try connection.value("SELECT to_regnamespace('folded')") == nil)
            #expect(try connection.value("SELECT count(*) FROM accounts") != nil)
        }

        @Test
        func `a store that cannot be reached is named, with exit code 3 where nobody waits for it, and by doctor`()
            async throws
        {
            let follower = try Self.follower(storeURL: "postgresql://u:hunter2@127.0.0.1:1/x")
            let daemon = try await follower.startDaemon()
            let status = try await follower.leftfold("status")
            #expect(status.status == 1 && status.output.contains("pg_isready"), "\(status)")
            daemon.terminate()
            #expect(try await daemon.end().status == 0)
            #expect(!daemon.errors.contains("hunter2") && !status.output.contains("hunter2"))
            for arguments in [["apply"], ["run", "--until", "0/1"]] {
                let result = try await follower.start(arguments).end()
                #expect(result.status == 3 && result.errors.contains("store pg: "), "\(arguments): \(result)")
                #expect(result.errors.contains("pg_isready") && !result.errors.contains("hunter2"), "\(result)")
            }
            let doctor = try await follower.leftfold("doctor")
            #expect(doctor.status == 1 && doctor.output.contains("PROBLEM  store pg"), "\(doctor)")
            try follower.destroy()
        }

        @Test func `doctor finds a publication that would feed the store's tables back`() async throws {
            let follower = try Self.follower()
            let connection = try follower.connect()
            try connection.query("CREATE PUBLICATION leftfold FOR ALL TABLES")
            let doctor = try await follower.leftfold("doctor")
            #expect(doctor.status == 1, "\(doctor)")
            #expect(doctor.output.contains("PROBLEM  store pg: publication leftfold is FOR ALL TABLES"), "\(doctor)")
            connection.close()
            try follower.destroy()
        }
    }
}
