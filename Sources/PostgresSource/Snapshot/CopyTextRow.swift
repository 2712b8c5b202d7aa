import PostgresClient
import Relational

/// One row of COPY's text format, as a record of an insert.
struct CopyTextRow: ~Copyable {
    private var fields = CopyTextFields()

    /// Appends the row; the slab holds half a record when this throws.
    mutating func append(
        _ line: UnsafeRawBufferPointer,
        _ layout: RelationLayout,
        into slab: inout ByteSlab
    ) throws(SourceError) {
        let record = slab.beginRecord(.insert, schema: layout.id, hasNew: true, hasOld: false)
        let row = slab.beginRow(columnCount: layout.columnCount)
        let isWhole = try fields.part(line, columnCount: layout.columnCount) { (column, text) throws(SourceError) in
            do {
                try TextCodec.decode(text, as: layout.encodings[column], column: column, row: row, into: &slab)
            } catch {
                throw ValueError.malformed(layout.schema, column, "in the snapshot")
            }
        }
        guard isWhole else {
            throw SourceError(
                .malformedMessage,
                "COPY of \(layout.schema.name) gave a row without its \(layout.columnCount) columns"
            )
        }
        slab.endRow(row)
        slab.endRecord(record)
    }
}
