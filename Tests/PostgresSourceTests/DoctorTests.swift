import PostgresClient
import PostgresSource
import Relational
import TestSupport
import Testing

@Suite struct DoctorTests {
    private func examine(_ following: Following, _ change: (inout SourceConfiguration) -> Void = { _ in })
        -> [DoctorCheck]
    {
        var configuration = SourceConfiguration(
            url: following.server.url(database: following.database),
            slot: following.slot,
            publication: "pub of it"
        )
        change(&configuration)
        return Doctor(configuration).examine()
    }

    private func find(_ checks: [DoctorCheck], _ name: String) -> DoctorCheck? { checks.first { $0.name == name } }

    @Test func `a server that is ready has no problem, and each fix of a warning works`() throws {
        let following = try Following(
            """
            CREATE TABLE good (id int PRIMARY KEY); CREATE TABLE history (x int);
            CREATE TABLE gen (id int PRIMARY KEY, g int GENERATED ALWAYS AS (id) STORED);
            CREATE TABLE whole (x int); ALTER TABLE whole REPLICA IDENTITY FULL;
            CREATE TABLE part (id int) PARTITION BY LIST (id);
            """
        )
        let checks = examine(following)
        #expect(!checks.contains { $0.severity == .problem })
        #expect(find(checks, "wal_level")?.severity == .ok)
        #expect(find(checks, "table public.good")?.severity == .ok)
        #expect(find(checks, "table public.whole")?.severity == .ok)
        #expect(find(checks, "table public.part")?.severity == .warning)
        #expect(checks.contains { $0.name == "table public.gen" && $0.severity == .warning })
        let history = try #require(find(checks, "table public.history"))
        #expect(history.severity == .warning)
        try following.sql.query(try #require(history.fix))
        #expect(find(examine(following), "table public.history")?.severity == .ok)
    }

    @Test func `what stops a run is a problem with its fix`() throws {
        let following = try Following(
            """
            CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE u (id int PRIMARY KEY);
            CREATE PUBLICATION "pub of it" FOR TABLE t WITH (publish = 'insert');
            DROP ROLE IF EXISTS narrow; CREATE ROLE narrow LOGIN;
            """
        )
        let named = examine(following) {
            $0.tables = ["t", "u", "gone"].map { QualifiedName(schema: "public", name: $0) }
        }
        #expect(find(named, "table public.gone")?.severity == .problem)
        let publication = try #require(find(named, "publication pub of it"))
        #expect(publication.severity == .problem)
        try following.sql.query(try #require(publication.fix))
        let flags = try #require(find(examine(following), "publication pub of it"))
        #expect(flags.severity == .warning)
        try following.sql.query(try #require(flags.fix))
        #expect(find(examine(following), "publication pub of it")?.severity == .ok)
        let narrow = examine(following) { $0.url = following.server.url(database: following.database, user: "narrow") }
        #expect(find(narrow, "replication privilege")?.fix == "ALTER ROLE \"narrow\" REPLICATION;")
        let unreadable = try #require(find(narrow, "table public.t"))
        #expect(unreadable.severity == .problem)
        for fix in narrow.compactMap(\.fix) where fix.hasPrefix("GRANT") { try following.sql.query(fix) }
        let granted = examine(following) { $0.url = following.server.url(database: following.database, user: "narrow") }
        #expect(find(granted, "table public.t")?.severity == .ok)
    }

    @Test func `an unreachable server is one finding`() throws {
        let following = try Following("SELECT 1")
        let checks = examine(following) { $0.url = "postgresql://someone:hunter2@127.0.0.1:1/x" }
        #expect(checks.count == 1)
        #expect(checks.first?.severity == .problem)
        #expect("\(checks)".contains("hunter2") == false)
    }

    @Test func `a transaction that would block the slot is named`() throws {
        let following = try Following("CREATE TABLE t (id int PRIMARY KEY)")
        let blocker = try PostgresConnection(
            following.server.url(database: following.database) + "&application_name=slow"
        )
        try blocker.query("BEGIN; INSERT INTO t VALUES (1)")
        try following.start()
        try following.waitUntil("it says what it waits for") {
            following.reported.all.contains { $0.contains("slow") && $0.contains("\(blocker.backendProcessID)") }
        }
        try blocker.query("COMMIT")
        try following.catchUp()
        try following.expectEqual("t")
    }
}
