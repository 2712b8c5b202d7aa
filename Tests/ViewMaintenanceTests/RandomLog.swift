import EventLog
import Relational
import TestSupport
import ViewMaintenance

/// A log of random units over three tables, valid for a model that it keeps: ordinary commits, commits in parts with a schema frame between
/// them, snapshots with other commits between their frames, TRUNCATE, position frames, and a table without a key.
struct RandomLog {
    let place: LogPlace
    private var random: SeededGenerator
    private let writer: LogWriter
    private(set) var lsn: UInt64 = 1000
    private var itemColumns = 4
    /// id → row.
    private var items: [Int64: [Datum]] = [:]
    private var notes: [[Datum]] = []
    private var groups: [Int64: [Datum]] = [:]
    private var hasGroups = false
    /// Whether numbers may be NaN, huge, or of many scales.
    private let isWild: Bool

    init(_ place: LogPlace, seed: UInt64, isWild: Bool = false) throws {
        self.place = place
        self.isWild = isWild
        random = SeededGenerator(seed: seed)
        writer = LogWriter(place.log)
        try register()
    }

    // MARK: Schemas

    /// Columns after the fourth come by ALTER TABLE.
    private var itemSchema: RelationSchema {
        var columns = [
            Column(name: "id", attributeNumber: 1, type: .int8, isNotNull: true),
            Column(name: "g", attributeNumber: 2, type: .int8),
            Column(name: "v", attributeNumber: 3, type: .numeric),
            Column(name: "s", attributeNumber: 4, type: .text),
        ]
        for number in 4..<max(itemColumns, 4) {
            columns.append(Column(name: "more\(number)", attributeNumber: Int16(number + 1), type: .int8))
        }
        return RelationSchema(
            relation: RelationID(1),
            name: QualifiedName(schema: "public", name: "items"),
            columns: columns,
            primaryKey: [0]
        )
    }

    private static let noteSchema = RelationSchema(
        relation: RelationID(2),
        name: QualifiedName(schema: "public", name: "notes"),
        columns: [
            Column(name: "g", attributeNumber: 1, type: .int8),
            Column(name: "w", attributeNumber: 2, type: .float8),
        ],
        primaryKey: [],
        replicaIdentity: .full,
        identityColumns: [0, 1]
    )

    private static let groupSchema = RelationSchema(
        relation: RelationID(3),
        name: QualifiedName(schema: "public", name: "groups"),
        columns: [
            Column(name: "g", attributeNumber: 1, type: .int8, isNotNull: true),
            Column(name: "name", attributeNumber: 2, type: .text, isNotNull: true),
        ],
        primaryKey: [0]
    )

    static let statements: [Statement] = [
        ("by_group", "SELECT g, count(*) AS n, sum(v) AS total, min(s) AS least FROM items GROUP BY g"),
        ("named", "SELECT i.id, i.v, g.name FROM items i JOIN groups g ON g.g = i.g"),
        ("perhaps_named", "SELECT i.id, i.s, g.name FROM items i LEFT JOIN groups g ON g.g = i.g"),
        ("loose", "SELECT g, w FROM notes WHERE w > 1"),
        ("sums", "SELECT count(*) AS n, sum(w) AS total FROM notes"),
        ("ratios", "SELECT id, 12 / g AS ratio FROM items WHERE g > 0 AND v > 2"),
    ]

    private func register() throws {
        for schema in [itemSchema, Self.noteSchema, Self.groupSchema] { _ = try id(of: schema) }
    }

    private func id(of schema: RelationSchema) throws -> SchemaID {
        try writer.schemaID(for: schema, readAt: SourcePosition(timeline: 1, lsn: LSN(lsn)))
    }

    // MARK: Units

    /// The initial snapshot of items and notes; some of it may be empty.
    mutating func snapshot() throws {
        let group = writer.beginSnapshot()
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            var records = ByteSlab()
            var count = 0
            for _ in 0..<Int.random(in: 0...6, using: &random) {
                records.append([insertItem()], itemSchema, try id(of: itemSchema))
                records.append([insertNote()], Self.noteSchema, try id(of: Self.noteSchema))
                count += 2
            }
            try writer.appendSnapshot(group, records: records, recordCount: count)
        }
        try writer.completeSnapshot(group, at: next(), relations: [RelationID(1), RelationID(2)])
        try writer.waitUntilDurable()
    }

    /// Appends one unit, or a few that lie between each other, and makes them durable.
    mutating func append() throws {
        switch Int.random(in: 0..<12, using: &random) {
        case 0..<7: try commit(parts: 1)
        case 7, 8: try commit(parts: Int.random(in: 2...4, using: &random))
        case 9: try writer.appendPosition(next())
        case 10 where !hasGroups: try lateSnapshot()
        default: try truncate()
        }
        try writer.waitUntilDurable()
    }

    private mutating func next() -> SourcePosition {
        lsn += UInt64.random(in: 1...40, using: &random)
        return SourcePosition(timeline: 1, lsn: LSN(lsn))
    }

    private mutating func header() -> TransactionHeader {
        let position = next()
        return TransactionHeader(xid: UInt32(truncatingIfNeeded: lsn), commitEnd: position, commitTime: Int64(lsn))
    }

    /// A commit, as one frame or in parts; between two parts a table may be altered.
    private mutating func commit(parts: Int) throws {
        let group = parts > 1 ? writer.makeGroup() : nil
        for part in 1...parts {
            if Int.random(in: 0..<(parts > 1 ? 3 : 20), using: &random) == 0 {
                itemColumns += 1
                for (key, row) in items { items[key] = row + [.null] }
            }
            var records = ByteSlab()
            let count = Int.random(in: 0...5, using: &random)
            for _ in 0..<count { try appendChange(to: &records) }
            if part < parts, let group {
                try writer.appendPart(group: group, xid: 1, records: records, recordCount: count)
            } else {
                try writer.appendCommit(header(), group: group, records: records, recordCount: count)
            }
        }
    }

    /// A table that is read while the log goes on: its frames have commits between them.
    private mutating func lateSnapshot() throws {
        hasGroups = true
        let group = writer.beginSnapshot()
        let id = try id(of: Self.groupSchema)
        for start in [Int64(0), 3] {
            var records = ByteSlab()
            for key in start..<(start + 3) {
                let row: [Datum] = [.int(key), .text("group \(key)")]
                groups[key] = row
                records.append([(.insert, row, nil)], Self.groupSchema, id)
            }
            try writer.appendSnapshot(group, records: records, recordCount: 3)
            hasGroups = false
            try commit(parts: Int.random(in: 1...2, using: &random))
            hasGroups = true
        }
        try writer.completeSnapshot(group, at: next(), relations: [RelationID(3)])
    }

    private mutating func truncate() throws {
        var records = ByteSlab()
        if Bool.random(using: &random) {
            items = [:]
            records.append([(.truncate, nil, nil)], itemSchema, try id(of: itemSchema))
        } else {
            notes = []
            records.append([(.truncate, nil, nil)], Self.noteSchema, try id(of: Self.noteSchema))
        }
        try writer.appendCommit(header(), group: nil, records: records, recordCount: 1)
    }

    /// Deletes the items that put views in error.
    mutating func heal() throws {
        var records = ByteSlab()
        let bad = items.filter { $0.value[1] == .int(0) }.keys.sorted()
        let schema = itemSchema
        for key in bad {
            items[key] = nil
            let identity = [.int(key)] + Array(repeating: Datum.null, count: max(itemColumns, 4) - 1)
            records.append([(.delete, nil, identity)], schema, try id(of: schema))
        }
        try writer.appendCommit(header(), group: nil, records: records, recordCount: bad.count)
        try writer.waitUntilDurable()
    }

    /// Deletes every row of every table, one by one.
    mutating func clear() throws {
        var changes = ByteSlab()
        let (itemID, noteID, groupID) = try (id(of: itemSchema), id(of: Self.noteSchema), id(of: Self.groupSchema))
        let nulls = Array(repeating: Datum.null, count: max(itemColumns, 4) - 1)
        for key in items.keys.sorted() { changes.append([(.delete, nil, [.int(key)] + nulls)], itemSchema, itemID) }
        for row in notes { changes.append([(.delete, nil, row)], Self.noteSchema, noteID) }
        for key in groups.keys.sorted() {
            changes.append([(.delete, nil, [.int(key), .null])], Self.groupSchema, groupID)
        }
        let count = items.count + notes.count + groups.count
        (items, notes, groups) = ([:], [], [:])
        try writer.appendCommit(header(), group: nil, records: changes, recordCount: count)
        try writer.waitUntilDurable()
    }

    // MARK: Changes

    private mutating func appendChange(to records: inout ByteSlab) throws {
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<5: records.append([changeItem()], itemSchema, try id(of: itemSchema))
        case 5..<8: records.append([changeNote()], Self.noteSchema, try id(of: Self.noteSchema))
        case 8 where hasGroups:
            records.append([changeGroup()], Self.groupSchema, try id(of: Self.groupSchema))
        default: records.append([insertItem()], itemSchema, try id(of: itemSchema))
        }
    }

    private mutating func insertItem() -> Change {
        let key = (items.keys.max() ?? 0) + Int64.random(in: 1...3, using: &random)
        let row = itemRow(key)
        items[key] = row
        return (.insert, row, nil)
    }

    private mutating func itemRow(_ key: Int64) -> [Datum] {
        let group: Datum =
            Int.random(in: 0..<6, using: &random) == 0 ? .null : .int(Int64.random(in: 0..<6, using: &random))
        var value = Numeric.small(
            coefficient: Int128(Int.random(in: -50...500, using: &random)),
            scale: Int.random(in: 0...2, using: &random)
        )
        if isWild, chance(1, of: 4) { value = wildNumeric() }
        let text: Datum = Bool.random(using: &random) ? .text("t\(Int.random(in: 0..<9, using: &random))") : .null
        let more = (4..<max(itemColumns, 4)).map { _ in Datum.int(Int64.random(in: 0..<9, using: &random)) }
        return [.int(key), group, .numeric(value), text] + more
    }

    private mutating func changeItem() -> Change {
        guard let key = items.keys.sorted().randomElement(using: &random) else { return insertItem() }
        let identity = [.int(key)] + Array(repeating: Datum.null, count: max(itemColumns, 4) - 1)
        switch Int.random(in: 0..<3, using: &random) {
        case 0:
            items[key] = nil
            return (.delete, nil, identity)
        case 1:
            let row = itemRow(key)
            items[key] = row
            return (.update, row, nil)
        default:
            let moved = (items.keys.max() ?? 0) + 1
            let row = itemRow(moved)
            items[key] = nil
            items[moved] = row
            return (.update, row, identity)
        }
    }

    private mutating func wildNumeric() -> Numeric {
        switch Int.random(in: 0..<4, using: &random) {
        case 0: .nan
        case 1: .small(coefficient: 5_000_000, scale: 6)
        case 2: .small(coefficient: Int128(10_000_000_000_000_000_000) * 1_000_000, scale: 0)
        default: .small(coefficient: -1, scale: 12)
        }
    }

    private mutating func insertNote() -> Change {
        var row: [Datum] = [
            .int(Int64.random(in: 0..<3, using: &random)), .float(Double(Int.random(in: 0..<8, using: &random)) / 4),
        ]
        if isWild, chance(1, of: 4) {
            row[1] = .float([.nan, .infinity, -0.0, 1e300, 1e-300].randomElement(using: &random) ?? 0)
        }
        notes.append(row)
        return (.insert, row, nil)
    }

    private mutating func changeNote() -> Change {
        guard let index = notes.indices.randomElement(using: &random), Bool.random(using: &random) else {
            return insertNote()
        }
        let old = notes.remove(at: index)
        if Bool.random(using: &random) { return (.delete, nil, old) }
        let (_, row, _) = insertNote()
        return (.update, row, old)
    }

    private mutating func changeGroup() -> Change {
        let key = Int64.random(in: 0..<6, using: &random)
        let row: [Datum] = [.int(key), .text("renamed \(Int.random(in: 0..<4, using: &random))")]
        let isThere = groups.updateValue(row, forKey: key) != nil
        guard isThere else { return (.insert, row, nil) }
        guard Bool.random(using: &random) else { return (.update, row, nil) }
        groups[key] = nil
        return (.delete, nil, [.int(key), .null])
    }

    // MARK: Model

    var itemCount: Int { items.count }

    var noteCount: Int { notes.count }

    /// Rows of `loose`, counted from the model.
    var looseCount: Int {
        notes.count { row in if case .float(let value) = row[1] { value > 1 } else { false } }
    }

    /// Some of the views, at least one, in random order.
    mutating func someViews() -> [Statement] {
        let shuffled = Self.statements.shuffled(using: &random)
        return Array(shuffled.prefix(Int.random(in: 1...shuffled.count, using: &random)))
    }

    mutating func chance(_ part: Int, of whole: Int) -> Bool { Int.random(in: 0..<whole, using: &random) < part }
}
