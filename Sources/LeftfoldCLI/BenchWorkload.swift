import EventLog
import Relational

/// What `log bench` appends: commits of 1000 inserts or updates of 150 bytes, and one sync for ten of them.
struct BenchWorkload: ~Copyable {
    static let batchRecordCount = 1000
    static let batchesPerSync = 10
    /// 150 bytes with padding.
    static let recordByteCount = 152
    private static let labelByteCount = 110
    private static let position = SourcePosition(timeline: 1, lsn: LSN(1))
    private static let schema = RelationSchema(
        relation: RelationID(1),
        name: QualifiedName(schema: "public", name: "bench"),
        columns: [
            Column(name: "id", attributeNumber: 1, type: .int8, isNotNull: true),
            Column(name: "label", attributeNumber: 2, type: .text),
        ],
        primaryKey: [0]
    )

    /// One batch; its keys are 0..<1000 until others are set.
    private(set) var records = ByteSlab(capacity: 256 << 10)
    /// Of all logs, so that the positions of each ascend.
    private var commitCount: UInt64 = 0
    private let clock = ContinuousClock()

    init() {
        let label = [UInt8](repeating: UInt8(ascii: "x"), count: Self.labelByteCount)
        for id in 0..<Self.batchRecordCount {
            let record = records.beginRecord(.insert, schema: SchemaID(0), hasNew: true, hasOld: false)
            let row = records.beginRow(columnCount: 2)
            records.set(0, int: Int64(id), in: row)
            label.withUnsafeBytes { records.set(1, bytes: $0, in: row) }
            records.endRow(row)
            records.endRecord(record)
        }
        precondition(
            records.count == Self.batchRecordCount * Self.recordByteCount,
            "every record is as long as it is said"
        )
    }

    static func batchCount(_ recordCount: Int) -> Int { (recordCount + batchRecordCount - 1) / batchRecordCount }

    /// Gives each record of the batch another key.
    mutating func setKeys(_ key: (Int) -> Int64) {
        for index in 0..<Self.batchRecordCount {
            // Behind the headers of record and row, 16 and 8 bytes.
            records.store(key(index), at: index * Self.recordByteCount + 24)
        }
    }

    /// A new log that knows the schema.
    static func makeLog(_ directory: String, _ fileSystem: any FileSystem) throws -> EventLog {
        let log = try EventLog.open(directory: directory, fileSystem: fileSystem)
        _ = try log.register(schema, readAt: position)
        try log.flush()
        return log
    }

    /// Appends the batch so often, each a commit of its own, and flushes after every few of them.
    mutating func append(_ batchCount: Int, to log: EventLog) throws -> Duration {
        let start = clock.now
        var left = batchCount
        while left > 0 {
            for _ in 0..<min(left, Self.batchesPerSync) { try appendCommit(to: log) }
            try log.flush()
            left -= Self.batchesPerSync
        }
        return clock.now - start
    }

    /// Appends the batch as the next commit.
    mutating func appendCommit(to log: EventLog) throws {
        commitCount += 1
        let end = SourcePosition(timeline: 1, lsn: LSN(8 + 8 * commitCount))
        try log.append(
            kind: .commit,
            header: TransactionHeader(xid: 1, commitEnd: end, commitTime: 0),
            records: records,
            recordCount: Self.batchRecordCount
        )
    }
}
