import PostgresClient
import Relational
import SQLiteStore
import TestSupport
import Testing
import ViewMaintenance

@testable import LeftfoldCLI

/// Nested documents: a parent's document follows its children, and its children's children.
@Suite struct DocumentTests {
    private static let ddl = [
        "CREATE TABLE parents (id int PRIMARY KEY, name text NOT NULL)",
        "CREATE TABLE children (id int PRIMARY KEY, parent_id int, name text, born timestamptz, weight numeric)",
        "CREATE TABLE toys (id int PRIMARY KEY, child_id int, name text)",
        "INSERT INTO parents VALUES (1, 'Ada'), (2, 'Bo'), (3, 'Cy')",
        "INSERT INTO children VALUES (10, 1, 'x', '2024-05-31 10:00+00', 3.50), (11, 1, 'y', NULL, 'NaN')",
        "INSERT INTO toys VALUES (100, 10, 'ball'), (101, 10, 'kite')",
    ]

    private static let toyLists = TestView(
        "toy_lists",
        "SELECT child_id, jsonb_agg(name ORDER BY id) AS toys FROM toys GROUP BY child_id"
    )

    private static let families = TestView(
        "families",
        """
        SELECT p.id, p.name, coalesce(json_agg(json_build_object('id', c.id, 'name', c.name, 'born', c.born, 'weight',
          c.weight, 'toys', t.toys) ORDER BY c.name DESC NULLS LAST, c.id) FILTER (WHERE c.id IS NOT NULL), '[]') AS children,
          string_agg(c.name, ', ' ORDER BY c.id) AS names,
          jsonb_object_agg(c.id, c.weight) FILTER (WHERE c.id IS NOT NULL) AS weights,
          array_agg(c.id ORDER BY c.id DESC) AS ids
        FROM parents p LEFT JOIN children c ON c.parent_id = p.id LEFT JOIN toy_lists t ON t.child_id = c.id GROUP BY p.id
        """,
        reads: [toyLists]
    )

    /// The same by subqueries, one in the other.
    private static let trees = TestView(
        "trees",
        """
        SELECT p.id, coalesce((SELECT jsonb_agg(jsonb_build_object('child', c.id, 'toys', (SELECT json_agg(t.name ORDER BY
            t.id) FROM toys t WHERE t.child_id = c.id)) ORDER BY c.id) FROM children c WHERE p.id = c.parent_id), '[]') AS tree,
          (SELECT count(*) FROM children WHERE parent_id = p.id AND weight > 10) AS heavy FROM parents p
        """
    )

    /// Each a transaction.
    private static let changes = [
        "INSERT INTO children VALUES (12, 2, 'z', '0044-03-15 BC', 0.0)",
        "UPDATE children SET name = 'first' WHERE id = 11",
        "UPDATE children SET parent_id = 3 WHERE id = 10",
        "UPDATE parents SET name = 'Cyan' WHERE id = 3",
        "INSERT INTO toys VALUES (102, 11, E'a \\\"quoted\\\"\\n toy')",
        "UPDATE toys SET name = 'bat' WHERE id = 100",
        "UPDATE toys SET child_id = 12 WHERE id = 101",
        "UPDATE children SET id = 9 WHERE id = 12",
        "INSERT INTO children SELECT n, n % 3 + 1, 'n' || n % 7, NULL, n FROM generate_series(20, 200) n",
        "UPDATE children SET weight = weight + 1 WHERE id % 5 = 0",
        "DELETE FROM children WHERE id = 10",
        "DELETE FROM parents WHERE id = 2",
        "DELETE FROM children WHERE id % 2 = 0",
        "INSERT INTO parents VALUES (2, 'Bo again')",
        "TRUNCATE toys",
        "DELETE FROM children",
        "INSERT INTO children VALUES (1, 1, NULL, 'infinity', '-Infinity')",
    ]

    @Test func `a parent's document changes when a child is changed, added, removed or moved`() async throws {
        let views = [Self.toyLists, Self.families, Self.trees]
        let follower = try Follower(ddl: Self.ddl, tables: ["parents", "children", "toys"], views: views)
        try await follower.run { daemon in
            let connection = try follower.connect()
            defer { connection.close() }
            let notes = try PlanCommand.orderNotes(try follower.installation, await daemon.schemas())
            #expect(notes.isEmpty, "every list is in a total order")
            for change in [nil] + Self.changes {
                if let change { try connection.query(change) }
                let lsn = try #require(
                    try connection.value("SELECT pg_current_wal_insert_lsn()").flatMap { LSN(parsing: $0) }
                )
                for view in views {
                    let result = await daemon.wait(for: lsn, view: view.name, timeout: .seconds(30))
                    #expect(result == .reached, "\(view.name) after \(change ?? "the start")")
                    let differences = try follower.differences(view, connection, await daemon.schemas())
                    #expect(
                        differences.isEmpty,
                        "\(view.name) after \(change ?? "the start"): \(Follower.text(differences))"
                    )
                }
            }
        }
        try follower.destroy()
    }

    @Test func `a NULL key puts the view in error until its row is gone`() async throws {
        let view = TestView("named", "SELECT json_object_agg(name, id ORDER BY id) AS doc FROM children")
        let follower = try Follower(ddl: Self.ddl, tables: ["parents", "children", "toys"], views: [view])
        try await follower.run { daemon in
            let connection = try follower.connect()
            defer { connection.close() }
            func wait() async throws -> String {
                let lsn = try #require(
                    try connection.value("SELECT pg_current_wal_insert_lsn()").flatMap { LSN(parsing: $0) }
                )
                return "\(await daemon.wait(for: lsn, view: view.name, timeout: .seconds(30)))"
            }
            #expect(try await wait() == "reached")
            try connection.query("INSERT INTO children (id) VALUES (50)")
            #expect(try await wait().hasPrefix("failed"))
            let message = await daemon.status().views.first { $0.name == view.name }?.error?.message
            #expect(message?.contains("the key of a JSON object must not be null") == true, "\(message ?? "no error")")
            try connection.query("DELETE FROM children WHERE id = 50")
            #expect(try await wait() == "reached")
            #expect(try follower.differences(view, connection, await daemon.schemas()).isEmpty)
        }
        try follower.destroy()
    }
}
