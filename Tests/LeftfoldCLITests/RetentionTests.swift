import EventLog
import Foundation
import PostgresSource
import Relational
import Testing
import ViewMaintenance

@testable import LeftfoldCLI

/// `id`, `at` and `body` of a table.
private func table(
    _ name: String,
    _ relation: UInt32,
    key: [Int] = [0],
    unique: [[Int]] = [],
    identity: ReplicaIdentity = .default
) -> RelationSchema {
    let columns = ["id", "at", "body"].enumerated().map { index, name in
        Column(name: name, attributeNumber: Int16(index + 1), type: .int8, isNotNull: true)
    }
    return RelationSchema(
        relation: RelationID(relation),
        name: QualifiedName(schema: "public", name: name),
        columns: columns,
        primaryKey: key,
        uniqueKeys: unique,
        replicaIdentity: identity,
        identityColumns: identity == .full ? [0, 1, 2] : key
    )
}

private func name(_ table: String) -> QualifiedName { QualifiedName(schema: "public", name: table) }

@Suite struct RetentionOfViewsTests {
    private static let statements = [
        "daily": "SELECT at, count(*) AS n FROM clicks GROUP BY at",
        "joined": "SELECT o.id, c.body FROM orders o LEFT JOIN clicks c ON c.id = o.body",
        "total": "SELECT sum(n) AS n FROM daily",
        "open": "SELECT id FROM orders",
    ]

    /// The outcome of each view of a folder: nil for a definition.
    private func outcomes(_ retention: LogRetention, applied: Bool = false) throws -> [String: String?] {
        let scratch = try Scratch()
        let folder = applied ? "data/state/views" : "views"
        for (view, sql) in Self.statements { try scratch.write(sql, to: "\(folder)/\(view).sql") }
        try scratch.write("source: {postgres: {url: 'postgres://h/d', tables: [orders, clicks]}}")
        var configuration = try Configuration.load(environment: [:], workingDirectory: scratch.path)
        configuration.retention = retention
        let compiled = try Installation(configuration).viewFolder(applied: applied)
            .compile([table("clicks", 1), table("orders", 2)])
        return Dictionary(
            uniqueKeysWithValues: compiled.map { view in
                switch view.result {
                case .success: (view.name, nil)
                case .failure(let reason):
                    (view.name, "\(reason.failure.code): \(reason.failure.message); \(reason.failure.hint ?? "")")
                }
            }
        )
    }

    @Test(arguments: [Retention.compact, .keep])
    func `every view can be computed from the latest records, or all`(retention: Retention) throws {
        let outcomes = try outcomes(LogRetention(fallback: retention))
        #expect(outcomes.count == 4 && outcomes.values.allSatisfy { $0 == nil }, "\(outcomes)")
    }

    @Test(
        arguments: [
            (Retention.time(microseconds: 30 * 86_400_000_000), "records younger than 30d"),
            (.size(byteCount: 10 << 30), "the newest 10GB of records"),
        ],
        [false, true]
    )
    func `a view over a table whose records leave is refused, also where it reads it through another`(
        retention: (Retention, String),
        applied: Bool
    ) throws {
        let outcomes = try outcomes(LogRetention(relations: [name("clicks"): retention.0]), applied: applied)
        for view in ["daily", "joined", "total"] {
            #expect(
                outcomes[view]
                    == "definition: view \(view) reads public.clicks, of which the log keeps only \(retention.1): it would "
                    + "lack rows that are still in the database; set 'retention: { public.clicks: keep }' in leftfold.yaml, "
                    + "then: leftfold plan"
            )
        }
        #expect(outcomes["open"] == .some(nil))
    }

    @Test func `a retention by default refuses as one of the table does, and the table's own wins`() throws {
        let fallback = Retention.time(microseconds: 1)
        let refused = try outcomes(LogRetention(fallback: fallback))
        #expect(refused.values.allSatisfy { $0 != nil }, "\(refused)")
        let own = try outcomes(LogRetention(fallback: fallback, relations: [name("orders"): .compact]))
        #expect(own.filter { $0.value == nil }.keys.sorted() == ["open"])
    }
}

@Suite struct RetentionFindingTests {
    private let publishesAll = PublicationState(inserts: true, updates: true, deletes: true, truncates: true)
    private let insertOnly = PublicationState(inserts: true, updates: false, deletes: false, truncates: true)

    @Test func `a table without a key is kept, with the SQL that gives it one`() throws {
        let bare = try #require(LogRetention().missingKey(of: table("notes", 1, key: [])))
        #expect(bare.message == "has no key: the log keeps every record of it")
        #expect(bare.fix == "ALTER TABLE \"public\".\"notes\" ADD PRIMARY KEY (…);")
        let unique = LogRetention().missingKey(of: table("notes", 1, key: [], unique: [[0, 1]], identity: .full))
        #expect(unique?.fix == "ALTER TABLE \"public\".\"notes\" ADD PRIMARY KEY (\"id\", \"at\");")
        var lost = table("notes", 1, identity: .index)
        lost.identityColumns = []
        #expect(
            LogRetention().missingKey(of: lost)?.fix == "ALTER TABLE \"public\".\"notes\" REPLICA IDENTITY DEFAULT;"
        )
        let checks = LogRetention().examine(table("notes", 1, key: []), publishesAll)
        #expect(checks.map(\.name) == ["retention of public.notes"] && checks.map(\.severity) == [.note])
        #expect(checks.first?.fix == bare.fix)
    }

    @Test func `nothing is said of a table with a key, or whose records are all to be kept`() {
        #expect(LogRetention().missingKey(of: table("orders", 1)) == nil)
        #expect(LogRetention().examine(table("orders", 1), publishesAll).isEmpty)
        let keep = LogRetention(relations: [name("notes"): .keep])
        #expect(keep.missingKey(of: table("notes", 1, key: [])) == nil)
        #expect(keep.examine(table("notes", 1, key: []), publishesAll).isEmpty)
    }

    @Test func `updates and deletes of a table whose records leave by age are named where they can come`() throws {
        let aged = LogRetention(relations: [name("clicks"): .time(microseconds: 30 * 86_400_000_000)])
        let found = try #require(aged.examine(table("clicks", 1), publishesAll).first)
        #expect(found.severity == .note && found.message.hasPrefix("is 30d, "))
        #expect(found.fix?.contains("retention: { public.clicks: compact }") == true)
        #expect(aged.examine(table("clicks", 1, key: [], identity: .full), publishesAll).count == 1)
        #expect(aged.examine(table("clicks", 1, key: []), publishesAll).isEmpty)
        #expect(aged.examine(table("clicks", 1), insertOnly).isEmpty)
    }
}
