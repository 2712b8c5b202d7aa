import LocalPostgres

extension Follower {
    /// Follows so many orders into the store `main`, and into `pg`, a schema of their own database. `note` is an expression over their number `n`.
    static func ofOrders(
        _ views: [TestView],
        count: Int = 300,
        customers: Int = 9,
        note: String = "NULL"
    ) throws -> Follower {
        let follower = try Follower(
            ddl: [
                "CREATE TABLE orders (id int PRIMARY KEY, customer int NOT NULL, total numeric(10,2) NOT NULL, note text)",
                "INSERT INTO orders SELECT n, n % \(customers), n * 1.5, \(note) FROM generate_series(1, \(count)) n",
            ],
            tables: ["orders"],
            views: views
        )
        let url = SharedServer.postgres.url(database: follower.database)
        try follower.configure(
            tables: ["orders"],
            adding: "stores:\n  pg: { postgres: \"\(url)\", schema: folded }"
        )
        return follower
    }
}
