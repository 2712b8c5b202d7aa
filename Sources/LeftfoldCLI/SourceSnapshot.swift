import Foundation
import PostgresClient
import Relational
import ViewPlan
import ViewSQL

/// The database as it is at one LSN: every commit up to it, none after it. Owned by one thread.
///
/// A temporary logical slot exports the snapshot and gives the LSN; it goes with its connection.
final class SourceSnapshot {
    /// The slot's consistent point.
    let lsn: LSN
    private let slotConnection: PostgresConnection
    private let connection: PostgresConnection

    /// The SQLSTATE of a wait for writers that took too long.
    static let lockTimeoutState = "55P03"

    /// Waits for each transaction that is writing for `lockTimeout` at most.
    init(url: String, lockTimeout: Duration) throws {
        var options = ConnectionOptions.replication()
        options.applicationName = "leftfold verify"
        options.settings["lock_timeout"] = "\(max(lockTimeout.wholeMicroseconds / 1000, 1))"
        slotConnection = try PostgresConnection(url, options: options)
        let name = "leftfold_verify_\(getpid())_\(UInt32.random(in: 0...UInt32.max))"
        let answer: PostgresResult
        do {
            answer = try slotConnection.query(
                "CREATE_REPLICATION_SLOT \(SQLText.identifier(name)) TEMPORARY LOGICAL pgoutput EXPORT_SNAPSHOT"
            )
        } catch {
            slotConnection.close()
            throw error
        }
        guard let point = answer[0, 1].flatMap({ LSN(parsing: $0) }), let snapshot = answer[0, 2] else {
            throw CommandFailure(.dataError, "the server's answer to CREATE_REPLICATION_SLOT cannot be read")
        }
        lsn = point
        options = ConnectionOptions()
        options.applicationName = "leftfold verify"
        connection = try PostgresConnection(url, options: options)
        try connection.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        try connection.query("SET TRANSACTION SNAPSHOT \(SQLText.literal(snapshot))")
        // From here on the snapshot lives in this transaction; the slot need not hold WAL any longer.
        slotConnection.close()
    }

    func close() {
        connection.close()
        slotConnection.close()
    }

    /// Runs a view's own SELECT and hands its rows over in batches. Views that it reads become CTEs of their names.
    func rows(
        of view: ViewDefinition,
        dependencies: [ViewDefinition],
        _ body: (borrowing ZSet) throws -> Void
    ) throws {
        let prefix = dependencies.map { "\(QualifiedName.quote($0.name)) AS (\(QueryText.select(of: $0.sql)))" }.joined(
            separator: ", "
        )
        let query = QueryText.select(of: view.sql)
        let select = prefix.isEmpty ? query : "WITH \(prefix) SELECT * FROM (\(query)) AS answer"
        try connection.query("DECLARE answer NO SCROLL CURSOR FOR \(select)")
        while true {
            let result = try connection.query("FETCH 10000 FROM answer")
            guard result.rowCount > 0 else { break }
            guard result.columnCount == view.columns.count else {
                throw CommandFailure(.dataError, "the server answers view \(view.name) with other columns")
            }
            try body(Self.packed(result, view.columns))
        }
        try connection.query("CLOSE answer")
    }

    static func packed(_ result: PostgresResult, _ columns: [ViewColumn]) throws -> ZSet {
        var rows = ZSet()
        for index in 0..<result.rowCount {
            let row = rows.beginRow(columnCount: columns.count)
            for (column, described) in columns.enumerated() {
                guard let bytes = result.bytes(index, column) else { continue }
                try TextCodec.decode(
                    bytes,
                    as: described.type.encoding,
                    column: column,
                    row: row,
                    into: &rows.slab
                )
            }
            rows.endRow(row, weight: 1)
        }
        return rows
    }
}
