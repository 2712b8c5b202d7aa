import TestSupport

/// A small bank for the tests that kill: a keyed table, a bag, and an append-only table without any identity.
enum Ledger {
    static let accountCount = 40

    static let ddl = [
        "CREATE TABLE accounts (id int PRIMARY KEY, region text NOT NULL, balance numeric(12,2) NOT NULL)",
        "CREATE TABLE transfers (account int NOT NULL, amount numeric(12,2) NOT NULL, note text)",
        "ALTER TABLE transfers REPLICA IDENTITY FULL",
        "CREATE TABLE events (seq bigint NOT NULL, payload text)",
        "INSERT INTO accounts SELECT n, 'r' || n % 5, n FROM generate_series(1, \(accountCount)) n",
    ]

    static let tables = ["accounts", "transfers", "events"]

    static let views = [
        TestView("account_list", "SELECT id, region, balance FROM accounts"),
        TestView("by_region", "SELECT region, count(*) AS n, sum(balance) AS total FROM accounts GROUP BY region"),
        TestView("transfer_rows", "SELECT account, amount, note FROM transfers"),
        TestView("event_rows", "SELECT seq, payload FROM events"),
        TestView("event_count", "SELECT count(*) AS n, max(seq) AS last FROM events"),
        TestView(
            "activity",
            "SELECT a.region, count(*) AS n, sum(t.amount) AS moved FROM transfers t "
                + "JOIN accounts a ON a.id = t.account GROUP BY a.region"
        ),
        TestView(
            "per_account",
            "SELECT a.id, count(t.account) AS n FROM accounts a LEFT JOIN transfers t ON t.account = a.id GROUP BY a.id"
        ),
    ]

    /// One transaction; `number` counts them.
    static func transaction(_ number: Int, using generator: inout SeededGenerator) -> [String] {
        func account() -> Int { Int.random(in: 1...accountCount, using: &generator) }
        var statements = ["INSERT INTO events VALUES (\(number), md5('\(number)'))"]
        for _ in 0..<Int.random(in: 1...6, using: &generator) {
            let (one, other) = (account(), account())
            switch Int.random(in: 0..<10, using: &generator) {
            case 0..<5:
                let amount =
                    "\(Int.random(in: 1...50, using: &generator)).\(Int.random(in: 10...99, using: &generator))"
                statements.append("UPDATE accounts SET balance = balance - \(amount) WHERE id = \(one)")
                statements.append("UPDATE accounts SET balance = balance + \(amount) WHERE id = \(other)")
                statements.append(
                    "INSERT INTO transfers VALUES (\(one), -\(amount), NULL), (\(other), \(amount), 'in')"
                )
            case 5: statements.append("DELETE FROM transfers WHERE account = \(one)")
            case 6: statements.append("DELETE FROM accounts WHERE id = \(one)")
            case 7: statements.append("UPDATE transfers SET note = 'seen' WHERE account = \(one)")
            default:
                statements.append(
                    "INSERT INTO accounts VALUES (\(one), 'r\(other % 5)', \(other)) ON CONFLICT (id) DO UPDATE "
                        + "SET region = excluded.region"
                )
            }
        }
        return statements
    }
}
