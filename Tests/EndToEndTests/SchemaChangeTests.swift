import PostgresClient
import Testing
import ViewMaintenance

@testable import LeftfoldCLI

extension ProgramTests {
    /// ALTER TABLE while the daemon follows.
    @Suite struct SchemaChangeTests {
        private static let ddl = [
            "CREATE TABLE items (id int PRIMARY KEY, name text, price numeric(8,2), spare int)",
            "INSERT INTO items SELECT n, 'item ' || n, n, n FROM generate_series(1, 20) n",
            "CREATE TABLE other (id int PRIMARY KEY)",
        ]
        private static let names = TestView("names", "SELECT id, name, price FROM items")
        private static let total = TestView("total", "SELECT count(*) AS n, sum(price) AS s FROM items")
        private static let others = TestView("others", "SELECT count(*) AS n FROM other")

        private static func follower() throws -> Follower {
            try Follower(ddl: ddl, tables: ["items", "other"], views: [names, total, others])
        }

        @Test func `columns come and go while views that do not read them stay exact`() async throws {
            let follower = try Self.follower()
            let connection = try follower.connect()
            let daemon = try await follower.startDaemon()
            for (number, sql) in [
                "ALTER TABLE items ADD COLUMN note text", "ALTER TABLE items DROP COLUMN spare",
                "ALTER TABLE items RENAME COLUMN note TO remark",
                "ALTER TABLE items ADD COLUMN rank int NOT NULL DEFAULT 7",
                "ALTER TABLE items ALTER COLUMN rank DROP NOT NULL", "ALTER TABLE items DROP COLUMN rank",
            ].enumerated() {
                try connection.query(sql)
                try connection.query("INSERT INTO items (id, name, price) VALUES (\(100 + number), 'new', 1.5)")
                try connection.query("UPDATE items SET price = price + 1 WHERE id = \(number + 1)")
                try connection.query("DELETE FROM items WHERE id = \(20 - number)")
                try await follower.catchUp(daemon, connection)
                try await follower.expectEqual([Self.names, Self.total, Self.others], connection, "after \(sql)")
            }
            // A new view sees the new shape.
            try connection.query("ALTER TABLE items ADD COLUMN grade int DEFAULT 3")
            try connection.query("INSERT INTO items (id, name, price, grade) VALUES (200, 'graded', 1, 4)")
            try await follower.catchUp(daemon, connection)
            let grades = TestView("grades", "SELECT id, grade, remark FROM items")
            try follower.write(grades)
            let applied = try await follower.leftfold("apply")
            #expect(applied.status == 0, "\(applied)")
            try await follower.expectEqual([Self.names, Self.total, grades], connection, "after apply")
            daemon.terminate()
            #expect(try await daemon.end().status == 0)
            // The same after a replay from the log.
            let again = try await follower.startDaemon()
            try await follower.catchUp(again, connection)
            try await follower.expectEqual([Self.names, Self.total, grades], connection, "after a restart")
            #expect(try await follower.leftfold("rebuild").status == 0)
            try await follower.expectEqual([Self.names, Self.total, grades], connection, "after a rebuild")
            again.terminate()
            #expect(try await again.end().status == 0)
            connection.close()
            try follower.destroy()
        }

        @Test func `a view follows a renamed column, and says at the next start what to write`() async throws {
            let follower = try Self.follower()
            let connection = try follower.connect()
            let daemon = try await follower.startDaemon()
            try connection.query("ALTER TABLE items RENAME COLUMN price TO cost")
            try connection.query("INSERT INTO items (id, name, cost) VALUES (100, 'new', 2.5)")
            try await follower.catchUp(daemon, connection)
            let rows = try await follower.leftfold("query", "SELECT s FROM total", "--json")
            #expect(rows.output == "{\"s\":\"212.50\"}\n", "\(rows)")
            daemon.terminate()
            #expect(try await daemon.end().status == 0)
            let again = try await follower.startDaemon()
            let status = try await follower.wait(for: "applied", again) { $0.views.count == 3 }
            let total = try #require(status.views.first { $0.name == "total" })
            #expect(total.error?.message.contains("total.sql:1:") == true, "\(total)")
            #expect(total.error?.hint != nil, "\(total)")
            #expect(status.views.first { $0.name == "others" }?.state == .live)
            let fixed = TestView("total", "SELECT count(*) AS n, sum(cost) AS s FROM items")
            try follower.write(fixed)
            try follower.removeView("names")
            let applied = try await follower.leftfold("apply", "--yes")
            #expect(applied.status == 0, "\(applied)")
            try await follower.catchUp(again, connection)
            try await follower.expectEqual([fixed, Self.others], connection, "after apply")
            again.terminate()
            #expect(try await again.end().status == 0)
            connection.close()
            try follower.destroy()
        }

        @Test(arguments: [
            "ALTER TABLE items ALTER COLUMN price TYPE float8",
            "ALTER TABLE items DROP COLUMN price",
        ])
        func `a view that an ALTER takes the ground from is parked with a hint, and the others go on`(
            sql: String
        ) async throws {
            let follower = try Self.follower()
            let connection = try follower.connect()
            let daemon = try await follower.startDaemon()
            try connection.query(sql)
            try connection.query("INSERT INTO items (id, name) VALUES (100, 'new')")
            try connection.query("INSERT INTO other VALUES (1)")
            let status = try await follower.wait(for: "parked", daemon) { status in
                status.views.first { $0.name == "total" }?.error != nil
            }
            let total = try #require(status.views.first { $0.name == "total" })
            #expect(total.state == .parked || total.state == .error, "\(total)")
            #expect(
                total.error?.message.contains("items") == true || total.error?.message.contains("price") == true,
                "\(total)"
            )
            #expect(total.error?.hint != nil, "\(total)")
            let lsn = try #require(try connection.value("SELECT pg_current_wal_insert_lsn()"))
            let waited = try await follower.leftfold("wait", "--lsn", lsn, "--view", "others", "--timeout", "20s")
            #expect(waited.status == 0, "\(waited)")
            try await follower.expectEqual([Self.others], connection, "after \(sql)")
            daemon.terminate()
            #expect(try await daemon.end().status == 0)
            connection.close()
            try follower.destroy()
        }
    }
}
