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
/// 4. A search view without a single integer key has `_leftfold_id`, the rowid that its index knows a row by: an unnamed one may
///    change in a VACUUM.
///
/// Parameters: ?1…?n are the columns of a row, in UPDATE followed by those of the old row; in a bag ?n+1 is the count and ?n+2 the
/// hash.
struct TableLayout {
    typealias Shape = DeltaOrder.Shape

    static let countColumn = "_leftfold_n"
    static let hashColumn = "_leftfold_hash"
    static let idColumn = "_leftfold_id"

    let view: ViewTable
    /// The table itself, or the shadow it is built in.
    let table: String
    let shape: Shape
    let key: [Int]
    let others: [Int]
    let encodings: [Encoding]
    /// The full-text index beside the table.
    let search: SearchIndex?

    init(_ view: ViewTable, table: String) throws(StoreError) {
        self.view = view
        self.table = table
        encodings = view.columns.map(\.type.encoding)
        let key = view.key ?? []
        self.key = key
        others = view.columns.indices.filter { !key.contains($0) }
        shape = Shape(view)
        search = try SearchIndex(view, table: table)
    }

    /// Whether rows have an id beside their columns.
    var hasID: Bool { search != nil && shape == .keyed }

    /// Whether the row's key must be looked for before an insert, because the unique index does not.
    func needsProbe(_ row: RowView) -> Bool {
        if shape != .keyed { return false }
        if key.isEmpty { return true }
        for column in key where row.isNull(column) { return true }
        return false
    }
}

extension Encoding {
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
