import Relational

/// Looks over records before they are appended: their lengths, count and schema ids, and that each record of a keyed relation tells its key.
struct RecordOutline: ~Copyable {
    private struct Layout: BitwiseCopyable {
        var isKeyed: Bool
        /// The second word of a row without NULLs, which has every column of the key.
        var plainHeader: UInt32
    }

    private var layouts: [Layout] = []
    private var validator = RecordValidator()

    /// What is wrong with the records; nil when nothing is. A fault here is the caller's, and nothing of the records was taken.
    mutating func fault(_ records: UnsafeRawBufferPointer, count announced: Int, _ schemas: SchemaTable) -> String? {
        guard let base = records.baseAddress, records.count > 0 else {
            return announced == 0 ? nil : "\(announced) records in no bytes"
        }
        guard Int(bitPattern: base) & 7 == 0 else { return "records do not start at a multiple of 8" }
        learn(schemas)
        var position = 0
        var count = 0
        while position < records.count {
            guard records.count - position >= 16 else { return "record \(count) is cut off" }
            let record = ChangeRecord(base + position)
            let byteCount = record.byteCount
            guard byteCount >= 16, byteCount & 7 == 0, byteCount <= records.count - position else {
                return "record \(count) has a length of \(byteCount) bytes"
            }
            let schema = Int(record.schemaID.rawValue)
            guard schema < layouts.count else {
                return "record \(count) names schema \(record.schemaID), which was not registered"
            }
            if layouts[schema].isKeyed, !isPlain(record, byteCount, layouts[schema]),
                let fault = keyFault(record, schemas)
            {
                return "record \(count) \(fault)"
            }
            position += byteCount
            count += 1
        }
        return count == announced ? nil : "\(count) records where \(announced) were announced"
    }

    private mutating func learn(_ schemas: SchemaTable) {
        while layouts.count < schemas.count {
            let schema = schemas.versions[layouts.count]
            validator.add(schema)
            layouts.append(
                Layout(
                    isKeyed: !schema.keyColumns.isEmpty,
                    plainHeader: schema.columns.count <= 21 ? UInt32(schema.columns.count) : .max
                )
            )
        }
    }

    /// Whether the record is a new row without NULLs and nothing else, as most are.
    @inline(__always)
    private func isPlain(_ record: ChangeRecord, _ byteCount: Int, _ layout: Layout) -> Bool {
        let shape = record.base.load(fromByteOffset: 8, as: UInt32.self)
        return (shape == 0x0101 || shape == 0x0102) && byteCount >= 24
            && record.base.load(fromByteOffset: 20, as: UInt32.self) == layout.plainHeader
    }

    private func keyFault(_ record: ChangeRecord, _ schemas: SchemaTable) -> String? {
        guard validator.validate(record.bytes) == record.byteCount, let schema = schemas[record.schemaID] else {
            return "is malformed"
        }
        guard let column = record.missingKeyColumn(of: schema) else { return nil }
        return "of \(schema.name) does not tell the key: \"\(schema.columns[column].name)\" is missing"
    }
}
