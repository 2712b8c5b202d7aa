import PostgresClient
import Relational

/// The first snapshot: every table as it was when the slot began, read into the log.
///
/// 1. The schemas are logged and durable before the slot is made. A log that has schemas and no position is one whose first
///    snapshot was not completed: this is how the next start knows that the slot is its own (`StartDecision`).
/// 2. The slot is made; it exports the snapshot of its consistent point.
/// 3. The tables are locked against ALTER in a transaction on that snapshot, and must still be what was logged; a rewrite in
///    between would hide their rows.
/// 4. Each is read by COPY, in chunks.
/// 5. The snapshot is completed at the consistent point, and durable, before streaming starts there.
struct InitialSnapshot {
    private static let tries = 5

    let output: any SourceOutput
    let status: StatusBoard
    let timeline: UInt32
    /// Opens an ordinary connection.
    let connect: () throws(PostgresError) -> PostgresConnection
    /// Reads what there is to read, over an ordinary connection.
    let readTables: (PostgresConnection) throws -> [SnapshotTable]
    let report: (String) -> Void
    /// Bytes of rows in a frame of the log; the buffer for them may be twice as large, and larger by one row.
    let chunkByteCount: Int

    /// Makes the slot and reads the tables.
    func run(slot: String, _ replication: PostgresConnection, startingAt lsn: LSN) throws {
        for _ in 0..<Self.tries {
            let catalog = try connect()
            let tables = try readTables(catalog)
            let layouts = try register(tables, at: lsn)
            try output.waitUntilDurable()
            report(PostgresConnection.createSlotCommand(slot) + ";")
            let created = try create(slot, replication, catalog)
            guard let point = LSN(parsing: created.consistentPoint) else {
                throw PostgresError(.unexpectedAnswer, "the slot's consistent point is not an LSN")
            }
            let reader = try connect()
            try begin(reader, created.snapshotName, tables)
            guard try areUnaltered(tables, catalog) else {
                report("-- the tables changed while the snapshot began; again")
                reader.close()
                try replication.query("DROP_REPLICATION_SLOT \(SQLText.identifier(slot))")
                continue
            }
            let id = try output.beginSnapshot()
            try read(tables, layouts, reader, into: id)
            try output.completeSnapshot(
                id,
                at: SourcePosition(timeline: timeline, lsn: point),
                relations: tables.map(\.schema.relationID)
            )
            // Commit point: from here on the next start streams instead of reading again.
            try output.waitUntilDurable()
            try reader.query("COMMIT")
            return
        }
        throw SourceError(
            .snapshotUnstable,
            "the tables were altered every time their snapshot began",
            hint: "wait for the migration to end, then: leftfold run"
        )
    }

    private func register(_ tables: [SnapshotTable], at lsn: LSN) throws -> [RelationLayout] {
        try tables.map { table in
            let id = try output.schemaID(
                for: table.schema,
                readAt: SourcePosition(timeline: timeline, lsn: lsn)
            )
            return RelationLayout(table.schema, id: id)
        }
    }

    private func create(
        _ slot: String,
        _ replication: PostgresConnection,
        _ catalog: PostgresConnection
    ) throws -> CreatedSlot {
        // The server waits for every transaction that runs now; say for which, each once and its age as it grows.
        var named: String?
        func nameBlocker() throws(PostgresError) {
            guard let blocker = try LongTransaction.oldest(catalog) else { return }
            status.update { $0.state = .waiting("slot creation waits for \(blocker)") }
            if blocker.xid != named { report("-- waits for \(blocker)") }
            named = blocker.xid
        }
        try nameBlocker()
        return try replication.createLogicalSlot(slot, isWaiting: nameBlocker)
    }

    /// The locks are held by then, and a TRUNCATE or ALTER may already wait behind them: this must not wait behind it.
    private func areUnaltered(_ tables: [SnapshotTable], _ catalog: PostgresConnection) throws(PostgresError) -> Bool {
        let now = try CatalogReader(connection: catalog).relations(tables.map(\.relation.relation))
        return now.count == tables.count && zip(now, tables).allSatisfy { $0.isUnaltered(since: $1.relation) }
    }

    private func begin(_ reader: PostgresConnection, _ snapshot: String, _ tables: [SnapshotTable]) throws {
        try reader.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        try reader.query("SET TRANSACTION SNAPSHOT \(SQLText.literal(snapshot))")
        try reader.query("SELECT pg_catalog.set_config('search_path', 'pg_catalog', true)")
        if !tables.isEmpty {
            let names = tables.map { "ONLY \($0.schema.name.quoted)" }.joined(separator: ", ")
            try reader.query("LOCK TABLE \(names) IN ACCESS SHARE MODE")
        }
    }

    private func read(
        _ tables: [SnapshotTable],
        _ layouts: [RelationLayout],
        _ reader: PostgresConnection,
        into id: Int64
    ) throws {
        var slab = ByteSlab(capacity: chunkByteCount + (64 << 10))
        defer { status.update { $0.bufferedBytes = 0 } }
        var row = CopyTextRow()
        var byteCount: Int64 = 0
        for (index, (table, layout)) in zip(tables, layouts).enumerated() {
            var meter = SnapshotMeter(table, done: index, of: tables.count)
            var recordCount = 0
            try reader.copyOut(table.copyCommand) { line in
                try row.append(line, layout, into: &slab)
                recordCount += 1
                byteCount += Int64(line.count)
                guard slab.count >= chunkByteCount else { return }
                try output.appendSnapshot(id, records: slab, recordCount: recordCount)
                slab.removeAll()
                slab.shrink(keeping: 2 * chunkByteCount)
                meter.add(recordCount, bytes: byteCount)
                recordCount = 0
                status.update {
                    $0.state = .snapshotting(meter.progress)
                    $0.bufferedBytes = Int64(slab.capacity)
                }
            }
            if recordCount > 0 { try output.appendSnapshot(id, records: slab, recordCount: recordCount) }
            slab.removeAll()
            meter.add(recordCount, bytes: byteCount)
            status.update { $0.state = .snapshotting(meter.progress) }
        }
    }
}

/// Counts the rows of one table's snapshot.
private struct SnapshotMeter {
    private(set) var progress: SnapshotProgress
    private let start = ContinuousClock.now

    init(_ table: SnapshotTable, done: Int, of count: Int) {
        progress = SnapshotProgress(
            table: table.schema.name,
            rows: 0,
            estimatedRows: table.relation.estimatedRows,
            bytes: 0,
            rowsPerSecond: 0,
            tablesDone: done,
            tableCount: count
        )
    }

    mutating func add(_ rows: Int, bytes: Int64) {
        progress.rows += Int64(rows)
        progress.bytes = bytes
        let seconds = start.duration(to: .now) / .seconds(1)
        progress.rowsPerSecond = seconds > 0 ? Double(progress.rows) / seconds : 0
    }
}
