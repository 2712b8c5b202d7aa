import Testing
import ViewPlan
import ViewSQL

/// The views of the examples: a shop, and pgbench.
enum Examples {
    static let statements: [(name: String, sql: String)] = [
        (
            "revenue_by_region.sql",
            """
            CREATE MATERIALIZED VIEW revenue_by_region
            WITH (store = 'main', key = 'region')
            AS SELECT c.region, count(*) AS orders, sum(o.qty * o.price) AS revenue
               FROM orders o JOIN customers c ON c.id = o.customer_id
               GROUP BY c.region;
            """
        ),
        (
            "top_sellers.sql",
            """
            SELECT p.id, p.name, p.category, sum(o.qty) AS sold, max(o.created_at) AS last_sold
            FROM products p JOIN orders o ON o.product_id = p.id
            WHERE o.status <> 'cancelled'
            GROUP BY p.id
            """
        ),
        (
            "open_orders.sql",
            """
            CREATE MATERIALIZED VIEW open_orders AS
            SELECT o.id, c.name AS customer, p.name AS product, o.qty * o.price AS amount
            FROM orders o
            JOIN customers c ON c.id = o.customer_id
            LEFT JOIN products p ON p.id = o.product_id
            WHERE o.status = 'open'
            """
        ),
        (
            "branch_turnover.sql",
            """
            SELECT b.bid, b.bbalance, sum(h.delta) AS turnover, count(*) AS changes
            FROM pgbench_branches b JOIN pgbench_history h ON h.bid = b.bid
            GROUP BY b.bid
            """
        ),
        ("teller_turnover.sql", "SELECT tid, sum(delta) AS turnover FROM pgbench_history GROUP BY tid"),
        ("account_total.sql", "SELECT sum(abalance) AS total FROM pgbench_accounts"),
        ("teller_total.sql", "SELECT sum(tbalance) AS total FROM pgbench_tellers"),
        ("branch_total.sql", "SELECT sum(bbalance) AS total FROM pgbench_branches"),
    ]

    static let views: [ViewDefinition] = Fixture.compiler.compileAll(statements).compactMap { try? $0.result.get() }
}

@Suite struct ExampleTests {
    @Test func `every example compiles`() {
        for outcome in Fixture.compiler.compileAll(Examples.statements) {
            #expect(throws: Never.self, "\(outcome.file)") { try outcome.result.get() }
        }
    }
}
