import Foundation
import SQLiteDatabase
import Testing

@Suite final class SQLiteDatabaseTests {
    private let folder = NSTemporaryDirectory() + "leftfold-sqlite-" + UUID().uuidString

    init() throws { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    private var path: String { folder + "/a.db" }

    private func open(_ mode: SQLiteConnection.Mode = .create) throws -> SQLiteConnection {
        try SQLiteConnection(path: path, mode: mode, busyTimeout: .milliseconds(20))
    }

    private func failure(_ body: () throws -> Void) throws -> SQLiteError {
        try #require(throws: SQLiteError.self, performing: body)
    }

    @Test func `values come back in their storage class, empty ones too`() throws {
        let database = try open()
        try database.execute("CREATE TABLE t (a, b, c, d, e, f, g)")
        let insert = try database.prepare("INSERT INTO t VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")
        let bytes: [UInt8] = [0, 255, 0]
        try bytes.withUnsafeBytes { bytes in
            try insert.bind(1, int: .min)
            try insert.bind(2, double: -0.0)
            try insert.bind(3, text: "snö")
            try insert.bind(4, blob: bytes)
            try insert.bindNull(5)
            try insert.bind(6, text: UnsafeRawBufferPointer(start: nil, count: 0))
            try insert.bind(7, blob: UnsafeRawBufferPointer(start: nil, count: 0))
            #expect(try insert.run() == 1)
        }
        let select = try database.prepare("SELECT * FROM t")
        #expect(try select.step())
        #expect((0..<7).map(select.storageClass) == [.integer, .real, .text, .blob, .null, .text, .blob])
        #expect(select.int(0) == .min)
        #expect(select.double(1).sign == .minus)
        #expect(select.text(2) == "snö")
        #expect(Array(select.bytes(3)) == bytes)
        #expect(select.bytes(5).isEmpty && select.bytes(6).isEmpty)
        #expect(try !select.step())
        #expect(try select.step(), "a statement starts again after its end")
    }

    @Test func `exactly one statement is compiled`() throws {
        let database = try open()
        #expect(try failure { _ = try database.prepare("SELECT 1; SELECT 2") }.code == .error)
        #expect(try failure { _ = try database.prepare("-- nothing") }.code == .error)
        #expect(try failure { _ = try database.prepare("SELEC 1") }.message.contains("syntax error"))
        let statement = try database.prepare("SELECT 1;\n  ")
        #expect(try statement.step())
    }

    @Test func `a failed statement says why and can be run again`() throws {
        let database = try open()
        try database.execute("CREATE TABLE t (a INTEGER PRIMARY KEY)")
        let insert = try database.prepare("INSERT INTO t VALUES (?1)")
        try insert.bind(1, int: 1)
        try insert.run()
        let error = try failure { try insert.run() }
        #expect(error.code == .constraint)
        #expect(error.message == "UNIQUE constraint failed: t.a")
        try insert.bind(1, int: 2)
        #expect(try insert.run() == 1)
    }

    @Test func `a transaction that throws leaves nothing`() throws {
        struct Stop: Error {}
        let database = try open()
        try database.execute("CREATE TABLE t (a)")
        try database.beginImmediate()
        try database.execute("INSERT INTO t VALUES (1)")
        #expect(database.isInTransaction)
        database.rollback()
        database.rollback()
        #expect(!database.isInTransaction)
        #expect(try database.integer("SELECT count(*) FROM t") == 0)
    }

    @Test func `errors of opening name the path and a next step`() throws {
        let missing = try failure {
            _ = try SQLiteConnection(path: folder + "/no/a.db", mode: .create)
        }
        #expect(missing.code == .cannotOpen)
        #expect(missing.path == folder + "/no/a.db")
        #expect(missing.hint?.contains("ls -ld \(folder)/no") == true)
        #expect(try failure { _ = try open(.readWrite) }.code == .cannotOpen)
        try Data("this is no database, and long enough to be seen as none".utf8).write(to: URL(filePath: path))
        let alien = try failure { _ = try open().integer("SELECT count(*) FROM sqlite_schema") }
        #expect(alien.code == .notADatabase)
        #expect(alien.hint != nil)
    }

    @Test func `a second writer is told that the file is locked, a reader is not`() throws {
        let first = try open()
        #expect(try first.text("PRAGMA journal_mode = WAL") == "wal")
        try first.execute("CREATE TABLE t (a)")
        try first.beginImmediate()
        try first.execute("INSERT INTO t VALUES (1)")
        let second = try open()
        #expect(try failure { try second.beginImmediate() }.code == .busy)
        #expect(try second.integer("SELECT count(*) FROM t") == 0)
        let reader = try open(.readOnly)
        #expect(try reader.integer("SELECT count(*) FROM t") == 0)
        #expect(try failure { try reader.execute("DELETE FROM t") }.code == .readOnly)
        try first.commit()
        #expect(try reader.integer("SELECT count(*) FROM t") == 1)
    }

    @Test func `whoever takes over checkpoints sees the log grow and copies it`() throws {
        let database = try open()
        #expect(try database.text("PRAGMA journal_mode = WAL") == "wal")
        database.takeOverCheckpoints()
        try database.execute("CREATE TABLE t (a)")
        for _ in 0..<1500 { try database.execute("INSERT INTO t VALUES (zeroblob(3000))") }
        #expect(database.walPageCount > 1500, "SQLite checkpoints at 1000 pages by itself")
        let reader = try open(.readOnly)
        try reader.execute("BEGIN")
        #expect(try reader.integer("SELECT count(*) FROM t") == 1500)
        try database.execute("INSERT INTO t VALUES (1)")
        #expect(try !database.checkpoint(), "a reader of an older state is in the way")
        try database.syncLog()
        try reader.execute("COMMIT")
        #expect(try database.checkpoint())
        try database.execute("INSERT INTO t VALUES (1)")
        #expect(database.walPageCount < 10)
    }
}
