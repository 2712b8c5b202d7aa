import Foundation
import PostgresClient
import PostgresSource
import Relational
import Synchronization
import TestSupport
import Testing

@Suite struct ConfirmationTests {
    @Test func `the slot never passes what is durable, and follows as soon as it is`() throws {
        let following = try Following("CREATE TABLE t (id int PRIMARY KEY)")
        try following.start()
        try following.catchUp()
        following.output.state.withLock { $0.isHeld = true }
        let held = following.output.durablePosition.lsn
        for id in 0..<20 { try following.sql.query("INSERT INTO t VALUES (\(id))") }
        try following.waitUntil("20 commits arrive") { following.output.rows("t").count == 20 }
        for _ in 0..<20 {
            following.source.requestPosition()
            usleep(10_000)
            #expect(try following.confirmed() ?? .zero <= held)
        }
        following.output.release()
        let durable = following.output.durablePosition.lsn
        #expect(durable > held)
        try following.waitUntil("the slot follows") { try following.confirmed() ?? .zero >= durable }
        #expect(try following.confirmed() ?? .zero <= following.output.durablePosition.lsn)
    }

    @Test func `write-ahead log of other tables and databases does not pin the slot`() throws {
        let following = try Following("CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE unpublished (x text)")
        following.tables = [QualifiedName(schema: "public", name: "t")]
        try following.start()
        try following.catchUp()
        try following.sql.query("INSERT INTO unpublished SELECT repeat('x', 1000) FROM generate_series(1, 2000)")
        let end = try following.sql.value("SELECT pg_current_wal_lsn()").flatMap { LSN(parsing: $0) } ?? .zero
        // Nobody asks: the source advances by itself, through positions in the log.
        try following.waitUntil("the slot passes the unpublished changes") { try following.confirmed() ?? .zero >= end }
        let positions = following.output.frames.count { if case .position = $0 { true } else { false } }
        #expect(positions >= 1)
        #expect(following.output.commits.allSatisfy { !$0.records.isEmpty })
    }

    @Test func `a walsender that is killed again and again loses nothing and repeats nothing`() throws {
        let following = try Following("CREATE TABLE t (id serial PRIMARY KEY, v text)")
        try following.start()
        try following.catchUp()
        for round in 0..<6 {
            for _ in 0..<20 {
                try following.sql.query("INSERT INTO t (v) SELECT repeat('v', 500) FROM generate_series(1, 50)")
            }
            try following.sql.query("UPDATE t SET v = '\(round)' WHERE id % 10 = \(round)")
            try following.sql.query(
                "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = $1 AND active",
                [following.slot]
            )
        }
        try following.catchUp()
        try following.expectEqual("t")
        #expect(following.source.status.lastError != nil)
        try following.waitUntil("it streams") { following.source.status.state == .streaming }
    }

    @Test func `stopping and starting over and over gives the same table`() throws {
        let following = try Following("CREATE TABLE t (id serial PRIMARY KEY, v int)")
        for round in 0..<5 {
            try following.start()
            if round == 0 { try following.catchUp() }
            for _ in 0..<10 { try following.sql.query("INSERT INTO t (v) VALUES (\(round)), (1)") }
            following.stop()
            #expect(following.source.status.state == .stopped)
        }
        try following.start()
        try following.catchUp()
        try following.expectEqual("t")
    }

    @Test func `a log that blocks for longer than the server waits keeps its connection`() throws {
        var options = ThrowawayPostgres.Options()
        options.settings["wal_sender_timeout"] = "1500ms"
        let following = try Following(server: ThrowawayPostgres(options), "CREATE TABLE t (id int PRIMARY KEY)")
        try following.start()
        try following.catchUp()
        try following.waitUntil("it streams") { following.source.status.state == .streaming }
        let gate = DispatchSemaphore(value: 0)
        following.output.state.withLock { $0.blocked = { _ = gate.wait(timeout: .now() + 20) } }
        let before = try following.sql.value("SELECT active_pid FROM pg_replication_slots")
        try following.sql.query("INSERT INTO t VALUES (1)")
        Thread.sleep(forTimeInterval: 5)
        #expect(try following.sql.value("SELECT active_pid FROM pg_replication_slots") == before)
        following.output.state.withLock { $0.blocked = nil }
        gate.signal()
        try following.catchUp()
        #expect(try following.sql.value("SELECT active_pid FROM pg_replication_slots") == before)
        try following.expectEqual("t")
    }

    @Test func `a second source on the same slot waits and takes over`() throws {
        let following = try Following("CREATE TABLE t (id int PRIMARY KEY)")
        try following.start()
        try following.catchUp()
        // Between the snapshot and the stream nobody has the slot.
        try following.waitUntil("the first streams") { following.source.status.state == .streaming }
        let second = try following.makeSource()
        let ended = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            try? second.run()
            ended.signal()
        }
        try following.waitUntil("the second says that it waits") {
            if case .waiting(let reason) = second.status.state { reason.contains("is active for pid") } else { false }
        }
        following.stop()
        try following.waitUntil("the second streams") { second.status.state == .streaming }
        second.stop()
        ended.wait()
    }

    @Test func `a crash of the server is waited out`() throws {
        let server = try ThrowawayPostgres()
        let following = try Following(server: server, "CREATE TABLE t (id int PRIMARY KEY)")
        try following.start()
        try following.catchUp()
        try following.sql.query("INSERT INTO t VALUES (1)")
        server.crash()
        try following.waitUntil("it notices") {
            if case .waiting = following.source.status.state { true } else { false }
        }
        try server.start()
        let sql = try PostgresConnection(server.url(database: following.database))
        try sql.query("INSERT INTO t VALUES (2)")
        try following.waitUntil("it goes on") { following.output.rows("t").count == 2 }
    }
}
