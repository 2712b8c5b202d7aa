import PostgresClient
import ViewStores

/// What a view and its columns may be called in a Postgres store, and how many there may be.
enum NameRules {
    /// Columns that every table has.
    private static let systemColumns: Set = ["tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"]
    private static let columnCountMax = 1599
    private static let keyColumnCountMax = 32

    static func check(_ view: ViewTable) throws(StoreError) {
        try check(PreviousView.original(of: view.name) ?? view.name, what: "view")
        try checkLength(view.name, what: "view")
        var seen: Set<String> = []
        for column in view.columns {
            try check(column.name, what: "column")
            guard !systemColumns.contains(column.name) else {
                throw unsupported(column.name, "every table of Postgres has a column of this name", rename: "column")
            }
            guard seen.insert(column.name).inserted else {
                throw StoreError(
                    .unsupported,
                    "view \"\(view.name)\" has two columns \"\(column.name)\"",
                    hint: "rename one of them with AS in the view's SQL"
                )
            }
        }
        guard view.columns.count <= columnCountMax else {
            throw tooMany("view \"\(view.name)\" has \(view.columns.count) columns", max: columnCountMax)
        }
        try view.checkKey()
        guard let key = view.key else { return }
        guard key.count <= keyColumnCountMax else {
            throw tooMany("the key of view \"\(view.name)\" has \(key.count) columns", max: keyColumnCountMax)
        }
    }

    private static func check(_ name: String, what: String) throws(StoreError) {
        guard !name.isEmpty, !name.utf8.contains(0) else {
            throw unsupported(name, "a name is at least one character and has no zero byte", rename: what)
        }
        try checkLength(name, what: what)
        guard !name.hasPrefix(SchemaNames.reservedPrefix) else {
            throw unsupported(name, "names that start with _leftfold are Leftfold's own", rename: what)
        }
    }

    private static func checkLength(_ name: String, what: String) throws(StoreError) {
        guard name.utf8.count > SchemaNames.byteCountMax else { return }
        throw unsupported(name, "Postgres cuts names off after \(SchemaNames.byteCountMax) bytes", rename: what)
    }

    private static func tooMany(_ what: String, max: Int) -> StoreError {
        StoreError(
            .unsupported,
            "\(what), and Postgres has room for \(max)",
            hint: "select fewer columns, or give the view another store: WITH (store = 'main')"
        )
    }

    private static func unsupported(_ name: String, _ why: String, rename what: String) -> StoreError {
        StoreError(
            .unsupported,
            "\(what) name \"\(name)\" is not allowed in a Postgres store",
            detail: why,
            hint: what == "view" ? "rename the view" : "rename the column with AS in the view's SQL"
        )
    }
}
