import Foundation
import Logging
import PostgresClient
import PostgresSource
import Relational
import Synchronization
import TestSupport
import Testing

@Suite struct RefusalTests {
    private func followed() throws -> Following {
        let following = try Following("CREATE TABLE t (id int PRIMARY KEY)")
        try following.start()
        try following.catchUp()
        following.stop()
        return following
    }

    @Test func `a slot that moved past the log is a named gap, not a jump`() throws {
        let following = try followed()
        try following.sql.query("INSERT INTO t VALUES (1)")
        try following.sql.query(
            "SELECT pg_replication_slot_advance($1, pg_current_wal_lsn())",
            [following.slot]
        )
        try following.start()
        let error = following.failure()
        #expect(error?.code == .gapSlotAhead)
        #expect(error?.hint?.contains("leftfold destroy") == true)
        #expect(following.source.status.state == .failed)
    }

    @Test func `a slot that is gone is a named gap, not a new slot`() throws {
        let following = try followed()
        try following.sql.query("SELECT pg_drop_replication_slot($1)", [following.slot])
        try following.start()
        #expect(following.failure()?.code == .gapSlotMissing)
        #expect(try following.confirmed() == nil)
    }

    @Test func `another log's slot is left alone`() throws {
        let following = try followed()
        let other = try Following(server: following.server, "SELECT 1")
        _ = other
        let fresh = MemoryOutput()
        let source = try PostgresSource(
            configuration: following.source.configuration,
            output: fresh,
            logger: .init(label: "test")
        )
        let error = #expect(throws: SourceError.self) { try source.run() }
        #expect(error?.code == .slotNotOurs)
        #expect(try following.confirmed() != nil)
    }

    @Test func `nothing is made on the server when that is not wanted`() throws {
        let following = try Following("CREATE TABLE t (id int PRIMARY KEY)")
        following.createMissing = false
        try following.start()
        #expect(following.failure()?.code == .creationRefused)
        #expect(throws: SourceError.self) { try following.source.prepare() }
        #expect(try following.sql.value("SELECT count(*) FROM pg_publication") == "0")
    }

    @Test func `what is made on the server is said in SQL that works there`() throws {
        let following = try followed()
        let sql = following.reported.all.filter { !$0.hasPrefix("--") }
        #expect(
            sql == [
                "CREATE PUBLICATION \"pub of it\" FOR TABLE ONLY \"public\".\"t\" WITH (publish = 'insert, update, delete, truncate');",
                "CREATE_REPLICATION_SLOT \"\(following.slot)\" LOGICAL pgoutput EXPORT_SNAPSHOT;",
            ]
        )
        let undone = try PostgresSource.destroy(following.sql, slot: following.slot, publication: "pub of it")
        #expect(undone.count == 2)
        #expect(try PostgresSource.slotState(following.sql, slot: following.slot) == nil)
        #expect(try PostgresSource.destroy(following.sql, slot: following.slot, publication: "pub of it") == [])
    }

    @Test func `a first snapshot that was cut short begins again with a new slot, and says so`() throws {
        let following = try Following(
            "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT g, repeat('x', 200) FROM generate_series(1, 40000) g"
        )
        struct Full: Error {}
        let reached = DispatchSemaphore(value: 0)
        following.output.state.withLock { $0.blocked = { reached.signal() } }
        try following.start()
        reached.wait()
        // The process dies here: what is left is the schemas, and the slot.
        following.stop()
        #expect(following.output.durablePosition == .none)
        #expect(!following.output.schemas.isEmpty)
        let first = try #require(try following.confirmed())
        following.output.state.withLock {
            $0.blocked = nil
            $0.groups = [:]
        }
        try following.sql.query("INSERT INTO t VALUES (0, 'later')")
        try following.start()
        try following.catchUp()
        try following.expectEqual("t")
        #expect(following.reported.all.contains { $0.hasPrefix("-- the first snapshot was cut short") })
        #expect(try following.confirmed() ?? .zero > first)
    }

    @Test func `a table that was configured after the snapshot is refused`() throws {
        let following = try followed()
        try following.sql.query(
            "CREATE TABLE late (id int PRIMARY KEY); ALTER PUBLICATION \"pub of it\" ADD TABLE late"
        )
        following.tables = [QualifiedName(schema: "public", name: "t"), QualifiedName(schema: "public", name: "late")]
        try following.start()
        #expect(following.failure()?.code == .tableNotInLog)
    }

    @Test func `another server is refused`() throws {
        let following = try followed()
        following.output.state.withLock { $0.system = "7" }
        try following.start()
        #expect(following.waitForEnd())
        if case .success? = following.result { Issue.record("it followed another server") }
    }

    @Test func `a server without logical decoding, a wrong password and a missing database end the first run`() throws {
        var options = ThrowawayPostgres.Options()
        options.password = "s3cret"
        options.walLevel = "replica"
        let server = try ThrowawayPostgres(options)
        func failure(_ url: String) throws -> any Error {
            let source = try PostgresSource(
                configuration: SourceConfiguration(url: url, slot: "s", publication: "p"),
                output: MemoryOutput(),
                logger: .init(label: "test")
            )
            do {
                try source.run()
            } catch {
                return error
            }
            struct NoError: Error {}
            return NoError()
        }
        try server.execute("CREATE TABLE t (id int PRIMARY KEY)")
        #expect((try failure(server.url()) as? SourceError)?.code == .serverSetting)
        let wrong = try failure(server.url(over: .tcp, password: "hunter2")) as? PostgresError
        #expect(wrong?.code == .authentication)
        #expect((try failure(server.url(database: "nowhere")) as? PostgresError)?.code == .missingDatabase)
        try server.execute("CREATE ROLE plain LOGIN PASSWORD 'x'")
        let plain = try failure(server.url(user: "plain", password: "x")) as? PostgresError
        #expect(plain?.code == .insufficientPrivilege)
        #expect(plain?.hint?.contains("REPLICATION") == true)
    }
}
