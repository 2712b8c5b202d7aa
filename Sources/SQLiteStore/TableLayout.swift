import Relational
import ViewStores

/// How one view's rows lie in an SQLite table, and the SQL that reads and writes them.
///
/// 1. One integer key column that is never NULL is the table's `INTEGER PRIMARY KEY`.
/// 2. Any other key is a UNIQUE constraint. SQLite takes NULLs for distinct there, so a row with a NULL in its key is looked for
///    with `IS` before it is inserted. `numeric` without a scale is unique by value: its index holds the digits without trailing
///    zeros. A key of no columns is looked for in the same way: there may be one row.
/// 3. A bag has two columns more: `_leftfold_n` counts equal rows from 1, `_leftfold_hash` is the hash of the row's image, which
///    finds it through an index; equality is decided by the columns.
///
/// Parameters: ?1…?n are the columns of a row, in UPDATE followed by those of the old row; in a bag ?n+1 is the count and ?n+2 the
/// hash.
struct TableLayout {
    enum Shape: Equatable {
        case integerKey(column: Int)
        case keyed
        case bag
    }

    static let countColumn = "_leftfold_n"
    static let hashColumn = "_leftfold_hash"

    let view: ViewTable
    /// The table itself, or the shadow it is built in.
    let table: String
    let shape: Shape
    let key: [Int]
    let others: [Int]
    let encodings: [Encoding]

    init(_ view: ViewTable, table: String) {
        self.view = view
        self.table = table
        encodings = view.columns.map(\.type.encoding)
        let key = view.key ?? []
        self.key = key
        others = view.columns.indices.filter { !key.contains($0) }
        if view.key == nil {
            shape = .bag
        } else if key.count == 1, view.columns[key[0]].isNotNull, encodings[key[0]].isInteger {
            shape = .integerKey(column: key[0])
        } else {
            shape = .keyed
        }
    }

    /// Whether the row's key must be looked for before an insert, because the unique index does not.
    func needsProbe(_ row: RowView) -> Bool {
        if shape != .keyed { return false }
        if key.isEmpty { return true }
        for column in key where row.isNull(column) { return true }
        return false
    }

    /// Whether both rows, whose keys are equal, have the same image of it.
    func hasSameKeyImage(_ left: RowView, _ right: RowView) -> Bool {
        for column in key {
            let isNull = left.isNull(column)
            if isNull != right.isNull(column) { return false }
            if isNull { continue }
            if encodings[column].isFixed {
                if left.slot(column) != right.slot(column) { return false }
            } else if !left.bytes(column).elementsEqual(right.bytes(column)) {
                return false
            }
        }
        return true
    }
}

extension Encoding {
    /// Whether SQLite holds the value as an INTEGER.
    var isInteger: Bool {
        switch self {
        case .bool, .int2, .int4, .int8: true
        default: false
        }
    }

    /// The declared type of a column; floats have none, see `TableLayout.columnDefinition`.
    var declaredType: String {
        switch self {
        case .bool, .int2, .int4, .int8: "INTEGER"
        case .float4, .float8: ""
        case .bytea: "BLOB"
        case .numeric, .text, .uuid, .date, .timestamp, .timestamptz, .jsonb, .opaque: "TEXT"
        }
    }
}
