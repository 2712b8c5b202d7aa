import Foundation
import LocalPostgres
import PostgresClient
import SQLiteDatabase
import TestSupport
import Testing

@testable import LeftfoldCLI

extension ProgramTests {
    /// A product search in SQLite and one in Postgres, kept by the real program while products change.
    @Suite struct SearchViewTests {
        private static let words = [
            "red", "blue", "shoe", "sock", "crème", "running", "light", "heavy", "it''s", "日本", "x1", "wool", "warm",
            "old",
        ]
        private static let ddl = [
            "CREATE TABLE products (id int PRIMARY KEY, name text NOT NULL, description text, price numeric(9,2) NOT NULL)",
            "INSERT INTO products SELECT n, 'shoe ' || n, 'red and light', n FROM generate_series(1, 200) n",
        ]
        private static let views = ["product_search", "pg_search"]

        private static func follower() throws -> Follower {
            let follower = try Follower(ddl: ddl, tables: ["products"], views: [])
            let url = SharedServer.postgres.url(database: follower.database)
            try follower.configure(
                tables: ["products"],
                adding: "stores:\n  pg: { postgres: \"\(url)\", schema: folded }"
            )
            for (name, store) in zip(views, ["main", "pg"]) {
                let options = "WITH (store = '\(store)', columns = 'name 10, description 2')"
                let select = "SELECT id, name, description, price FROM products"
                try follower.write(
                    TestView(name, "CREATE MATERIALIZED VIEW \(name) USING search \(options) AS \(select)")
                )
            }
            return follower
        }

        /// One transaction of inserts, updates and deletes of products.
        private static func transaction(using generator: inout SeededGenerator) -> [String] {
            func text(_ count: Int) -> String {
                (0..<count).compactMap { _ in words.randomElement(using: &generator) }.joined(separator: " ")
            }
            return (0..<Int.random(in: 1...5, using: &generator)).map { _ in
                let id = Int.random(in: 1...300, using: &generator)
                switch Int.random(in: 0..<5, using: &generator) {
                case 0: return "DELETE FROM products WHERE id = \(id)"
                case 1: return "UPDATE products SET price = price + 1 WHERE id = \(id)"
                case 2: return "UPDATE products SET description = NULL WHERE id = \(id)"
                default:
                    let (name, description) = (text(2), text(6))
                    return "INSERT INTO products VALUES (\(id), '\(name)', '\(description)', 1) "
                        + "ON CONFLICT (id) DO UPDATE SET name = '\(name)', description = '\(description)'"
                }
            }
        }

        /// Every search finds what the source's own search finds.
        private static func expectFound(
            _ follower: Follower,
            _ connection: PostgresConnection,
            _ place: String
        ) async throws {
            for (query, condition) in [
                ("red", "v @@ plainto_tsquery('simple', 'red')"),
                ("blue shoe", "v @@ plainto_tsquery('simple', 'blue shoe')"),
                (
                    "\"light heavy\"",
                    "n @@ phraseto_tsquery('simple', 'light heavy') OR d @@ phraseto_tsquery('simple', 'light heavy')"
                ),
                ("ru* wool", "v @@ to_tsquery('simple', 'ru:* & wool')"),
                ("crème", "v @@ plainto_tsquery('simple', 'crème')"),
                ("it's", "v @@ phraseto_tsquery('simple', 'it''s')"), ("x1", "v @@ plainto_tsquery('simple', 'x1')"),
                ("nothing", "false"),
            ] {
                let wanted = try connection.query(
                    """
                    SELECT id FROM products, to_tsvector('simple', name) n, to_tsvector('simple', coalesce(description, '')) d,
                        to_tsvector('simple', name || ' . ' || coalesce(description, '')) v WHERE \(condition) ORDER BY id
                    """
                )
                for view in views {
                    let result = try await follower.leftfold(
                        "query",
                        "--search",
                        view,
                        query,
                        "--json",
                        "--limit",
                        "0"
                    )
                    #expect(result.status == 0, "\(place): \(result)")
                    let found = result.output.split(separator: "\n").compactMap { line in
                        (try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])?["id"] as? Int
                    }
                    // A phrase may reach over the border of two columns in Postgres, which keeps one list of words for a row.
                    if view == "pg_search", query.hasPrefix("\"") { continue }
                    #expect(
                        found.sorted().map { "\($0)" } == wanted.rows.compactMap { $0[0] },
                        "\(place): \(view), \(query)"
                    )
                }
            }
        }

        @Test func `a product search finds what the source would find, through updates, deletes and kill -9`()
            async throws
        {
            let seed: UInt64 = 21
            var generator = SeededGenerator(seed: seed)
            let follower = try Self.follower()
            let connection = try follower.connect()
            let writer = Writer(follower, seed: seed) { Self.transaction(using: &$1) }
            for kill in 0..<6 {
                let daemon = try follower.start(["run"])
                if kill % 3 != 2 { try await follower.waitUntilStreaming(daemon) }
                try await Task.sleep(for: .milliseconds(Int.random(in: 0...300, using: &generator)))
                daemon.kill()
                #expect(try await daemon.end().status == 128 + SIGKILL, "kill \(kill): \(daemon.errors)")
            }
            let last = try await follower.startDaemon()
            let verified = try await follower.leftfold("verify")
            #expect(verified.status == 0, "seed \(seed), under writes: \(verified)")
            try await writer.stop()
            #expect(writer.commitCount > 30)
            try await follower.catchUp(last, connection)
            try await Self.expectFound(follower, connection, "seed \(seed), daemon running")
            let rebuilt = try await follower.leftfold("rebuild")
            #expect(rebuilt.status == 0, "\(rebuilt)")
            try await Self.expectFound(follower, connection, "seed \(seed), rebuilt")
            let again = try await follower.leftfold("verify")
            #expect(again.status == 0, "seed \(seed), at the end: \(again)")
            last.terminate()
            #expect(try await last.end().status == 0)
            try await Self.expectFound(follower, connection, "seed \(seed), without a daemon")
            connection.close()
            try follower.destroy()
        }

        @Test func `query --search prints the best rows first, and says what is wrong with a question`() async throws {
            let follower = try Self.follower()
            let connection = try follower.connect()
            try connection.query(
                "INSERT INTO products VALUES (999, 'wool sock', 'warm', 3), (998, 'warm thing', 'wool', 4)"
            )
            let daemon = try await follower.startDaemon()
            try await follower.catchUp(daemon, connection)
            for view in Self.views {
                let found = try await follower.leftfold("query", "--search", view, "wool")
                #expect(found.status == 0, "\(found)")
                let lines = found.output.split(separator: "\n").map { $0.split(separator: " ").first.map(String.init) }
                #expect(lines == ["id", "999", "998"], "\(found.output)")
                #expect(found.output.contains("[wool]"))
                let cut = try await follower.leftfold("query", "--search", view, "shoe", "--limit", "3")
                #expect(cut.errors.contains("the first 3 rows"), "\(cut)")
                #expect(try await follower.leftfold("query", "--search", view, "\"'(*:\\ wool AND").status == 0)
            }
            let none = try await follower.leftfold("query", "--search", "product_search", "&*")
            #expect(none.status == 2 && none.errors.contains("there is no word in"), "\(none)")
            for (store, view) in [("main", "nobody"), ("pg", "nobody"), ("main", "pg_search")] {
                let missing = try await follower.leftfold("query", "--store", store, "--search", view, "wool")
                #expect(missing.status == 2 && missing.errors.contains("has no search view \"\(view)\""), "\(missing)")
                #expect(missing.errors.contains("USING search"), "\(missing)")
            }
            connection.close()
            daemon.terminate()
            #expect(try await daemon.end().status == 0)
            try follower.destroy()
        }

        @Test func `a language that the store does not have is a mistake that plan names`() async throws {
            let follower = try Self.follower()
            func write(_ name: String, _ store: String, _ language: String) throws {
                let options = "WITH (store = '\(store)', language = '\(language)')"
                let select = "SELECT id, name FROM products"
                try follower.write(
                    TestView(name, "CREATE MATERIALIZED VIEW \(name) USING search \(options) AS \(select)")
                )
            }
            try write("in_file", "main", "klingon")
            try write("in_server", "pg", "klingon")
            let planned = try await follower.leftfold("plan")
            #expect(planned.status == 2, "\(planned)")
            for words in [
                "error      in_file\n  view \"in_file\": SQLite cannot search in the language \"klingon\"",
                "error      in_server  in pg\n  view \"in_server\": the server has no text search configuration \"klingon\"",
            ] {
                #expect(planned.output.contains(words), "no \(words) in \(planned.output)")
            }
            try write("in_file", "main", "english")
            try write("in_server", "pg", "german")
            let right = try await follower.leftfold("plan")
            #expect(right.status == 0, "\(right)")
            try follower.destroy()
        }

        @Test func `verify notices a wrong, a missing and an extra row and a wrong index, in both stores`() async throws
        {
            let follower = try Self.follower()
            let connection = try follower.connect()
            let daemon = try await follower.startDaemon()
            try await follower.catchUp(daemon, connection)
            let damage = [
                "UPDATE {} SET price = '7.77' WHERE id = 5", "DELETE FROM {} WHERE id = 6",
                "INSERT INTO {} (id, name, description, price) VALUES (1000, 'a', 'b', '1.00')",
            ]
            for (number, sql) in damage.enumerated() {
                // Each rebuild makes another table.
                let table = try #require(
                    try connection.value("SELECT \"table\" FROM folded._leftfold_progress WHERE \"view\" = 'pg_search'")
                )
                try connection.query(sql.replacing("{}", with: "folded.\"\(table)\""))
                try SQLiteConnection(path: follower.storePath, mode: .readWrite, busyTimeout: .seconds(5))
                    .execute(sql.replacing("{}", with: "product_search"))
                let found = try await follower.leftfold("verify")
                #expect(found.status == 1, "\(found)")
                for view in Self.views { #expect(found.output.contains("\(view): 1 row differs"), "\(found)") }
                // The price is in no index.
                #expect(found.output.contains("the search index does not agree") == (number > 0), "\(found)")
                try await Self.rebuild(follower)
            }
            try SQLiteConnection(path: follower.storePath, mode: .readWrite, busyTimeout: .seconds(5)).execute(
                "INSERT INTO product_search_fts (product_search_fts, rowid, name, description) "
                    + "VALUES ('delete', 5, 'shoe 5', 'red and light')"
            )
            let found = try await follower.leftfold("verify", "--repair")
            #expect(found.status == 1, "\(found)")
            #expect(found.output.contains("product_search: the search index does not agree"), "\(found)")
            #expect(found.output.contains("product_search: 200 rows equal"), "\(found)")
            #expect(try await follower.leftfold("verify").status == 0, "it was repaired")
            connection.close()
            daemon.terminate()
            #expect(try await daemon.end().status == 0)
            try follower.destroy()
        }

        private static func rebuild(_ follower: Follower) async throws {
            let rebuilt = try await follower.leftfold("rebuild")
            #expect(rebuilt.status == 0, "\(rebuilt)")
            let verified = try await follower.leftfold("verify")
            #expect(verified.status == 0, "\(verified)")
        }
    }
}
