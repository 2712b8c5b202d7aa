import Testing
import ViewSQL

/// Lists that Postgres may show in another order are named; lists in a total order are not.
@Suite struct ListOrderTests {
    private func notes(_ sql: String) throws -> [String] {
        let compiler = Fixture.compiler
        return compiler.notes(on: try compiler.compile(sql, file: "v.sql"))
    }

    @Test(arguments: [
        "SELECT json_agg(status ORDER BY id) FROM orders",
        "SELECT customer_id, json_agg(json_build_object('p', price) ORDER BY price DESC, id) FROM orders GROUP BY 1",
        "SELECT json_agg(qty ORDER BY qty), array_agg(DISTINCT status) FROM orders",
        "SELECT string_agg(code, ',' ORDER BY code COLLATE \"C\") FROM archive.orders_2020",
        "SELECT string_agg(id::text, ',' ORDER BY code COLLATE \"C\") FROM archive.orders_2020",
        "SELECT jsonb_object_agg(id, price) FROM orders",
        """
        SELECT c.id, json_agg(o.price ORDER BY o.id) FILTER (WHERE o.id IS NOT NULL) FROM customers c
        LEFT JOIN orders o ON o.customer_id = c.id GROUP BY c.id
        """,
    ])
    func `a total order needs no note`(sql: String) throws { #expect(try notes(sql).isEmpty) }

    @Test(arguments: [
        ("SELECT json_agg(status) FROM orders", "json_agg has no ORDER BY"),
        ("SELECT array_agg(id ORDER BY status COLLATE \"C\") FROM orders", "array_agg has an ORDER BY that leaves"),
        ("SELECT json_agg(price ORDER BY price) FROM orders", "json_agg has an ORDER BY that leaves"),
        ("SELECT jsonb_object_agg(status, id) FROM orders", "jsonb_object_agg has no ORDER BY"),
        ("SELECT json_agg(body ORDER BY topic COLLATE \"C\") FROM notes", "json_agg has an ORDER BY that leaves"),
        (
            """
            SELECT c.name, json_agg(o.price ORDER BY c.id) FROM customers c JOIN orders o ON o.customer_id = c.id
            GROUP BY c.name
            """, "json_agg has an ORDER BY that leaves"
        ),
    ])
    func `an order that is not total is noted once`(sql: String, start: String) throws {
        let notes = try notes(sql)
        #expect(notes.count == 1)
        #expect(notes.first?.hasPrefix(start) == true, "\(notes)")
    }
}
