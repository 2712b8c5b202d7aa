import Foundation
import PostgresClient
import Testing
import TestSupport

/// One server for the suites of this module.
enum SharedServer {
    static let trusting = Result { try ThrowawayPostgres() }
    static let asking = Result {
        var options = ThrowawayPostgres.Options()
        options.password = "s3cret word"
        options.walLevel = "replica"
        return try ThrowawayPostgres(options)
    }
}

@Suite struct ConnectionTests {
    let server: ThrowawayPostgres

    init() throws { server = try SharedServer.trusting.get() }

    @Test(arguments: ThrowawayPostgres.Link.allCases)
    func `values come back as text with NULL apart from the empty string`(link: ThrowawayPostgres.Link) throws {
        let connection = try PostgresConnection(server.url(over: link))
        #expect(connection.isUnixSocket == (link == .unixSocket))
        let result = try connection.query("SELECT $1::int + 1, NULL, '', $2::text", ["41", "gruß \\ '"])
        #expect(result.rows == [["42", nil, "", "gruß \\ '"]])
        #expect(result.bytes(0, 0).map(Array.init) == Array("42".utf8))
        #expect(result[3, 3] == nil)
    }

    @Test func `every setting that changes text output is pinned, whatever the role says`() throws {
        try server.execute(
            """
            DROP ROLE IF EXISTS odd; CREATE ROLE odd LOGIN;
            ALTER ROLE odd SET DateStyle = 'German'; ALTER ROLE odd SET TimeZone = 'Asia/Tokyo';
            ALTER ROLE odd SET IntervalStyle = 'iso_8601'; ALTER ROLE odd SET extra_float_digits = -5;
            ALTER ROLE odd SET bytea_output = 'escape'; ALTER ROLE odd SET client_encoding = 'LATIN1'
            """
        )
        let connection = try PostgresConnection(server.url(user: "odd") + "&options=-c%20work_mem%3D77MB")
        let row = try connection.query(
            """
            SELECT '2026-11-21 12:00:00+00'::timestamptz, '1 day 2 hours'::interval, 0.1::float8 + 0.2::float8,
                '\\x00ff'::bytea, current_setting('client_encoding'), current_setting('row_security'),
                current_setting('work_mem'), current_setting('application_name')
            """
        )
        #expect(
            row.rows == [
                [
                    "2026-11-21 12:00:00+00", "1 day 02:00:00", "0.30000000000000004", "\\x00ff", "UTF8", "off", "77MB",
                    "leftfold",
                ]
            ]
        )
    }

    @Test func `a failing statement is an error with its SQLSTATE and the connection goes on`() throws {
        let connection = try PostgresConnection(server.url())
        let error = #expect(throws: PostgresError.self) { try connection.query("SELECT * FROM nowhere") }
        #expect(error?.code == .undefinedObject)
        #expect(error?.sqlState == "42P01")
        #expect(try connection.value("SELECT 1") == "1")
    }

    @Test func `COPY hands out each row, and an error of the reader leaves the connection usable`() throws {
        let connection = try PostgresConnection(server.url())
        var byteCount = 0
        var rowCount = 0
        try connection.copyOut("COPY (SELECT g, NULL FROM generate_series(1, 100000) g) TO STDOUT") { row in
            byteCount += row.count
            rowCount += 1
        }
        #expect(rowCount == 100_000)
        #expect(byteCount == 488_895 + 4 * 100_000)
        struct Enough: Error {}
        #expect(throws: Enough.self) {
            try connection.copyOut("COPY (SELECT generate_series(1, 10000000)) TO STDOUT") { _ in throw Enough() }
        }
        #expect(try connection.value("SELECT 7") == "7")
        let error = #expect(throws: PostgresError.self) {
            try connection.copyOut("COPY (SELECT 1 / (5 - g) FROM generate_series(1, 9) g) TO STDOUT") { _ in }
        }
        #expect(error?.sqlState == "22012")
        #expect(try connection.value("SELECT 8") == "8")
    }

    @Test func `another thread ends a query that waits`() throws {
        let signal = try WakeSignal()
        var options = ConnectionOptions()
        options.wakeSignal = signal
        let connection = try PostgresConnection(server.url(), options: options)
        Thread.detachNewThread {
            usleep(50_000)
            signal.stop()
        }
        let error = #expect(throws: PostgresError.self) { try connection.query("SELECT pg_sleep(100)") }
        #expect(error?.code == .interrupted)
    }

    @Test func `a query is cancelled from another thread`() throws {
        let connection = try PostgresConnection(server.url())
        let canceller = try #require(connection.makeCanceller())
        Thread.detachNewThread {
            usleep(200_000)
            canceller.cancel()
        }
        let error = #expect(throws: PostgresError.self) { try connection.query("SELECT pg_sleep(100)") }
        #expect(error?.code == .cancelled)
    }

    @Test func `a connection that the server ends is lost, not stuck`() throws {
        let connection = try PostgresConnection(server.url())
        try server.execute("SELECT pg_terminate_backend(\(connection.backendProcessID))")
        let error = #expect(throws: PostgresError.self) { try connection.query("SELECT 1") }
        #expect(error?.code == .connectionLost)
        #expect(!connection.isOpen)
        #expect(throws: PostgresError.self) { try connection.query("SELECT 1") }
    }
}

@Suite struct RefusalTests {
    private func refusal(_ url: String) -> PostgresError? {
        #expect(throws: PostgresError.self) { _ = try PostgresConnection(url) }
    }

    @Test func `nobody listening is told with the command to look`() throws {
        let error = refusal("postgresql://someone:hunter2@127.0.0.1:1/x")
        #expect(error?.code == .cannotConnect)
        #expect(error?.message.contains("failed: ") == true, "the cause, not libpq's question: \(error?.message ?? "")")
        #expect(error?.hint?.contains("pg_isready -h 127.0.0.1 -p 1") == true)
        #expect(error?.description.contains("hunter2") == false)
    }

    @Test func `a wrong password, a missing one and a missing database are told apart`() throws {
        let server = try SharedServer.asking.get()
        let wrong = refusal(server.url(over: .tcp, password: "hunter2"))
        #expect(wrong?.code == .authentication)
        #expect(wrong?.sqlState == "28P01")
        #expect(wrong?.description.contains("hunter2") == false)
        let none = refusal("postgresql://postgres@127.0.0.1:\(server.port)/postgres")
        #expect(none?.code == .authentication)
        let missing = refusal(server.url(database: "nowhere", over: .tcp))
        #expect(missing?.code == .missingDatabase)
        #expect(missing?.hint == "createdb nowhere")
    }

    @Test(arguments: [
        "postgresql://u:hunter2@[::1/x", "postgresql://u:hunter%zz@h/x", "postgresql://u:hunter2@h:port/x?hunter2=3",
        "host=h password=hunter2 nonsense",
    ])
    func `a URL that cannot be read is never repeated`(url: String) throws {
        let error = refusal(url)
        #expect(error?.code == .cannotConnect)
        #expect(error?.description.contains("hunter") == false)
    }

    @Test func `a logical slot on wal_level replica is the wrong state`() throws {
        let server = try SharedServer.asking.get()
        let connection = try PostgresConnection(server.url(), options: .replication())
        let error = #expect(throws: PostgresError.self) { try connection.createLogicalSlot("s") }
        #expect(error?.code == .wrongState)
    }
}

@Suite struct ReplicationTests {
    @Test func `a slot streams copy messages until this side ends it`() throws {
        let server = try SharedServer.trusting.get()
        let database = try server.makeDatabase()
        try server.execute(
            "CREATE TABLE t (a int PRIMARY KEY); CREATE PUBLICATION \"odd \"\"name'\" FOR TABLE t",
            database: database
        )
        let connection = try PostgresConnection(server.url(database: database), options: .replication())
        let identity = try connection.identifySystem()
        #expect(identity.timeline == 1)
        #expect(!identity.systemIdentifier.isEmpty)
        let slot = try connection.createLogicalSlot("stream_test")
        #expect(!slot.snapshotName.isEmpty)
        try server.execute("INSERT INTO t VALUES (1)", database: database)
        try connection.startReplication(
            slot: "stream_test",
            from: slot.consistentPoint,
            protocolVersion: 1,
            publications: ["odd \"name'"]
        )
        var kinds: [UInt8] = []
        while kinds.count < 4 {
            switch try connection.receive() {
            case .message(let bytes) where bytes[0] == UInt8(ascii: "w"): kinds.append(bytes[25])
            case .message: continue
            case .wouldBlock:
                _ = connection.waitForInput(.seconds(1))
                try connection.readInput()
            case .ended: Issue.record("the server ended the stream")
            }
        }
        #expect(kinds == Array("BRIC".utf8))
        try connection.endCopy(timeout: .seconds(5))
        #expect(try connection.query("SELECT 5")[0, 0] == "5")
        try connection.query("DROP_REPLICATION_SLOT stream_test")
    }
}
