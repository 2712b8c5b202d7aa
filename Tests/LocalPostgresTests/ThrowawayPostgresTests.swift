import Foundation
import LocalPostgres
import Testing

@Suite struct ThrowawayPostgresTests {
    @Test func `a server answers over both links and leaves nothing behind`() throws {
        let server = try ThrowawayPostgres()
        #expect(try server.execute("SHOW wal_level") == "logical")
        let database = try server.makeDatabase()
        #expect(try server.execute("SELECT current_database()", database: database) == database)
        #expect(server.url(over: .tcp) == "postgresql://postgres@127.0.0.1:\(server.port)/postgres")
        let directory = server.directory
        let processID = try #require(server.processID)
        server.close()
        #expect(!FileManager.default.fileExists(atPath: directory))
        #expect(kill(processID, 0) != 0)
    }

    @Test func `a crashed server keeps what was committed`() throws {
        let server = try ThrowawayPostgres()
        try server.execute("CREATE TABLE t (a int); INSERT INTO t VALUES (42); CHECKPOINT")
        server.crash()
        #expect(throws: LocalPostgresError.self) { try server.execute("SELECT 1") }
        try server.start()
        #expect(try server.execute("SELECT a FROM t") == "42")
    }

    @Test func `a server with a password lets nobody in without it`() throws {
        var options = ThrowawayPostgres.Options()
        options.password = "s3cret word"
        let server = try ThrowawayPostgres(options)
        #expect(try server.execute("SELECT 1") == "1")
        #expect(server.url(password: "s3cret word").contains("s3cret%20word"))
        #expect(try server.execute("SELECT count(*) FROM pg_hba_file_rules WHERE auth_method = 'trust'") == "0")
    }

    @Test func `a failing statement is an error with the server's message`() throws {
        let server = try ThrowawayPostgres()
        let error = #expect(throws: LocalPostgresError.self) { try server.execute("SELECT nothing") }
        #expect(error?.detail?.contains("nothing") == true)
    }
}
