import Relational

/// What a run of compaction does with the records of a relation.
enum CompactionRule: UInt8 {
    /// They stay as they are: `keep`, or a relation that the run does not look at.
    case untouched
    /// The latest record of each key stays.
    case keyed
    /// Records younger than a time stay.
    case aged
    /// The newest records up to a byte count stay.
    case sized
}

/// The rules of one run, flat by relation and by schema: no dictionary is asked per record.
struct RelationRules: ~Copyable {
    /// One version of a relation's schema.
    struct Layout: BitwiseCopyable {
        var rule: CompactionRule
        /// The relation's index in `relations`.
        var relation: UInt32
        /// The number of the keys that are comparable with this version's; grows when a relation's key changes.
        var space: UInt32
        /// The key's columns, in `keyColumns`.
        var keyStart: UInt32
        var keyEnd: UInt32
    }

    struct KeyColumn {
        var index: Int
        var encoding: Encoding
    }

    struct Relation {
        var id: RelationID
        var rule: CompactionRule
        /// `time`: records below this commit time leave. `size`: the bytes that stay.
        var limit: Int64 = 0
        /// Whether rows may lie under another key, so that no tombstone may ever leave.
        var hasManyKeys = false
    }

    let schemas: [RelationSchema]
    private(set) var relations: [Relation] = []
    private(set) var indexes: [RelationID: Int] = [:]
    private var layouts = GrowableBuffer<Layout>()
    private var keyColumns: [KeyColumn] = []

    /// `schemas` are all of the log's, by id.
    init(_ schemas: [RelationSchema], options: CompactionOptions) {
        self.schemas = schemas
        var newest: [RelationID: RelationSchema] = [:]
        for schema in schemas { newest[schema.relationID] = schema }
        var spaces: [RelationID: (columns: [KeyIdentity], space: UInt32)] = [:]
        var nextSpace: UInt32 = 0
        for schema in schemas {
            let index = addRelation(newest[schema.relationID] ?? schema, options)
            let columns = schema.keyColumns
            let identity = columns.map { KeyIdentity(schema.columns[$0]) }
            if let known = spaces[schema.relationID], known.columns != identity {
                relations[index].hasManyKeys = true
                spaces[schema.relationID] = nil
            }
            if spaces[schema.relationID] == nil {
                spaces[schema.relationID] = (identity, nextSpace)
                nextSpace += 1
            }
            let start = keyColumns.count
            for column in columns {
                keyColumns.append(KeyColumn(index: column, encoding: schema.columns[column].type.encoding))
            }
            let rule = relations[index].rule
            layouts.append(
                Layout(
                    rule: rule == .keyed && columns.isEmpty ? .untouched : rule,
                    relation: UInt32(index),
                    space: spaces[schema.relationID]?.space ?? 0,
                    keyStart: UInt32(start),
                    keyEnd: UInt32(keyColumns.count)
                )
            )
        }
    }

    /// What makes keys of two schemas comparable.
    private struct KeyIdentity: Equatable {
        var attributeNumber: Int16
        var encoding: Encoding
        var oid: TypeOID?

        init(_ column: Column) {
            attributeNumber = column.attributeNumber
            encoding = column.type.encoding
            oid = encoding == .opaque ? column.type.oid : nil
        }
    }

    /// The relation's newest schema decides: the name may have changed, and the key may be new.
    private mutating func addRelation(_ newest: RelationSchema, _ options: CompactionOptions) -> Int {
        if let index = indexes[newest.relationID] { return index }
        var relation = Relation(id: newest.relationID, rule: .untouched)
        switch options.retention.policy(for: newest) {
        case .keep: break
        case .compact: relation.rule = .keyed
        case .time(let microseconds):
            relation.rule = .aged
            relation.limit = options.now.minus(microseconds)
        case .size(let byteCount):
            relation.rule = .sized
            relation.limit = byteCount
        }
        if let only = options.only, !only.contains(newest.relationID) { relation.rule = .untouched }
        indexes[newest.relationID] = relations.count
        relations.append(relation)
        return relations.count - 1
    }

    /// The layout of a record's schema; records that passed validation always have one.
    func layout(_ record: ChangeRecord) -> Layout { layouts[Int(record.schemaID.rawValue)] }

    func relation(ofSchema schema: Int) -> Int { Int(layouts[schema].relation) }

    func schema(_ record: ChangeRecord) -> RelationSchema { schemas[Int(record.schemaID.rawValue)] }

    func isKeyColumn(_ column: Int, _ layout: Layout) -> Bool {
        for index in Int(layout.keyStart)..<Int(layout.keyEnd) where keyColumns[index].index == column { return true }
        return false
    }

    /// The key's columns by their place in the row, and whether each lies in its slot.
    func keyColumnsInOrder(_ layout: Layout) -> [(column: Int, isFixed: Bool)] {
        (Int(layout.keyStart)..<Int(layout.keyEnd)).map { (keyColumns[$0].index, keyColumns[$0].encoding.isFixed) }
            .sorted { $0.0 < $1.0 }
    }

    /// Writes the canonical key of a row: the key space, then each column's key.
    func encodeKey(_ row: RowView, _ layout: Layout, into key: inout ByteSlab) {
        key.removeAll()
        key.append(integer: layout.space)
        for index in Int(layout.keyStart)..<Int(layout.keyEnd) {
            let column = keyColumns[index]
            KeyEncoder.append(row, column: column.index, as: column.encoding, into: &key)
        }
    }

    /// Writes the key of the new row of an update that lacks columns: a key column that was not sent again is the one of the old row.
    ///
    /// False when there is none: nobody can tell which row the record is of.
    func encodeKey(
        of record: ChangeRecord,
        _ row: RowView,
        _ old: RowView?,
        _ layout: Layout,
        into key: inout ByteSlab
    ) -> Bool {
        key.removeAll()
        key.append(integer: layout.space)
        for index in Int(layout.keyStart)..<Int(layout.keyEnd) {
            let column = keyColumns[index]
            let isUnchanged = record.isUnchanged(column.index)
            guard let source = isUnchanged ? old : row else { return false }
            KeyEncoder.append(source, column: column.index, as: column.encoding, into: &key)
        }
        return true
    }

    /// Whether a row that came as an old row has nothing but key columns.
    func isReduced(_ record: ChangeRecord, _ old: RowView, _ layout: Layout) -> Bool {
        guard record.oldRowIsIdentityOnly else { return false }
        for column in 0..<old.columnCount where !old.isNull(column) && !isKeyColumn(column, layout) { return false }
        return true
    }
}

extension ChangeRecord {
    /// Whether the source did not send a column of the new row again.
    func isUnchanged(_ column: Int) -> Bool {
        for index in 0..<unchangedCount where unchangedColumn(at: index) == column { return true }
        return false
    }
}

extension Int64 {
    /// The difference, or the nearest number there is.
    func minus(_ other: Int64) -> Int64 {
        let (difference, isOverflow) = subtractingReportingOverflow(other)
        return isOverflow ? (other > 0 ? .min : .max) : difference
    }
}
