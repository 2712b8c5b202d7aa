import Relational
import SQLiteDatabase

/// Binds the columns of packed rows to a statement's parameters.
///
/// Values that SQLite holds as they lie in the row are bound in place: the row must stay where it is until the statement has run.
struct RowBinder: ~Copyable {
    private let encodings: [Encoding]
    private var scratch = ByteSlab()

    init(encodings: [Encoding]) { self.encodings = encodings }

    /// Binds column c to parameter `first` + c, for all columns.
    mutating func bind(_ row: RowView, to statement: SQLiteStatement, from first: Int = 1) throws(SQLiteError) {
        for column in encodings.indices {
            let parameter = first + column
            if row.isNull(column) {
                try statement.bindNull(parameter)
                continue
            }
            switch encodings[column] {
            case .bool, .int2, .int4, .int8: try statement.bind(parameter, int: row.int(column))
            case .float4, .float8:
                let value = row.float(column)
                if value.isNaN {
                    try statement.bind(parameter, text: "NaN")
                } else {
                    try statement.bind(parameter, double: value)
                }
            case .bytea: try statement.bind(parameter, blob: row.bytes(column))
            case .text, .jsonb, .opaque: try statement.bind(parameter, text: row.bytes(column))
            case .numeric, .uuid, .date, .timestamp, .timestamptz:
                scratch.removeAll()
                TextCodec.encode(row, column: column, as: encodings[column], into: &scratch)
                try statement.bind(parameter, copying: scratch.bytes)
            }
        }
    }
}
