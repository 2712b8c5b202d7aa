import Foundation
import LocalPostgres
import PostgresClient
import SQLiteDatabase
import Testing
import ViewMaintenance

@testable import LeftfoldCLI

extension ProgramTests {
    /// What the commands say of all views while one store is away.
    @Suite struct StoreAwayTests {
        private static let select = "SELECT id, qty FROM orders"

        private static func follower(_ url: String) throws -> Follower {
            let follower = try Follower(
                ddl: [
                    "CREATE TABLE orders (id int PRIMARY KEY, qty int NOT NULL)",
                    "INSERT INTO orders VALUES (1, 10)",
                ],
                tables: ["orders"],
                views: [
                    TestView("order_count", "SELECT count(*) AS n FROM orders"), TestView("moving", select),
                ]
            )
            try follower.configure(
                tables: ["orders"],
                adding: "stores: { pg: { postgres: \"\(url)\", schema: folded } }"
            )
            try follower.write(inServer("pg_orders"))
            return follower
        }

        private static func inServer(_ view: String) -> TestView {
            TestView(view, "CREATE MATERIALIZED VIEW \(view) WITH (store = 'pg') AS \(select)")
        }

        private static func objects(_ result: LeftfoldProcess.Result) throws -> [[String: Any]] {
            try #require(
                try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [[String: Any]]
            )
        }

        @Test
        func
            `verify, plan, status and query go on with the others, name what is away, and exit with 3`()
            async throws
        {
            let server = try ThrowawayPostgres()
            let follower = try Self.follower(server.url(over: .tcp))
            let connection = try follower.connect()
            let daemon = try await follower.startDaemon()
            try await follower.catchUpLive(daemon, connection)
            #expect(try await follower.leftfold("verify").status == 0)
            #expect(try await follower.leftfold("plan").status == 0)
            server.crash()
            try connection.query("INSERT INTO orders VALUES (2, 20)")
            try await follower.wait(for: "without its store", daemon) {
                $0.stores["pg"]?.state == "retrying"
            }
            try await Self.expectVerified(follower)
            try await Self.expectPlanned(follower)
            try await Self.expectMoved(follower)
            daemon.terminate()
            #expect(try await daemon.end().status == 0)
            try await Self.expectAtRest(follower)
            try server.start()
            let last = try await follower.startDaemon()
            try await follower.catchUpLive(last, connection)
            #expect(try await follower.leftfold("verify").status == 0)
            // Nothing is left of the view that has moved.
            #expect(try await follower.leftfold("query", "--store", "main", "moving").status == 2)
            #expect(
                try await follower.leftfold("query", "moving", "--json").output.contains(#""qty":20"#)
            )
            last.terminate()
            #expect(try await last.end().status == 0)
            connection.close()
            try follower.destroy()
            server.close()
        }

        private static func expectVerified(_ follower: Follower) async throws {
            let verified = try await follower.leftfold("verify")
            #expect(verified.status == 3, "\(verified)")
            for words in [
                "order_count: 1 rows equal", "moving: 2 rows equal", "pg_orders: not compared: store pg: ",
            ] {
                #expect(verified.output.contains(words), "no \(words) in \(verified)")
            }
            let reports = try objects(try await follower.leftfold("verify", "--json"))
            #expect(
                reports.map { $0["view"] as? String } == ["moving", "order_count", "pg_orders"],
                "\(reports)"
            )
            let missed = try #require(reports[2]["not_compared"] as? [String: Any], "\(reports)")
            #expect(missed["code"] as? String == "store" && missed["hint"] != nil, "\(missed)")
            #expect(reports[1]["not_compared"] == nil && reports[1]["lsn"] != nil, "\(reports)")
            // One that differs counts more than one that is away.
            try SQLiteConnection(path: follower.storePath, mode: .readWrite, busyTimeout: .seconds(5))
                .execute("UPDATE order_count SET n = 77")
            let differs = try await follower.leftfold("verify")
            #expect(
                differs.status == 1 && differs.output.contains("pg_orders: not compared"),
                "\(differs)"
            )
            let repaired = try await follower.leftfold("verify", "--repair")
            #expect(
                repaired.status == 1 && repaired.output.contains("repaired order_count"),
                "\(repaired)"
            )
            #expect(try await follower.leftfold("verify").status == 3)
            #expect(try await follower.leftfold("verify", "order_count").status == 0)
        }

        private static func expectPlanned(_ follower: Follower) async throws {
            let planned = try await follower.leftfold("plan")
            #expect(planned.status == 3, "\(planned)")
            for words in [
                "unchanged  order_count", "unknown    pg_orders  in pg", "  store pg: ", "  hint: ",
            ] {
                #expect(planned.output.contains(words), "no \(words) in \(planned)")
            }
            let views = try objects(try await follower.leftfold("plan", "--json"))
            #expect(
                views.map { $0["action"] as? String } == ["unchanged", "unchanged", "unknown"],
                "\(views)"
            )
            #expect(views[2]["is_store_away"] as? Bool == true && views[2]["error"] != nil, "\(views)")
            try follower.write(TestView("wrong", "SELECT nothing FROM orders"))
            #expect(try await follower.leftfold("plan").status == 2)
            try follower.removeView("wrong")
            try follower.removeView("pg_orders")
            let dropped = try await follower.leftfold("plan")
            #expect(
                dropped.status == 3 && dropped.output.contains("dropped    pg_orders  in pg\n  store pg"),
                "\(dropped)"
            )
            try follower.write(inServer("pg_orders"))
        }

        /// A view moves into the store that is away.
        private static func expectMoved(_ follower: Follower) async throws {
            try follower.write(inServer("moving"))
            let applied = try await follower.leftfold("apply")
            #expect(applied.status == 4 && applied.errors.contains("store pg: "), "\(applied)")
            let status = try await follower.leftfold("status")
            #expect(
                status.status == 1 && status.output.contains("store main has its rows up to LSN "),
                "\(status)"
            )
            #expect(!status.output.contains("0/0"), "\(status)")
        }

        private static func expectAtRest(_ follower: Follower) async throws {
            let status = try await follower.leftfold("status")
            #expect(status.status == 0, "\(status)")
            let words = ["no daemon is running", "moving: its rows cannot be looked at: store pg: "]
            for word in words + ["store main has its rows up to LSN "] {
                #expect(
                    status.output.components(separatedBy: word).count == 2,
                    "not once \(word) in \(status)"
                )
            }
            #expect(!status.output.contains("0/0") && !status.output.contains("parked"), "\(status)")
            let json = try await follower.leftfold("status", "--json")
            let shown = try #require(
                try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
            )
            #expect(shown["is_daemon_running"] as? Bool == false)
            let views = try #require(shown["views"] as? [[String: Any]])
            #expect(
                views.map { $0["name"] as? String } == ["moving", "order_count", "pg_orders"],
                "\(views)"
            )
            #expect(
                views.map { $0["state"] as? String } == ["unknown", "stopped", "unknown"],
                "\(views)"
            )
            #expect(try await follower.leftfold("query", "order_count").status == 0)
            #expect(try await follower.leftfold("plan").status == 3)
            let verified = try await follower.leftfold("verify")
            #expect(
                verified.status == 3 && verified.output.contains("order_count: 1 rows equal"),
                "\(verified)"
            )
        }
    }
}
