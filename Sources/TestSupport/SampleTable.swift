import EventLog
import Relational

/// A relation that the conformance suite of the log writes to: one for each rule of retention and of keys.
struct SampleTable: Sendable {
    let id: RelationID
    let name: QualifiedName
    let columns: [Column]
    /// Indexes of the primary key's columns; empty for none.
    let key: [Int]
    let retention: Retention
    /// Attribute numbers of columns that an update may leave unchanged.
    let toasted: [Int16]

    private init(
        _ number: UInt32,
        _ name: String,
        _ columns: [(String, ScalarType)],
        key: [Int],
        retention: Retention = .compact,
        toasted: [Int16] = []
    ) {
        id = RelationID(16_400 + number)
        self.name = QualifiedName(schema: "public", name: name)
        self.columns = columns.enumerated().map { index, column in
            Column(
                name: column.0,
                attributeNumber: Int16(index + 1),
                type: column.1,
                isNotNull: key.contains(index)
            )
        }
        self.key = key
        self.retention = retention
        self.toasted = toasted
    }

    /// Latest per key, with values that may stay unchanged.
    static let items = SampleTable(
        0,
        "items",
        [("id", .int8), ("label", .text), ("doc", .text), ("amount", .numeric)],
        key: [0],
        toasted: [2, 3]
    )
    /// A key of two columns, the first of which is text.
    static let pairs = SampleTable(1, "pairs", [("note", .text), ("code", .text), ("n", .int4)], key: [1, 2])
    /// A key whose equal values have several images: 1.0 and 1.00.
    static let prices = SampleTable(2, "prices", [("price", .numeric), ("note", .text)], key: [0], toasted: [2])
    /// Has a key and keeps every record.
    static let audit = SampleTable(3, "audit", [("id", .int8), ("note", .text)], key: [0], retention: .keep)
    /// Has no key: a bag of rows, kept whatever its retention says.
    static let loose = SampleTable(4, "loose", [("g", .int4), ("w", .text)], key: [])
    /// Only inserted into; a day of it is kept.
    static let events = SampleTable(
        5,
        "events",
        [("id", .int8), ("note", .text)],
        key: [0],
        retention: .time(microseconds: SampleTable.day)
    )
    /// Only inserted into; 4 kB of it are kept.
    static let points = SampleTable(6, "points", [("id", .int8)], key: [0], retention: .size(byteCount: 4096))

    static let all = [items, pairs, prices, audit, loose, events, points]

    /// In microseconds.
    static let day: Int64 = 24 * 3_600_000_000

    static func table(_ id: RelationID) -> SampleTable? {
        id.rawValue >= 16_400 && id.rawValue < 16_400 + UInt32(all.count) ? all[Int(id.rawValue - 16_400)] : nil
    }

    static func table(named name: QualifiedName) -> SampleTable? { all.first { $0.name == name } }

    var isInsertOnly: Bool {
        switch retention {
        case .compact, .keep: false
        case .time, .size: true
        }
    }

    var hasKey: Bool { !key.isEmpty }

    /// Version 0 has the columns above; each later one has one more, and the one that the version before had more is dropped.
    func columns(version: Int) -> [Column] {
        guard version > 0 else { return columns }
        return columns + [Column(name: "more\(version)", attributeNumber: Int16(20 + version), type: .int4)]
    }

    func schema(version: Int) -> RelationSchema {
        RelationSchema(
            relation: id,
            name: name,
            columns: columns(version: version),
            primaryKey: key,
            replicaIdentity: hasKey ? .default : .full,
            identityColumns: hasKey ? key : Array(columns(version: version).indices)
        )
    }

    /// The retention of all sample tables.
    static func retention(compactingAudit: Bool = false) -> LogRetention {
        var relations = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0.retention) })
        if compactingAudit { relations[audit.name] = .compact }
        return LogRetention(relations: relations)
    }
}
