import Relational
import Testing
import ViewMaintenance

@Suite struct FoldAtRestTests {
    private static let byCustomer = (
        name: "by_customer", sql: "SELECT customer, count(*) AS n, sum(price) AS total FROM orders GROUP BY customer"
    )

    @Test func `a view built from the log has the rows of all commits`() throws {
        let orders = try OrdersLog()
        try orders.commit([(.insert, OrdersLog.row(1, 7, 1050), nil), (.insert, OrdersLog.row(2, 7, 50), nil)])
        try orders.commit([(.insert, OrdersLog.row(3, 8, 100), nil), (.update, OrdersLog.row(2, 8, 51), nil)])
        try orders.commit([(.delete, nil, [.int(1), .null, .null])])
        let report = try orders.fold([Self.byCustomer]).apply(allowDrops: false)
        #expect(report.created == ["by_customer"])
        #expect(report.failed.isEmpty)
        #expect(try orders.rows("SELECT * FROM by_customer ORDER BY customer") == ["8|2|1.51"])
    }

    @Test func `a view goes on where its store is, whatever happened in between`() throws {
        let orders = try OrdersLog()
        try orders.commit([(.insert, OrdersLog.row(1, 7, 100), nil)])
        _ = try orders.fold([Self.byCustomer]).apply(allowDrops: false)
        try orders.commit([(.insert, OrdersLog.row(2, 7, 200), nil)])
        let report = try orders.fold([Self.byCustomer]).apply(allowDrops: false)
        #expect(report.unchanged == ["by_customer"])
        #expect(try orders.rows("SELECT * FROM by_customer") == ["7|2|3.00"])
        let again = try orders.fold([Self.byCustomer]).rebuild(["by_customer"])
        #expect(again.rebuilt == ["by_customer"])
        #expect(try orders.rows("SELECT * FROM by_customer") == ["7|2|3.00"])
    }

    @Test func `a changed view is built again and a view without a file is dropped only when allowed`() throws {
        let orders = try OrdersLog()
        try orders.commit([(.insert, OrdersLog.row(1, 7, 100), nil)])
        _ = try orders.fold([Self.byCustomer]).apply(allowDrops: false)
        let changed = (name: "by_customer", sql: "SELECT customer, max(price) AS top FROM orders GROUP BY customer")
        #expect(try orders.fold([changed]).apply(allowDrops: false).rebuilt == ["by_customer"])
        #expect(try orders.rows("SELECT * FROM by_customer") == ["7|1.00"])
        #expect(throws: MaintenanceError.self) { try orders.fold([]).apply(allowDrops: false) }
        #expect(try orders.rows("SELECT count(*) FROM by_customer") == ["1"])
        #expect(try orders.fold([]).apply(allowDrops: true).dropped == ["by_customer"])
        #expect(try orders.rows("SELECT name FROM sqlite_schema WHERE name = 'by_customer'") == [])
    }
}
