import Foundation
import Logging
import PostgresClient
import PostgresSource
import Relational
import Synchronization
import TestSupport
import Testing

/// One server for the suites that can share it; each test has a database of its own.
enum SharedServer {
    static let common = Result { try ThrowawayPostgres() }
}

/// A database with a source that follows it into memory.
final class Following: @unchecked Sendable {
    // @unchecked Sendable: a test's thread alone uses it; the source's thread only sets `result`, before `ended`.
    let server: ThrowawayPostgres
    let database: String
    let output: MemoryOutput
    let sql: PostgresConnection
    private(set) var source: PostgresSource
    private var ended = DispatchSemaphore(value: 0)
    private var isRunning = false
    private(set) var result: Result<Void, any Error>?
    let reported = Reported()
    var link = ThrowawayPostgres.Link.unixSocket
    var tables: [QualifiedName] = []
    var createMissing = true
    var untilLSN: LSN?
    var bufferByteMax = 8 << 20

    final class Reported: @unchecked Sendable {
        // @unchecked Sendable: behind the lock.
        private let lock = NSLock()
        private var lines: [String] = []
        func append(_ line: String) { lock.withLock { lines.append(line) } }
        var all: [String] { lock.withLock { lines } }
    }

    init(server: ThrowawayPostgres? = nil, _ setup: String, output: MemoryOutput = MemoryOutput()) throws {
        self.server = try server ?? SharedServer.common.get()
        database = try self.server.makeDatabase()
        self.output = output
        sql = try PostgresConnection(self.server.url(database: database))
        try sql.query(setup)
        source = try PostgresSource(
            configuration: SourceConfiguration(url: "", slot: "", publication: ""),
            output: output,
            logger: Logger(label: "test")
        )
    }

    deinit {
        stop()
        _ = try? sql.query(
            "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = '\(slot)' AND NOT active"
        )
    }

    var slot: String { "slot_\(database)" }

    func makeSource() throws -> PostgresSource {
        let reported = reported
        var logger = Logger(label: "source")
        logger.logLevel = .error
        return try PostgresSource(
            configuration: SourceConfiguration(
                url: server.url(database: database, over: link),
                slot: slot,
                publication: "pub of it",
                tables: tables,
                createMissing: createMissing,
                untilLSN: untilLSN,
                bufferByteMax: bufferByteMax
            ),
            output: output,
            logger: logger,
            report: { reported.append($0) }
        )
    }

    func start() throws {
        let source = try makeSource()
        self.source = source
        output.becameDurable = { [weak source] in source?.wake() }
        let ended = DispatchSemaphore(value: 0)
        self.ended = ended
        isRunning = true
        Thread.detachNewThread { [weak self] in
            let result = Result { try source.run() }
            self?.result = result
            ended.signal()
        }
    }

    func stop() {
        guard isRunning else { return }
        source.stop()
        ended.wait()
        isRunning = false
    }

    /// Waits for `run` to return and gives what it threw.
    func failure() -> SourceError? {
        guard waitForEnd() else { return nil }
        if case .failure(let error)? = result {
            if !(error is SourceError) { Issue.record("\(error)") }
            return error as? SourceError
        }
        return nil
    }

    func waitForEnd() -> Bool {
        guard ended.wait(timeout: .now() + 30) == .success else {
            Issue.record("the source did not end; \(source.status)")
            return false
        }
        isRunning = false
        return true
    }

    /// Waits until everything committed so far is in the log.
    func catchUp(sourceLocation: SourceLocation = #_sourceLocation) throws {
        let end = try #require(LSN(parsing: try sql.value("SELECT pg_current_wal_insert_lsn()") ?? ""))
        // Nothing is flushed for its own sake; a commit of ours flushes.
        try sql.query("SELECT pg_logical_emit_message(true, 'test', 'x')")
        try waitUntil("the log reaches \(end)", sourceLocation: sourceLocation) {
            source.requestPosition()
            return output.durablePosition.lsn >= end
        }
        #expect(output.state.withLock { $0.failure } == nil, sourceLocation: sourceLocation)
    }

    func waitUntil(
        _ what: String,
        sourceLocation: SourceLocation = #_sourceLocation,
        _ condition: () throws -> Bool
    ) throws {
        for _ in 0..<3000 {
            if try condition() { return }
            if let result, case .failure(let error) = result {
                Issue.record("the source ended: \(error)", sourceLocation: sourceLocation)
                throw error
            }
            usleep(10_000)
        }
        Issue.record("never: \(what); \(source.status)", sourceLocation: sourceLocation)
        struct Never: Error {}
        throw Never()
    }

    /// Expects the log's image of a table to be the table.
    func expectEqual(_ table: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let columns = output.schema(table)?.columns.map { QualifiedName.quote($0.name) }.joined(separator: ", ") ?? "*"
        let actual = try sql.query("SELECT \(columns) FROM \(QualifiedName.quote(table))").rows.sortedAsText()
        let image = output.rows(table)
        #expect(image.count == actual.count, sourceLocation: sourceLocation)
        for (left, right) in zip(image, actual) where left != right {
            Issue.record("the log has \(left), the table \(right)", sourceLocation: sourceLocation)
            return
        }
    }

    /// The slot's confirmed position.
    func confirmed() throws -> LSN? {
        try sql.value("SELECT confirmed_flush_lsn FROM pg_replication_slots WHERE slot_name = $1", [slot])
            .flatMap { LSN(parsing: $0) }
    }
}
