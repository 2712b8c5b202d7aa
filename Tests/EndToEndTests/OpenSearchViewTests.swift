import Foundation
import LocalPostgres
import PostgresClient
import TestSupport
import Testing
import ViewMaintenance

@testable import LeftfoldCLI

extension ProgramTests {
    /// Search views in a double of an OpenSearch server, kept by the real program.
    @Suite struct OpenSearchViewTests {
        private static let ddl = [
            "CREATE TABLE products (id int PRIMARY KEY, name text NOT NULL, tag text, tags text[], price numeric(9,2) NOT NULL)",
            "INSERT INTO products SELECT n, 'shoe ' || n, 'b' || n % 3, ARRAY['a', NULL], n FROM generate_series(1, 200) n",
        ]
        /// Name, key and SELECT.
        private static let views = [
            ("product_search", "id", "SELECT id, name, tag, tags, price, price > 100 AS dear FROM products"),
            (
                "tag_search", "tag",
                "SELECT tag, count(*) AS n, sum(price) AS total FROM products GROUP BY tag"
            ),
        ]

        private static func store(_ url: String) -> String {
            "stores:\n  words: { opensearch: \"\(url)\", prefix: \"shop\" }"
        }

        private static func view(_ name: String, _ key: String, _ select: String) -> TestView {
            let options = "WITH (store = 'words', key = '\(key)')"
            return TestView(name, "CREATE MATERIALIZED VIEW \(name) USING search \(options) AS \(select)")
        }

        private static func follower(_ server: SearchDouble) throws -> Follower {
            let follower = try Follower(ddl: ddl, tables: ["products"], views: views.map { view($0.0, $0.1, $0.2) })
            try follower.configure(tables: ["products"], adding: store(server.url))
            return follower
        }

        /// Every document is what Postgres's own row_to_json gives, and there are no others.
        private static func expectDocuments(
            _ server: SearchDouble,
            _ connection: PostgresConnection,
            _ place: String
        ) throws {
            for (name, key, select) in views {
                let answer = try connection.query("SELECT v.\(key)::text, row_to_json(v)::text FROM (\(select)) AS v")
                let wanted = answer.rows.map { ["\($0[0] ?? "")", "\($0[1] ?? "")"] }
                let held = server.documents(of: "shop-\(name)").map { [$0.key, $0.value] }
                #expect(Set(held) == Set(wanted), "\(place): view \(name)")
                #expect(!wanted.isEmpty)
            }
        }

        private static func stop(_ daemon: LeftfoldProcess) async throws {
            daemon.terminate()
            #expect(try await daemon.end().status == 0, "\(daemon.errors)")
        }

        // MARK: The way that a user takes

        @Test func `from init over run and query to verify, repair, rebuild and destroy`() async throws {
            let server = try SearchDouble()
            server.makeIndex("shop-other")
            let follower = try Follower(ddl: Self.ddl, tables: [], views: [])
            for path in [follower.configurationPath, follower.folder + "/views"] {
                try FileManager.default.removeItem(atPath: path)
            }
            let written = try await follower.leftfold("init", "--tables", "public.products")
            #expect(written.status == 0, "\(written)")
            let yaml = try String(contentsOfFile: follower.configurationPath, encoding: .utf8)
            try Data(yaml.replacing("stores:", with: Self.store(server.url)).utf8)
                .write(to: URL(fileURLWithPath: follower.configurationPath))
            for (name, key, select) in Self.views { try follower.write(Self.view(name, key, select)) }
            let environment = ["DATABASE_URL": follower.url, "LEFTFOLD_SOURCE_POSTGRES_SLOT": follower.slot]
            func leftfold(_ words: [String], status: Int32 = 0, says: String = "") async throws {
                let result = try await follower.start(words, environment: environment).end()
                #expect(result.status == status, "\(words): \(result)")
                #expect(says.isEmpty || (result.output + result.errors).contains(says), "\(words): \(result)")
            }
            let connection = try follower.connect()
            let lsn = try #require(try connection.value("SELECT pg_current_wal_insert_lsn()"))
            try await leftfold(["plan"], says: "new        product_search")
            try await leftfold(["run", "--until", lsn])
            try Self.expectDocuments(server, connection, "built")
            try await leftfold(["doctor"], says: "indexes that start with shop-")
            try await leftfold(["status"], says: "words")
            try await leftfold(["query", "tag_search"], says: "b2")
            try await leftfold(["query", "--search", "product_search", "\"shoe 77\""], says: "[shoe 77]")
            try await leftfold(
                ["query", "--search", "product_search", "shoe", "--limit", "3"],
                says: "the first 3 rows"
            )
            try await leftfold(["query", "--store", "words", "SELECT 1"], status: 2, says: "answers no SQL")
            for words in [["--store", "words", "--search", "nobody"], ["--store", "words", "--search", "example"]] {
                try await leftfold(["query", "x"] + words, status: 2, says: "has no search view")
            }
            let document = #"{"id":5,"name":"boot","tag":"b2","tags":["a",null],"price":5.00,"dear":false}"#
            for (method, id, body) in [
                ("PUT", "5", document), ("DELETE", "6", ""),
                ("PUT", "1000", document.replacing("\"id\":5", with: "\"id\":1000")),
                ("PUT", "8", #"{"id":"none"}"#), ("PUT", "9", document),
            ] {
                _ = try server.send(method, "/shop-product_search/_doc/\(id)", body)
                try await leftfold(["verify", "product_search"], status: 1)
                try await leftfold(["verify", "--repair", "product_search"], status: 1, says: "rebuilt product_search")
                try await leftfold(["verify"])
            }
            try Self.expectDocuments(server, connection, "repaired")
            let before = server.names
            try await leftfold(["rebuild", "tag_search"])
            #expect(server.names != before && server.names.count == before.count, "a new index: \(server.names)")
            try Self.expectDocuments(server, connection, "rebuilt")
            connection.close()
            try await leftfold(["destroy", "--yes", "--delete-data"])
            #expect(server.names == ["shop-other"])
            try follower.destroy()
        }

        // MARK: Failures

        @Test func `documents are right through kill -9 and a server that fails, while a writer writes`() async throws {
            let seed: UInt64 = 12
            var generator = SeededGenerator(seed: seed)
            let server = try SearchDouble()
            let follower = try Self.follower(server)
            let connection = try follower.connect()
            let writer = Writer(follower, seed: seed) { _, generator in
                (0..<Int.random(in: 1...4, using: &generator)).map { _ in
                    let id = Int.random(in: 1...300, using: &generator)
                    let tag = "b\(Int.random(in: 0...5, using: &generator))"
                    return switch Int.random(in: 0..<4, using: &generator) {
                    case 0: "DELETE FROM products WHERE id = \(id)"
                    case 1: "UPDATE products SET price = price + 1 WHERE id = \(id)"
                    default:
                        "INSERT INTO products VALUES (\(id), 'été ' || \(id), '\(tag)', ARRAY['ü\n\"'], 1) "
                            + "ON CONFLICT (id) DO UPDATE SET tag = excluded.tag, tags = excluded.tags, price = products.price + 1"
                    }
                }
            }
            let faults: [SearchDouble.Fault] = [.dropBefore, .dropAfter, .status(429), .status(503), .items(1)]
            for kill in 0..<6 {
                let daemon = try follower.start(["run"])
                if kill % 3 != 2 { try await follower.waitUntilStreaming(daemon) }
                for _ in 0..<6 {
                    let fault = faults[Int.random(in: 0..<faults.count, using: &generator)]
                    server.fail(["POST /_bulk", "PUT", "GET"][Int.random(in: 0..<3, using: &generator)], fault)
                    try await Task.sleep(for: .milliseconds(Int.random(in: 0...80, using: &generator)))
                }
                daemon.kill()
                #expect(try await daemon.end().status == 128 + SIGKILL, "kill \(kill): \(daemon.errors)")
                server.removeFaults()
            }
            let last = try await follower.startDaemon()
            let verified = try await follower.leftfold("verify", "--json")
            #expect(verified.status == 0, "seed \(seed), under writes: \(verified.output)\(verified.errors)")
            try await writer.stop()
            #expect(writer.commitCount > 30)
            try await follower.catchUpLive(last, connection)
            try Self.expectDocuments(server, connection, "seed \(seed), at the end")
            try await Self.stop(last)
            connection.close()
            try follower.destroy()
        }

        @Test func `a row that the server refuses stops its view alone, with reason and offset, until it is mended`()
            async throws
        {
            let server = try SearchDouble()
            let follower = try Self.follower(server)
            let connection = try follower.connect()
            let daemon = try await follower.startDaemon()
            try await follower.catchUp(daemon, connection)
            let index = server.names.first { $0.hasPrefix("shop-tag_search -> ") }
            server.refuse(id: "777")
            try connection.query("INSERT INTO products VALUES (777, 'poison', 'b9', NULL, 1)")
            let status = try await follower.wait(for: "stopped", daemon) { status in
                status.views.contains { $0.name == "product_search" && $0.error != nil }
            }
            let error = try #require(status.views.first { $0.name == "product_search" }?.error)
            #expect(error.message.contains("document \"777\" was refused by the server: mapper_parsing_exception"))
            #expect(error.offset ?? 0 > 0 && error.hint?.contains("leftfold rebuild product_search") == true)
            try connection.query("UPDATE products SET price = 2 WHERE id = 777")
            let lsn = try #require(try connection.value("SELECT pg_current_wal_insert_lsn()"))
            let waited = try await follower.leftfold("wait", "--lsn", lsn, "--view", "tag_search", "--timeout", "30s")
            #expect(waited.status == 0, "the other view goes on: \(waited)")
            #expect(server.documents(of: "shop-tag_search")["b9"]?.contains("2.00") == true)
            #expect(server.names.first { $0.hasPrefix("shop-tag_search -> ") } == index, "it was not built again")
            #expect(server.documents(of: "shop-product_search").count == 200, "readers keep what was there")
            let still = try await follower.leftfold("rebuild", "product_search")
            #expect(still.status == 4, "\(still)")
            server.refuseNothing()
            let rebuilt = try await follower.leftfold("rebuild", "product_search")
            #expect(rebuilt.status == 0, "\(rebuilt)")
            try Self.expectDocuments(server, connection, "mended")
            try await Self.stop(daemon)
            connection.close()
            try follower.destroy()
        }

        @Test func `what cannot be is refused with what to do`() async throws {
            let server = try SearchDouble()
            server.makeIndex("shop-product_search")
            let follower = try Self.follower(server)
            try follower.write(
                TestView("plain", "CREATE MATERIALIZED VIEW plain WITH (store = 'words') AS SELECT id FROM products")
            )
            let plan = try await follower.leftfold("plan")
            let said = plan.output + plan.errors
            #expect(plan.status != 0, "\(plan)")
            #expect(said.contains("view plain is no search view, and store words is an OpenSearch server"), "\(said)")
            try follower.removeView("plain")
            let daemon = try await follower.startDaemon()
            let status = try await follower.wait(for: "refused", daemon) { status in
                status.views.contains { $0.name == "product_search" && $0.error != nil }
            }
            let shown = status.views.first { $0.name == "product_search" }?.error
            #expect(shown?.message.contains("an index shop-product_search that Leftfold did not make") == true)
            #expect(status.views.first { $0.name == "tag_search" }?.state == .live)
            #expect(server.documents(of: "shop-product_search").isEmpty)
            _ = try server.send("DELETE", "/shop-product_search", "")
            try await follower.wait(for: "the view to come by itself", daemon) { status in
                status.views.first { $0.name == "product_search" }?.state == .live
            }
            #expect(server.documents(of: "shop-product_search").count == 200)
            try await Self.stop(daemon)
            try follower.configure(
                tables: ["products"],
                adding: Self.store(server.url.replacing("secret", with: "s3cret"))
            )
            for (words, code) in [
                (["run"], Int32(3)), (["doctor"], 1), (["query", "tag_search", "--store", "words"], 3),
            ] {
                let result = try await follower.start(words).end()
                #expect(result.status == code, "\(words): \(result)")
                #expect((result.output + result.errors).contains("does not let this user in"), "\(words): \(result)")
                #expect(!(result.output + result.errors).contains("s3cret"), "\(words): \(result)")
            }
            try follower.destroy()
        }
    }
}
