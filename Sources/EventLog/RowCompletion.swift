import Relational

/// Reads the records that complete a partial one, wherever they lie.
struct ElderReader: ~Copyable {
    private let scope: CompactionScope
    private var files: [Int: OpenSegment] = [:]
    private var validator = RecordValidator()
    private var bytes = ByteSlab(capacity: 4096)
    private var starts: [Int] = []

    init(_ scope: CompactionScope) { self.scope = scope }

    var count: Int { starts.count }

    /// The record of the `index`-th source, valid until the next `load`.
    func record(_ index: Int) -> ChangeRecord { ChangeRecord(bytes.base + starts[index]) }

    /// Reads the records of a completion.
    mutating func load(_ sources: [SurveyFindings.Source]) throws(LogError) {
        bytes.removeAll()
        starts.removeAll(keepingCapacity: true)
        for source in sources {
            let file = try open(source.place.segment)
            let position = source.place.position
            let start = bytes.count
            let head = try file.file.read(16, at: position)
            let place = LogError.Place(path: file.path, byteOffset: position)
            guard head.count == 16 else { throw .corrupt("a record is missing that was there before", at: place) }
            let byteCount = Int(head.littleEndian(at: 0, as: UInt32.self))
            let buffer = UnsafeMutableRawBufferPointer(start: bytes.extend(by: byteCount), count: byteCount)
            let schema = SchemaID(head.littleEndian(at: 4, as: UInt32.self))
            let log = scope.log
            validator.learn(upTo: schema) { log.schema($0) }
            guard try file.file.read(into: buffer, at: position) == byteCount,
                validator.validate(UnsafeRawBufferPointer(buffer)) == byteCount
            else { throw .corrupt("a record is not what it was before", at: place) }
            starts.append(start)
        }
    }

    private mutating func open(_ segment: Int) throws(LogError) -> OpenSegment {
        if let file = files[segment] { return file }
        if files.count >= 64 { files.removeAll() }
        let file = try scope.open(segment)
        files[segment] = file
        return file
    }
}

/// Writes the new row of a partial record with all its columns.
struct RowCompletion {
    private let record: ChangeRecord
    private let schemas: [RelationSchema]
    private let schema: RelationSchema

    init(_ record: ChangeRecord, _ schemas: [RelationSchema]) {
        self.record = record
        self.schemas = schemas
        schema = schemas[Int(record.schemaID.rawValue)]
    }

    /// Writes the row into `slab`, taking what `new` lacks from the record's own old row or from the first elder that has it.
    func write(_ new: RowView, _ elders: borrowing ElderReader, into slab: inout ByteSlab) throws(LogError) {
        let row = slab.beginRow(columnCount: new.columnCount)
        for (column, definition) in schema.columns.enumerated() {
            let isFixed = definition.type.encoding.isFixed
            if !record.isUnchanged(column) {
                slab.set(column, copying: new, column: column, isFixed: isFixed, in: row)
            } else if let old = record.oldRow, record.oldRowHolds(column, schema) {
                slab.set(column, copying: old, column: column, isFixed: isFixed, in: row)
            } else {
                try take(column, definition, from: elders, row, into: &slab)
            }
        }
        slab.endRow(row)
    }

    private func take(
        _ column: Int,
        _ definition: Column,
        from elders: borrowing ElderReader,
        _ row: Int,
        into slab: inout ByteSlab
    ) throws(LogError) {
        for index in 0..<elders.count {
            let elder = elders.record(index)
            let schema = schemas[Int(elder.schemaID.rawValue)]
            guard let source = schema.column(numbered: definition.attributeNumber) else {
                // Rows written before the column existed read as its missing value.
                return try setMissingValue(column, definition, row, into: &slab)
            }
            let isFixed = definition.type.encoding.isFixed
            if !elder.isUnchanged(source), let values = elder.newRow {
                return slab.set(column, copying: values, column: source, isFixed: isFixed, in: row)
            }
            if let values = elder.oldRow, elder.oldRowHolds(source, schema) {
                return slab.set(column, copying: values, column: source, isFixed: isFixed, in: row)
            }
        }
    }

    private func setMissingValue(
        _ column: Int,
        _ definition: Column,
        _ row: Int,
        into slab: inout ByteSlab
    ) throws(LogError) {
        guard let text = definition.missingValue else { return }
        do {
            try Array(text.utf8).withUnsafeBytes { bytes in
                try TextCodec.decode(bytes, as: definition.type.encoding, column: column, row: row, into: &slab)
            }
        } catch {
            throw LogError(
                .corrupt,
                "the missing value of column \(definition.name) of \(schema.name) is no \(definition.type)",
                hint: LogError.corruptHint
            )
        }
    }
}
