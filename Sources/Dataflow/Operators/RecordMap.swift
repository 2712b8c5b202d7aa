import Relational

/// How the records of one schema of a relation become rows of its image: columns matched by attribute number.
final class RecordMap {
    /// Record row, with the values that older rows lack on the right, to image row.
    private let projector: RowProjector
    /// The values of columns that the schema does not have yet; nil when there are none or all are NULL.
    private let missing: MissingValues?
    /// The image's key in an old row of a record.
    let oldKey: KeyLayout
    /// For each column of a record, its column in the image, or −1.
    private let imageColumns: [Int]

    /// - Parameter key: indexes into `columns`.
    /// - Throws: `schemaChanged` when a column that the image needs has another type, or a key column is not there.
    init(_ schema: RelationSchema, columns: [Column], key: [Int]) throws(DataflowError) {
        let recordTypes = schema.columns.map(\.type)
        var sources: [Int] = []
        var absent: [Column] = []
        for column in columns {
            guard let index = schema.columns.firstIndex(where: { $0.attributeNumber == column.attributeNumber }) else {
                sources.append(recordTypes.count + absent.count)
                absent.append(column)
                continue
            }
            guard recordTypes[index].oid == column.type.oid else {
                throw DataflowError(
                    .schemaChanged,
                    "column \"\(column.name)\" of \(schema.name) is \(recordTypes[index]), the view reads \(column.type)",
                    hint: DataflowError.reloadHint,
                    relation: schema.name
                )
            }
            sources.append(index)
        }
        guard key.allSatisfy({ sources[$0] < recordTypes.count }) else {
            throw DataflowError(
                .schemaChanged,
                "the key of \(schema.name) changed",
                hint: DataflowError.reloadHint,
                relation: schema.name
            )
        }
        projector = RowProjector(columns: sources, leftTypes: recordTypes, rightTypes: absent.map(\.type))
        missing = try MissingValues(absent, of: schema.name)
        oldKey = KeyLayout(key.map { sources[$0] }, types: recordTypes, nullsAreEqual: true)
        imageColumns = schema.columns.indices.map { index in sources.firstIndex(of: index) ?? -1 }
    }

    /// Appends the image row of a record's row.
    @inline(__always)
    func project(_ row: RowView, weight: Int64, into rows: inout ZSet) {
        projector.project(row, missing?.row, weight: weight, into: &rows)
    }

    /// The image's columns that the record's new row leaves as they were, ascending.
    func unchangedColumns(of record: ChangeRecord) -> [Int] {
        guard record.unchangedCount > 0 else { return [] }
        return (0..<record.unchangedCount).map { imageColumns[record.unchangedColumn(at: $0)] }.filter { $0 >= 0 }
            .sorted()
    }
}

/// One row of the values that columns read as in rows written before they existed.
private final class MissingValues {
    private var slab = ByteSlab()

    var row: RowView { RowView(slab.base) }

    init?(_ columns: [Column], of relation: QualifiedName) throws(DataflowError) {
        guard columns.contains(where: { $0.missingValue != nil }) else { return nil }
        let row = slab.beginRow(columnCount: columns.count)
        for (index, column) in columns.enumerated() {
            guard let text = column.missingValue else { continue }
            var bytes = ByteSlab()
            for byte in text.utf8 { bytes.append(byte: byte) }
            do throws(TextCodecError) {
                try TextCodec.decode(bytes.bytes, as: column.type.encoding, column: index, row: row, into: &slab)
            } catch {
                throw DataflowError(
                    .schemaChanged,
                    "the default of column \"\(column.name)\" of \(relation) is not a \(column.type)",
                    relation: relation,
                    underlying: error
                )
            }
        }
        slab.endRow(row)
    }
}
