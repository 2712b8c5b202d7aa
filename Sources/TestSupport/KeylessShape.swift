import Relational

/// The ways in which a record of `SampleTable.pairs`, whose key are `code` and `n`, may fail to tell its key.
enum KeylessShape: CaseIterable {
    /// The new row has NULL in a column of the key.
    case nullInNewRow
    /// The new row leaves out a column of the key, and there is no old row to take it from.
    case unchangedWithoutOldRow
    /// An old row without one column of the key.
    case nullInOldRow
    /// A delete that names no row at all.
    case deleteWithoutRow

    func encode(_ schema: SchemaID, into slab: inout ByteSlab) {
        let nullKey: [Datum] = [.text("note"), .text("code"), .null]
        let wholeKey: [Datum] = [.text("note"), .text("code"), .int(1)]
        switch self {
        case .nullInNewRow: append(.insert, schema, new: nullKey, into: &slab)
        case .unchangedWithoutOldRow: append(.update, schema, new: nullKey, unchanged: [2], into: &slab)
        case .nullInOldRow: append(.update, schema, new: wholeKey, old: nullKey, into: &slab)
        case .deleteWithoutRow: append(.delete, schema, into: &slab)
        }
    }

    private func append(
        _ operation: ChangeOperation,
        _ schema: SchemaID,
        new: [Datum]? = nil,
        old: [Datum]? = nil,
        unchanged: [Int] = [],
        into slab: inout ByteSlab
    ) {
        let record = slab.beginRecord(operation, schema: schema, hasNew: new != nil, hasOld: old != nil)
        for row in [new, old] {
            guard let row else { continue }
            let start = slab.beginRow(columnCount: row.count)
            for (index, column) in SampleTable.pairs.columns.enumerated() {
                slab.set(index, row[index], as: column.type.encoding, in: start)
            }
            slab.endRow(start)
        }
        slab.endRecord(record, unchanged: unchanged)
    }
}
