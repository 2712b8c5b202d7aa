import PostgresClient

/// The names of a store's schema and of its own tables in it, as SQL.
struct SchemaNames {
    let schema: String

    /// Names that start so are Leftfold's own.
    static let reservedPrefix = "_leftfold"
    /// The hash of a bag's row, which finds it through an index.
    static let hashColumn = "_leftfold_hash"
    /// Postgres cuts longer names off.
    static let byteCountMax = 63

    var quotedSchema: String { SQLText.identifier(schema) }
    var owner: String { qualified("_leftfold_owner") }
    var progress: String { qualified("_leftfold_progress") }
    /// The tables that were made for views' rows.
    var tables: String { qualified("_leftfold_table") }

    func qualified(_ name: String) -> String { "\(quotedSchema).\(SQLText.identifier(name))" }

    /// The name of the table of a view's rows: unique by its number, told apart by the view's name.
    static func dataTable(of view: String, number: Int64) -> String {
        var name = "\(reservedPrefix)_\(number)_\(view)"
        while name.utf8.count > byteCountMax { name.unicodeScalars.removeLast() }
        return name
    }
}
