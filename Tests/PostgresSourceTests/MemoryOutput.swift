import Foundation
import PostgresSource
import Relational
import Synchronization

/// One change as text, by column name.
struct TextRecord: Equatable, CustomStringConvertible {
    var operation: ChangeOperation
    var schema: RelationSchema
    var new: [String?]?
    var old: [String?]?
    var oldIsIdentityOnly: Bool
    var unchanged: [Int]

    var description: String {
        "\(operation) \(schema.name.name) new \(new.map { "\($0.map { $0 ?? "NULL" })" } ?? "-") "
            + "old \(old.map { "\($0.map { $0 ?? "NULL" })" } ?? "-") unchanged \(unchanged)"
    }
}

/// A log in memory that keeps every frame and folds it into table images. Durable at once, or when told.
final class MemoryOutput: SourceOutput, @unchecked Sendable {
    // @unchecked Sendable: everything is behind `state`.
    enum Frame {
        case schema(RelationSchema)
        case commit(TransactionHeader, [TextRecord])
        case position(SourcePosition)
        case snapshot(SourcePosition, [TextRecord])
    }

    struct State {
        var frames: [Frame] = []
        var schemas: [RelationSchema] = []
        var appended = SourcePosition.none
        var durable = SourcePosition.none
        var isHeld = false
        var groups: [Int64: [TextRecord]] = [:]
        var partCount = 0
        var nextGroup: Int64 = 0
        var system: String?
        var tables: [RelationID: TableImage] = [:]
        var failure: String?
        var blocked: (@Sendable () -> Void)?
    }

    let state = Mutex(State())
    /// Called when the durable position moved.
    nonisolated(unsafe) var becameDurable: @Sendable () -> Void = {}

    var durablePosition: SourcePosition { state.withLock { $0.durable } }

    var schemas: [RelationSchema] {
        state.withLock { state in
            var newest: [UInt32: RelationSchema] = [:]
            for schema in state.schemas { newest[schema.relation] = schema }
            return Array(newest.values)
        }
    }

    func follow(systemIdentifier: String, timeline: UInt32) throws {
        struct Foreign: Error {}
        try state.withLock { state in
            if let system = state.system, system != systemIdentifier { throw Foreign() }
            state.system = systemIdentifier
        }
    }

    func schemaID(for schema: RelationSchema, readAt: SourcePosition) throws -> SchemaID {
        state.withLock { state in
            if let last = state.schemas.lastIndex(where: { $0.relation == schema.relation }),
                state.schemas[last] == schema
            {
                return SchemaID(UInt32(last))
            }
            state.schemas.append(schema)
            state.frames.append(.schema(schema))
            return SchemaID(UInt32(state.schemas.count - 1))
        }
    }

    func makeGroup() throws -> Int64 {
        state.withLock { state in
            state.nextGroup += 1
            state.groups[state.nextGroup] = []
            return state.nextGroup
        }
    }

    func appendPart(group: Int64, xid: UInt32, records: borrowing ByteSlab, recordCount: Int) throws {
        let decoded = decode(records, recordCount)
        state.withLock { state in
            state.groups[group, default: []] += decoded
            state.partCount += 1
        }
    }

    func appendCommit(
        _ header: TransactionHeader,
        group: Int64?,
        records: borrowing ByteSlab,
        recordCount: Int
    ) throws {
        state.withLock { $0.blocked }?()
        let decoded = decode(records, recordCount)
        state.withLock { state in
            let all = (group.flatMap { state.groups.removeValue(forKey: $0) } ?? []) + decoded
            state.frames.append(.commit(header, all))
            for record in all { state.apply(record) }
            if header.commitEnd.lsn <= state.appended.lsn {
                state.failure = "commit \(header) came twice or out of order"
            }
            state.appended = header.commitEnd
        }
        settle()
    }

    func appendPosition(_ position: SourcePosition) throws {
        state.withLock { state in
            if position.lsn <= state.appended.lsn { state.failure = "position \(position) does not grow" }
            state.frames.append(.position(position))
            state.appended = position
        }
        settle()
    }

    func beginSnapshot() throws -> Int64 { try makeGroup() }

    func appendSnapshot(_ id: Int64, records: borrowing ByteSlab, recordCount: Int) throws {
        let decoded = decode(records, recordCount)
        state.withLock { $0.groups[id, default: []] += decoded }
        state.withLock { $0.blocked }?()
    }

    func completeSnapshot(_ id: Int64, at position: SourcePosition, relations: [RelationID]) throws {
        state.withLock { state in
            let all = state.groups.removeValue(forKey: id) ?? []
            state.frames.append(.snapshot(position, all))
            for record in all { state.apply(record) }
            state.appended = position
        }
        settle()
    }

    func waitUntilDurable() throws {
        state.withLock { $0.durable = $0.appended }
    }

    /// Makes everything durable, whether held or not.
    func release() {
        state.withLock {
            $0.isHeld = false
            $0.durable = $0.appended
        }
        becameDurable()
    }

    private func settle() {
        let moved = state.withLock { state in
            if !state.isHeld { state.durable = state.appended }
            return !state.isHeld
        }
        if moved { becameDurable() }
    }

    var frames: [Frame] { state.withLock { $0.frames } }

    var commits: [(header: TransactionHeader, records: [TextRecord])] {
        frames.compactMap { if case .commit(let header, let records) = $0 { (header, records) } else { nil } }
    }

    /// The newest schema of a table.
    func schema(_ name: String) -> RelationSchema? { schemas.first { $0.name.name == name } }

    /// The rows of a table under its newest schema, sorted.
    func rows(_ name: String) -> [[String?]] {
        guard let schema = schema(name) else { return [] }
        return state.withLock { state in
            (state.tables[schema.relationID]?.rows(schema) ?? []).sortedAsText()
        }
    }

    private func decode(_ records: borrowing ByteSlab, _ count: Int) -> [TextRecord] {
        let schemas = state.withLock { $0.schemas }
        var decoded: [TextRecord] = []
        var position = 0
        for _ in 0..<count {
            let rest = UnsafeRawBufferPointer(rebasing: records.bytes[position...])
            let byteCount = ChangeRecord.validate(rest) { schemas[Int($0.rawValue)].columns.map(\.type.encoding) }
            guard let byteCount else {
                state.withLock { $0.failure = "a record is malformed" }
                return decoded
            }
            let record = ChangeRecord(records.base + position)
            if record.missingKeyColumn(of: schemas[Int(record.schemaID.rawValue)]) != nil {
                state.withLock { $0.failure = "a record does not tell its key" }
            }
            decoded.append(TextRecord(record, schemas))
            position += byteCount
        }
        if position != records.count { state.withLock { $0.failure = "bytes follow the last record" } }
        return decoded
    }
}

extension TextRecord {
    init(_ record: ChangeRecord, _ schemas: [RelationSchema]) {
        let schema = schemas[Int(record.schemaID.rawValue)]
        func texts(_ row: RowView) -> [String?] {
            schema.columns.enumerated().map { index, column in
                if row.isNull(index) { return nil }
                var slab = ByteSlab()
                TextCodec.encode(row, column: index, as: column.type.encoding, into: &slab)
                return String(decoding: slab.bytes, as: UTF8.self)
            }
        }
        self.init(
            operation: record.operation,
            schema: schema,
            new: record.newRow.map(texts),
            old: record.oldRow.map(texts),
            oldIsIdentityOnly: record.oldRow != nil && record.oldRowIsIdentityOnly,
            unchanged: (0..<record.unchangedCount).map(record.unchangedColumn)
        )
    }
}

/// One table's rows, by attribute number, as whoever reads the log holds them.
struct TableImage {
    var byKey: [[String?]: [Int16: String?]] = [:]
    var bag: [[Int16: String?]] = []

    func rows(_ schema: RelationSchema) -> [[String?]] {
        (Array(byKey.values) + bag).map { row in
            schema.columns.map { column in row[column.attributeNumber] ?? column.missingValue }
        }
    }
}

extension MemoryOutput.State {
    mutating func apply(_ record: TextRecord) {
        let schema = record.schema
        var image = tables.removeValue(forKey: schema.relationID) ?? TableImage()
        defer { tables[schema.relationID] = image }
        func values(_ row: [String?]) -> [Int16: String?] {
            Dictionary(uniqueKeysWithValues: zip(schema.columns.map(\.attributeNumber), row))
        }
        let identity = schema.identityColumns
        func key(_ row: [String?]) -> [String?] { identity.map { row[$0] } }
        switch record.operation {
        case .truncate: image = TableImage()
        case .insert:
            guard let new = record.new else { return }
            if identity.isEmpty || schema.replicaIdentity == .full {
                image.bag.append(values(new))
            } else if image.byKey.updateValue(values(new), forKey: key(new)) != nil {
                failure = "inserted twice: \(record)"
            }
        case .update, .delete:
            if schema.replicaIdentity == .full {
                guard let old = record.old, let place = image.bag.firstIndex(where: { $0 == values(old) }) else {
                    failure = "no such row: \(record)"
                    return
                }
                image.bag.remove(at: place)
                if let new = record.new { image.bag.append(values(new)) }
            } else {
                let oldKey = key(record.old ?? record.new ?? [])
                guard let before = image.byKey.removeValue(forKey: oldKey) else {
                    failure = "no such row: \(record)"
                    return
                }
                if let new = record.new {
                    var row = values(new)
                    for column in record.unchanged {
                        let number = schema.columns[column].attributeNumber
                        row[number] = before[number] ?? nil
                    }
                    if image.byKey.updateValue(row, forKey: key(new)) != nil { failure = "key taken: \(record)" }
                }
            }
        }
    }
}

extension [[String?]] {
    /// In an order that depends on the contents alone.
    func sortedAsText() -> [[String?]] {
        map { (key: $0.map { $0 ?? "\u{0}" }.joined(separator: "\u{1}"), row: $0) }.sorted { $0.key < $1.key }.map(
            \.row
        )
    }
}
