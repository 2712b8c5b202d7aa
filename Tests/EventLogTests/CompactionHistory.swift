import EventLog
import Relational
import TestSupport

/// A seeded history of a small database, written into a log as a source would send it.
///
/// Transactions of one frame, large ones in parts that interleave, snapshots after a *generation* frame, keys that change, TOASTed columns that are not
/// sent again, TRUNCATEs, added columns, a relation whose key changes, and groups that a restart leaves open.
final class CompactionHistory {
    /// One row as the source has it.
    struct Row {
        var id: Int64
        var code: Int64
        var doc: String?
        var note: String?
        var extra: Int64?
    }

    /// One relation of the source.
    struct Table {
        var id: RelationID
        var version = 0
        var schema: SchemaID?
        var rows: [Row] = []
        /// Ids of rows that an open transaction has changed.
        var locked: Set<Int64> = []
        /// Open transactions that hold the whole relation.
        var isHeld = false
        var identity: ReplicaIdentity

        var key: WritableKeyPath<Row, Int64> { version < 2 ? \.id : \.code }
    }

    struct OpenTransaction {
        var group: GroupID
        var kind: FrameKind
        var table: Int
        /// What the table's rows are when it commits.
        var rows: [Row] = []
        var ids: Set<Int64> = []
    }

    /// A `compact` relation with the default identity, one with full old rows, one without a key, and one that is kept.
    static let tables = [RelationID(1), RelationID(2), RelationID(3), RelationID(4)]
    static let directory = "/data/log"

    let fileSystem: FaultyFileSystem
    private(set) var log: EventLog
    private(set) var tables: [Table]
    private var random: SeededGenerator
    private var open: [OpenTransaction] = []
    private var lsn: UInt64 = 100
    private var serial: Int64 = 0
    private let segmentByteTarget: Int
    /// Whether schemas may change.
    private let altersTables: Bool

    init(seed: UInt64, segmentByteTarget: Int, altersTables: Bool = true) throws {
        random = SeededGenerator(seed: seed)
        fileSystem = FaultyFileSystem()
        self.segmentByteTarget = segmentByteTarget
        self.altersTables = altersTables
        tables = Self.tables.map { id in
            Table(id: id, identity: id.rawValue == 2 ? .full : id.rawValue == 3 ? .nothing : .default)
        }
        log = try Self.open(fileSystem, segmentByteTarget)
    }

    private static func open(_ fileSystem: FaultyFileSystem, _ segmentByteTarget: Int) throws -> EventLog {
        let options = LogOptions(segmentByteTarget: segmentByteTarget, newID: LogID(high: 7, low: 9))
        return try EventLog.open(directory: directory, fileSystem: fileSystem, options: options)
    }

    /// Opens the log again; transactions that were open are dropped.
    func reopen() throws {
        try log.close()
        log = try Self.open(fileSystem, segmentByteTarget)
        for transaction in open { release(transaction) }
        open = []
    }

    func run(steps: Int) throws {
        for _ in 0..<steps { try step() }
        try log.flush()
    }

    /// Commits what is open, so that nothing holds the horizon back.
    func settle() throws {
        while !open.isEmpty { try commitOpen(0) }
        try log.flush()
    }

    private func pick(_ range: Range<Int>) -> Int { Int.random(in: range, using: &random) }

    private func step() throws {
        switch pick(0..<40) {
        case 0: try truncate()
        case 1: if altersTables { try alter() }
        case 2: try beginSnapshot()
        case 3, 4, 5: try beginLarge()
        case 6..<12: try addToOpen()
        case 12..<16: if !open.isEmpty { try commitOpen(pick(0..<open.count)) }
        case 16: _ = try log.appendPosition(nextPosition(), time: Int64(lsn))
        case 17: _ = try log.appendClockTick(Int64(lsn))
        case 18: if pick(0..<8) == 0 { try reopen() }
        case 19..<22: try log.flush()
        default: try commitSmall()
        }
    }

    private func nextPosition() -> SourcePosition {
        lsn += 8
        return SourcePosition(timeline: 1, lsn: LSN(lsn))
    }

    private func header() -> TransactionHeader {
        TransactionHeader(xid: UInt32(lsn), commitEnd: nextPosition(), commitTime: Int64(lsn) * 1_000_000)
    }

    // MARK: Transactions

    private func commitSmall() throws {
        let table = pick(0..<tables.count)
        guard !tables[table].isHeld else { return }
        var records = HistoryRecords(try schema(of: table), tables[table])
        var rows = tables[table].rows
        for _ in 0..<pick(0..<4) { change(&rows, table, &records, locked: tables[table].locked) }
        tables[table].rows = rows
        try append(.commit, .none, records)
    }

    private func beginLarge() throws {
        let table = pick(0..<tables.count)
        guard open.count < 3, !tables[table].isHeld, !open.contains(where: { $0.table == table }) else { return }
        var transaction = OpenTransaction(group: log.makeGroup(), kind: .part, table: table)
        // It holds half of the rows; the others go on being changed.
        for row in tables[table].rows where Bool.random(using: &random) { transaction.ids.insert(row.id) }
        transaction.rows = tables[table].rows.filter { transaction.ids.contains($0.id) }
        tables[table].locked.formUnion(transaction.ids)
        open.append(transaction)
    }

    private func beginSnapshot() throws {
        let table = pick(0..<tables.count)
        guard open.count < 3, !tables[table].isHeld, !open.contains(where: { $0.table == table }),
            tables[table].id != Self.tables[3], tables[table].id != Self.tables[2]
        else { return }
        _ = try schema(of: table)
        _ = try log.appendGeneration(relations: [tables[table].id], header: header())
        tables[table].rows = []
        tables[table].isHeld = true
        open.append(OpenTransaction(group: log.makeGroup(), kind: .snapshot, table: table))
    }

    private func addToOpen() throws {
        guard !open.isEmpty else { return }
        let index = pick(0..<open.count)
        let table = open[index].table
        var records = HistoryRecords(try schema(of: table), tables[table])
        var rows = open[index].rows
        for _ in 0..<pick(1..<4) {
            if open[index].kind == .snapshot {
                let row = newRow(beside: rows)
                rows.append(row)
                records.insert(row)
            } else {
                change(&rows, table, &records, locked: [])
            }
        }
        // An id that it has had stays its own until the end.
        for row in open[index].rows + rows + records.rows { open[index].ids.insert(row.id) }
        open[index].rows = rows
        try append(open[index].kind, open[index].group, records)
    }

    private func commitOpen(_ index: Int) throws {
        let transaction = open.remove(at: index)
        let table = transaction.table
        if transaction.kind == .snapshot {
            _ = try log.appendSnapshotComplete(
                group: transaction.group,
                relations: [tables[table].id],
                header: header()
            )
        } else {
            try append(.commit, transaction.group, HistoryRecords(try schema(of: table), tables[table]))
        }
        release(transaction)
        tables[table].rows.removeAll { transaction.ids.contains($0.id) }
        tables[table].rows += transaction.rows
    }

    private func release(_ transaction: OpenTransaction) {
        tables[transaction.table].locked.subtract(transaction.ids)
        if transaction.kind == .snapshot { tables[transaction.table].isHeld = false }
    }

    private func append(_ kind: FrameKind, _ group: GroupID, _ records: consuming HistoryRecords) throws {
        _ = try log.append(
            kind: kind,
            header: header(),
            group: group,
            records: records.slab,
            recordCount: records.count
        )
    }

    // MARK: Changes

    private func newRow(beside rows: [Row]) -> Row {
        serial += 1
        // Few ids, so that deleted ones come back; codes never do.
        var id = Int64(pick(0..<24))
        while rows.contains(where: { $0.id == id }) || tables.contains(where: { $0.rows.contains { $0.id == id } })
            || open.contains(where: { $0.rows.contains { $0.id == id } || $0.ids.contains(id) })
        {
            id += 24
        }
        return Row(
            id: id,
            code: 1000 + serial,
            doc: text(),
            note: Bool.random(using: &random) ? nil : text(),
            extra: serial
        )
    }

    private func text() -> String {
        String(repeating: "abcdefgh".randomElement(using: &random) ?? "x", count: pick(0..<60))
    }

    private func change(_ rows: inout [Row], _ table: Int, _ records: inout HistoryRecords, locked: Set<Int64>) {
        let free = rows.indices.filter { !locked.contains(rows[$0].id) }
        let isInsertOnly = tables[table].identity == .nothing
        guard let index = free.randomElement(using: &random), !isInsertOnly, pick(0..<3) > 0 else {
            let row = newRow(beside: rows)
            rows.append(row)
            return records.insert(row)
        }
        let old = rows[index]
        switch pick(0..<8) {
        case 0, 1:
            rows.remove(at: index)
            records.delete(old)
        case 2:
            // The key changes; documents are not always sent again.
            let fresh = newRow(beside: rows)
            rows[index].id = fresh.id
            rows[index].code = fresh.code
            records.update(old, rows[index], unchanged: Bool.random(using: &random) ? [2, 3] : [])
        case 3, 4, 5:
            rows[index].extra = serial
            let unchanged = [[2], [3], [2, 3]].randomElement(using: &random) ?? []
            if unchanged == [2] { rows[index].note = text() }
            if unchanged == [3] { rows[index].doc = text() }
            records.update(old, rows[index], unchanged: unchanged)
        default:
            rows[index].doc = text()
            rows[index].note = nil
            records.update(old, rows[index], unchanged: [])
        }
    }

    private func truncate() throws {
        let table = pick(0..<2)
        guard !tables[table].isHeld, !open.contains(where: { $0.table == table }) else { return }
        var records = HistoryRecords(try schema(of: table), tables[table])
        records.truncate()
        tables[table].rows = []
        try append(.commit, .none, records)
    }

    private func alter() throws {
        let table = pick(0..<2)
        guard !open.contains(where: { $0.table == table }), !tables[table].isHeld, pick(0..<3) == 0 else { return }
        guard tables[table].version < 2 else { return }
        tables[table].version += 1
        tables[table].schema = nil
        if tables[table].version == 1 {
            for index in tables[table].rows.indices { tables[table].rows[index].extra = 7 }
        }
    }

    private func schema(of table: Int) throws -> SchemaID {
        if let id = tables[table].schema { return id }
        let schema = HistoryRecords.schema(tables[table])
        let id = try log.register(schema, readAt: SourcePosition(timeline: 1, lsn: LSN(lsn)))
        tables[table].schema = id
        return id
    }
}
