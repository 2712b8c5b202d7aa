import EventLog
import Relational

/// The tables that a log stands for, computed as simply as can be; it throws at a record that does not fit.
struct FoldModel: Equatable {
    /// A row by attribute number; NULL is nil inside.
    typealias Row = [Int16: String?]

    struct Relation: Equatable {
        var rows: [String: Row] = [:]
        /// Rows of a relation without a key, by their text.
        var bag: [String: Int] = [:]
    }

    private(set) var relations: [RelationID: Relation] = [:]
    /// Every record of the relations that are kept, as it is.
    private(set) var kept: [String] = []
    private var schemas: [SchemaID: RelationSchema] = [:]
    private var current: [RelationID: RelationSchema] = [:]

    static func == (left: FoldModel, right: FoldModel) -> Bool {
        left.relations.filter { $0.value != Relation() } == right.relations.filter { $0.value != Relation() }
            && left.kept == right.kept
    }

    /// Folds a whole log.
    init(_ log: EventLog, keeping keptRelations: Set<RelationID> = []) throws {
        var reader = try LogReader(log, from: .zero)
        while let frame = try reader.next() {
            if let (id, schema) = frame.schema { learn(id, schema) }
            if frame.header.kind == .generation {
                for relation in frame.relations ?? [] { relations[relation] = Relation() }
            }
            for (index, record) in frame.records.enumerated() {
                guard let schema = schemas[record.schemaID] else {
                    throw Violation(description: "a record without schema")
                }
                let offset = frame.offset(of: record, at: index)
                do {
                    try take(record, schema, isState: frame.horizon != nil)
                } catch {
                    throw Violation(description: "at offset \(offset) of \(schema.name): \(error)")
                }
                if keptRelations.contains(schema.relationID) { kept.append("\(offset) \(text(of: record, schema))") }
            }
        }
    }

    private func text(of record: ChangeRecord, _ schema: RelationSchema) -> String {
        let new = record.newRow.map { "\(values($0, schema).sorted { $0.key < $1.key })" } ?? "-"
        let old = record.oldRow.map { "\(values($0, schema).sorted { $0.key < $1.key })" } ?? "-"
        return "\(record.operation) \(new) \(old) \(record.unchangedCount)"
    }

    /// Rows under the schema before get the key and the columns of the new one.
    private mutating func learn(_ id: SchemaID, _ schema: RelationSchema) {
        schemas[id] = schema
        current[schema.relationID] = schema
        guard let relation = relations[schema.relationID], !schema.keyColumns.isEmpty else { return }
        var rows: [String: Row] = [:]
        for var row in relation.rows.values {
            for column in schema.columns where row[column.attributeNumber] == nil {
                row[column.attributeNumber] = .some(column.missingValue)
            }
            rows[key(row, schema)] = row
        }
        relations[schema.relationID]?.rows = rows
    }

    private func values(_ row: RowView, _ schema: RelationSchema) -> Row {
        var values: Row = [:]
        for (index, column) in schema.columns.enumerated() {
            var text = ByteSlab()
            if !row.isNull(index) { TextCodec.encode(row, column: index, as: column.type.encoding, into: &text) }
            values[column.attributeNumber] = .some(
                row.isNull(index) ? nil : String(decoding: text.bytes, as: UTF8.self)
            )
        }
        return values
    }

    private func key(_ row: Row, _ schema: RelationSchema) -> String {
        schema.keyColumns.map { (row[schema.columns[$0].attributeNumber] ?? nil) ?? "-" }.joined(separator: "/")
    }

    private mutating func take(_ record: ChangeRecord, _ schema: RelationSchema, isState: Bool) throws {
        let id = schema.relationID
        guard !schema.keyColumns.isEmpty else {
            guard let row = record.newRow, record.operation == .insert else {
                throw Violation(description: "no insert")
            }
            relations[id, default: Relation()].bag["\(values(row, schema).sorted { $0.key < $1.key })", default: 0] += 1
            return
        }
        if record.operation == .truncate {
            relations[id] = Relation()
            return
        }
        let new = record.newRow.map { values($0, schema) }
        let old = record.oldRow.map { values($0, schema) }
        let newKey = new.map { key($0, schema) }
        guard let oldKey = old.map({ key($0, schema) }) ?? newKey else {
            throw Violation(description: "a row without key")
        }
        let before = relations[id]?.rows[oldKey]
        if !isState, (before == nil) != (record.operation == .insert) {
            throw Violation(
                description: "\(record.operation) of key \(oldKey), which is \(before == nil ? "not there" : "there")"
            )
        }
        if record.operation != .insert { relations[id]?.rows[oldKey] = nil }
        guard var row = new, let newKey else { return }
        for index in 0..<record.unchangedCount {
            let attribute = schema.columns[record.unchangedColumn(at: index)].attributeNumber
            guard let before, let value = before[attribute] else {
                throw Violation(description: "key \(newKey) lacks attribute \(attribute)")
            }
            row[attribute] = value
        }
        relations[id, default: Relation()].rows[newKey] = row
    }
}
