import Relational
import Testing
import ViewMaintenance
import ViewPlan
import ViewSQL
import ViewStores

@Suite struct ViewVersionTests {
    private static let collated = Column(
        name: "name",
        attributeNumber: 3,
        type: ScalarType(oid: .text, name: "text", collation: .c)
    )

    private func definition(_ sql: String, name column: Column = collated) throws -> ViewDefinition {
        var schema = OrdersLog.schema
        schema.columns.append(column)
        schema.columns[3].attributeNumber = 4
        return try ViewCompiler(relations: [schema]).compile(sql, file: "v.sql")
    }

    private func fingerprint(_ sql: String, name column: Column = collated) throws -> String {
        ViewVersion.fingerprint(try definition(sql, name: column))
    }

    @Test func `white space, comments and the case of keywords do not count`() throws {
        let plain = try fingerprint("SELECT customer, count(*) AS n FROM orders GROUP BY customer")
        let written = """
            -- how many
            select  customer,
                    COUNT(*) as n /* of them */
            from public.orders
            group by 1;
            """
        #expect(try fingerprint(written) == plain)
        #expect(plain.count == 32 && plain.allSatisfy(\.isHexDigit))
    }

    @Test(arguments: [
        "SELECT customer, count(price) AS n FROM orders GROUP BY customer",
        "SELECT customer, count(*) AS m FROM orders GROUP BY customer",
        "SELECT customer, count(*) AS n FROM orders WHERE id > 0 GROUP BY customer",
        "SELECT customer, count(*) AS n FROM orders WHERE id > 1 GROUP BY customer",
        "SELECT count(*) AS n, customer FROM orders GROUP BY customer",
        "CREATE MATERIALIZED VIEW v WITH (key = 'n') AS SELECT customer, count(*) AS n FROM orders GROUP BY customer",
    ])
    func `another plan, name of a column or key is another version`(sql: String) throws {
        let plain = try fingerprint("SELECT customer, count(*) AS n FROM orders GROUP BY customer")
        #expect(try fingerprint(sql) != plain)
    }

    @Test func `the digits of a literal and the collation of a column count`() throws {
        #expect(
            try fingerprint("SELECT id, price + 1.0 AS p FROM orders")
                != fingerprint("SELECT id, price + 1.00 AS p FROM orders")
        )
        var other = Self.collated
        other.type.collation = Collation(name: "en_US", isByteOrder: false)
        let sql = "SELECT id, name FROM orders"
        #expect(try fingerprint(sql) != fingerprint(sql, name: other))
    }

    @Test func `a view lives in the store that it names, else in main`() throws {
        #expect(ViewVersion.store(of: try definition("SELECT id FROM orders")) == "main")
        let named = try definition("CREATE MATERIALIZED VIEW v WITH (store = 'pg') AS SELECT id FROM orders")
        #expect(ViewVersion.store(of: named) == "pg")
        let table = ViewVersion.table(of: named)
        #expect(table.name == "v")
        #expect(table.columns.map(\.name) == ["id"])
        #expect(table.key == [0])
        #expect(table.version == ViewVersion.fingerprint(named))
    }
}
