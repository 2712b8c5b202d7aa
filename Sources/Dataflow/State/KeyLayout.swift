import Relational

/// Which columns of a row make a key, and how.
struct KeyLayout {
    private struct KeyColumn {
        var column: Int
        var encoding: Encoding
    }

    private let columns: FixedList<KeyColumn>
    /// Whether NULLs are equal to each other (groups) or to nothing (joins).
    private let nullsAreEqual: Bool

    init(_ indexes: [Int], types: [ScalarType], nullsAreEqual: Bool) {
        columns = FixedList(indexes.map { KeyColumn(column: $0, encoding: types[$0].encoding) })
        self.nullsAreEqual = nullsAreEqual
    }

    /// Appends the key of one row.
    @inline(__always)
    func append(_ row: RowView, to keys: inout KeyBatch) {
        let start = keys.slab.count
        for index in 0..<columns.count {
            let column = columns[index]
            if !nullsAreEqual && row.isNull(column.column) {
                keys.slab.truncate(to: start)
                keys.appendNull()
                return
            }
            KeyEncoder.append(row, column: column.column, as: column.encoding, into: &keys.slab)
        }
        let length = keys.slab.count &- start
        let bytes = UnsafeRawBufferPointer(start: keys.slab.base + start, count: length)
        keys.entries.append(
            KeyBatch.Entry(
                start: start,
                length: Int32(truncatingIfNeeded: length),
                hash: KeyHash.hash(bytes)
            )
        )
    }

    /// Appends the keys of all rows of a batch.
    func append(_ rows: borrowing ZSet, to keys: inout KeyBatch, with crew: Crew = .alone) {
        let pieceCount = crew.pieces(of: rows.count)
        if crew.workers == 1 || pieceCount < 2 {
            for index in 0..<rows.count { append(rows.row(at: index), to: &keys) }
            return
        }
        crew.gather(pieceCount, crew.keys, into: &keys) { piece, keys in
            for index in crew.places(of: piece, in: rows.count) { append(rows.row(at: index), to: &keys) }
        } take: { piece, keys in
            keys.append(contentsOf: piece)
            piece.endEpoch()
        }
    }
}
