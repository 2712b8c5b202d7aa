import Relational

/// The changes of one epoch to a table without a key: rows that come and go by their whole image. They are held by its hash.
struct BagChanges: ~Copyable {
    private var rows = ZSet()
    private var isTruncated = false

    var isEmpty: Bool { rows.isEmpty }

    mutating func ingest(_ record: ChangeRecord, _ map: RecordMap, types: [ScalarType]) throws(DataflowError) {
        switch record.operation {
        case .insert:
            guard let new = record.newRow else { throw DataflowError(.missingRow, "an insert has no row") }
            map.project(new, weight: 1, into: &rows)
        case .update:
            guard let new = record.newRow else { throw DataflowError(.missingRow, "an update has no row") }
            let old = try oldRow(of: record)
            let unchanged = map.unchangedColumns(of: record)
            map.project(new, weight: 1, into: &rows)
            if !unchanged.isEmpty {
                var elder = ZSet()
                map.project(old, weight: 1, into: &elder)
                rows.replaceLast(with: elder.row(at: 0), columns: unchanged, types: types)
            }
            map.project(old, weight: -1, into: &rows)
        case .delete:
            map.project(try oldRow(of: record), weight: -1, into: &rows)
        case .truncate:
            rows.removeAll()
            isTruncated = true
        }
    }

    private func oldRow(of record: ChangeRecord) throws(DataflowError) -> RowView {
        guard let old = record.oldRow, !record.oldRowIsIdentityOnly else {
            throw DataflowError(
                .missingOldRow,
                "a change of a table without a key comes without the old row",
                hint: "ALTER TABLE … REPLICA IDENTITY FULL"
            )
        }
        return old
    }

    mutating func step(over table: Arrangement, into output: inout ZSet) throws(DataflowError) {
        swap(&rows, &output)
        if isTruncated {
            try table.forEach(at: .before) { batch throws(DataflowError) in
                for index in 0..<batch.count { output.append(batch.row(at: index), weight: -batch.weight(at: index)) }
            }
        }
        try output.consolidateChecked()
        guard !output.isEmpty else { return }
        var keys = KeyBatch()
        for index in 0..<output.count {
            withUnsafeBytes(of: KeyHash.hash(output.row(at: index).bytes)) { keys.append($0) }
        }
        do throws(DataflowError) {
            try table.stage(output, keys: keys)
        } catch {
            guard error.code == .negativeWeight else { throw error }
            throw DataflowError(.missingRow, "a changed row is not there")
        }
    }

    mutating func seal() {
        rows.endEpoch()
        isTruncated = false
    }
}
