import EventLog
import Relational
import Testing

@testable import ViewMaintenance

@Suite struct WorkersTests {
    private static let views: [Statement] = [
        (
            "by_customer",
            "CREATE MATERIALIZED VIEW by_customer AS SELECT customer, count(*) AS n, sum(price) AS total, min(price) AS least"
                + " FROM orders GROUP BY customer"
        ),
        ("dear", "CREATE MATERIALIZED VIEW dear AS SELECT customer, price FROM orders WHERE price > 50"),
        (
            "pairs",
            "CREATE MATERIALIZED VIEW pairs AS SELECT a.id, b.id AS other FROM orders a JOIN orders b ON b.id = a.customer"
        ),
    ]

    /// Large enough for several pieces of each operator, in large epochs.
    @Test func `a store gets the same rows in the same order with one, two and four workers`() throws {
        let orders = try OrdersLog()
        for start in stride(from: Int64(0), to: 30_000, by: 10_000) {
            try orders.commit(
                (start..<start + 10_000).map { (.insert, OrdersLog.row($0, $0 * 7 % 9000, Int128($0 % 10_007)), nil) }
            )
        }
        try orders.commit((0..<9000).map { (.update, OrdersLog.row($0 * 3, $0 * 11 % 4000, Int128($0 % 5003)), nil) })
        var tables: [[String]] = []
        for workers in [1, 2, 4] {
            let store = "workers_\(workers)"
            let fold = try FoldAtRest(
                log: orders.log,
                compiler: StatementCompiler(Self.views),
                stores: ["main": try orders.place.openStore(store)],
                logger: LogPlace.logger,
                workers: workers
            )
            #expect(try fold.apply(allowDrops: false).failed.isEmpty)
            tables.append(
                try ["by_customer", "dear", "pairs"].flatMap {
                    try orders.place.rows("SELECT rowid, * FROM \($0) ORDER BY rowid", store: store)
                }
            )
        }
        #expect(tables[0].count > 20_000)
        #expect(tables[1] == tables[0] && tables[2] == tables[0])
    }
}
