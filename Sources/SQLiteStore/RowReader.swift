import Relational
import SQLiteDatabase
import ViewStores

/// Packs the columns of a statement's current row, the reverse of `RowBinder`.
struct RowReader {
    let view: ViewTable
    let encodings: [Encoding]

    func append(_ statement: SQLiteStatement, to rows: inout ZSet) throws(StoreError) {
        let row = rows.beginRow(columnCount: encodings.count)
        for column in encodings.indices {
            let stored = statement.storageClass(column)
            if stored == .null { continue }
            let encoding = encodings[column]
            switch (encoding, stored) {
            case (.bool, .integer), (.int2, .integer), (.int4, .integer), (.int8, .integer):
                rows.slab.set(column, int: statement.int(column), in: row)
            case (.float4, .real), (.float8, .real):
                rows.slab.set(column, float: statement.double(column), in: row)
            case (.float4, .text) where statement.text(column) == "NaN",
                (.float8, .text) where statement.text(column) == "NaN":
                rows.slab.set(column, float: .nan, in: row)
            case (.bytea, .blob), (.text, .text), (.jsonb, .text), (.opaque, .text):
                rows.slab.set(column, bytes: statement.bytes(column), in: row)
            case (.numeric, .text), (.uuid, .text), (.date, .text), (.timestamp, .text), (.timestamptz, .text):
                do {
                    try TextCodec.decode(
                        statement.bytes(column),
                        as: encoding,
                        column: column,
                        row: row,
                        into: &rows.slab
                    )
                } catch {
                    throw unreadable(column, stored)
                }
            default: throw unreadable(column, stored)
            }
        }
        rows.endRow(row, weight: 1)
    }

    private func unreadable(_ column: Int, _ stored: SQLiteStatement.StorageClass) -> StoreError {
        .inconsistent(
            view.name,
            "a value of column \"\(view.columns[column].name)\" was not written by Leftfold",
            detail: "\(view.columns[column].type) is not stored as this \(stored)"
        )
    }
}
