import PostgresClient
import Relational
import ViewStores

/// Lines of `COPY … TO STDOUT`, in its text format, as packed rows: the reverse of `CopyEncoder`.
struct CopyDecoder: ~Copyable {
    private let view: ViewTable
    private let encodings: [Encoding]
    private var fields = CopyTextFields()

    init(_ view: ViewTable) {
        self.view = view
        encodings = view.columns.map(\.type.encoding)
    }

    /// Appends the row of one line, its newline included.
    mutating func append(_ line: UnsafeRawBufferPointer, to rows: inout ZSet) throws(StoreError) {
        let row = rows.beginRow(columnCount: encodings.count)
        let (view, encodings) = (view, encodings)
        let isWhole = try fields.part(line, columnCount: encodings.count) { (column, text) throws(StoreError) in
            do {
                try TextCodec.decode(text, as: encodings[column], column: column, row: row, into: &rows.slab)
            } catch {
                throw StoreError.inconsistent(
                    view.name,
                    "a value of column \"\(view.columns[column].name)\" was not written by Leftfold",
                    detail: "it is no \(view.columns[column].type)"
                )
            }
        }
        guard isWhole else {
            throw .inconsistent(view.name, "a row does not have its \(encodings.count) columns")
        }
        rows.endRow(row, weight: 1)
    }
}
