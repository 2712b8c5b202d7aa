import Relational

/// Records of one table of a `CompactionHistory`, as the source sends them.
struct HistoryRecords: ~Copyable {
    private(set) var slab = ByteSlab()
    private(set) var count = 0
    /// Every row that was written, old or new.
    private(set) var rows: [CompactionHistory.Row] = []
    private let schema: SchemaID
    private let table: CompactionHistory.Table

    init(_ schema: SchemaID, _ table: CompactionHistory.Table) {
        self.schema = schema
        self.table = table
    }

    /// Version 0 has no column `extra`; from version 2 on `code` is the key, not `id`.
    static func schema(_ table: CompactionHistory.Table) -> RelationSchema {
        var columns = [
            Column(name: "id", attributeNumber: 1, type: .int8, isNotNull: true),
            Column(name: "code", attributeNumber: 2, type: .int8, isNotNull: true),
            Column(name: "doc", attributeNumber: 3, type: .text),
            Column(name: "note", attributeNumber: 4, type: .text),
        ]
        if table.version > 0 {
            columns.append(Column(name: "extra", attributeNumber: 5, type: .int4, missingValue: "7"))
        }
        let key = table.identity == .nothing ? [] : [table.version < 2 ? 0 : 1]
        return RelationSchema(
            relation: table.id,
            name: QualifiedName(schema: "public", name: "t\(table.id)"),
            columns: columns,
            primaryKey: key,
            replicaIdentity: table.identity,
            identityColumns: table.identity == .full ? Array(columns.indices) : key
        )
    }

    mutating func insert(_ row: CompactionHistory.Row) {
        let start = slab.beginRecord(.insert, schema: schema, hasNew: true, hasOld: false)
        write(row, unchanged: [])
        slab.endRecord(start)
        count += 1
    }

    /// `unchanged` are columns that are not sent again.
    mutating func update(_ old: CompactionHistory.Row, _ new: CompactionHistory.Row, unchanged: [Int]) {
        let isFull = table.identity == .full
        let hasOld = isFull || old[keyPath: table.key] != new[keyPath: table.key]
        let start = slab.beginRecord(
            .update,
            schema: schema,
            hasNew: true,
            hasOld: hasOld,
            oldIsIdentityOnly: !isFull
        )
        write(new, unchanged: unchanged)
        if hasOld { if isFull { write(old, unchanged: []) } else { writeKey(old) } }
        slab.endRecord(start, unchanged: unchanged)
        count += 1
    }

    mutating func delete(_ old: CompactionHistory.Row) {
        let isFull = table.identity == .full
        let start = slab.beginRecord(.delete, schema: schema, hasNew: false, hasOld: true, oldIsIdentityOnly: !isFull)
        if isFull { write(old, unchanged: []) } else { writeKey(old) }
        slab.endRecord(start)
        count += 1
    }

    mutating func truncate() {
        slab.endRecord(slab.beginRecord(.truncate, schema: schema, hasNew: false, hasOld: false))
        count += 1
    }

    private var columnCount: Int { table.version > 0 ? 5 : 4 }

    private mutating func write(_ row: CompactionHistory.Row, unchanged: [Int]) {
        rows.append(row)
        let start = slab.beginRow(columnCount: columnCount)
        slab.set(0, int: row.id, in: start)
        slab.set(1, int: row.code, in: start)
        for (column, text) in [(2, row.doc), (3, row.note)] where !unchanged.contains(column) {
            guard let text else { continue }
            Array(text.utf8).withUnsafeBytes { slab.set(column, bytes: $0, in: start) }
        }
        if columnCount > 4, let extra = row.extra { slab.set(4, int: extra, in: start) }
        slab.endRow(start)
    }

    private mutating func writeKey(_ row: CompactionHistory.Row) {
        let start = slab.beginRow(columnCount: columnCount)
        let column = table.version < 2 ? 0 : 1
        slab.set(column, int: row[keyPath: table.key], in: start)
        slab.endRow(start)
    }
}
