import Relational
public import SQLiteDatabase
public import ViewStores

/// A search in a view of an SQLite store, as a SELECT for any connection to its file.
public enum SQLiteSearch {
    /// The values that the option `language` may have.
    public static let languages = ["simple", "english"]

    /// The refusal of a view whose language is none of them.
    public static func unknownLanguage(of view: ViewTable) -> StoreError {
        StoreError(
            .unsupported,
            "view \"\(view.name)\": SQLite cannot search in the language \"\(view.searchLanguage)\"",
            detail: "it knows \(languages.joined(separator: " and "))",
            hint: "write language = 'simple', or give the view a Postgres store"
        )
    }

    /// The view's columns, then `rank` (greater is better) and `snippet` (where the words are, in brackets); the best rows first.
    ///
    /// `limit` is how many rows at most; nil for all.
    ///
    /// - Throws: `unsupported` when the file has no search view of that name.
    public static func select(
        _ query: SearchQuery,
        in view: String,
        limit: Int?,
        of database: SQLiteConnection
    ) throws(StoreError) -> String {
        let (columns, rowID) = try storing("view \"\(view)\" was looked up") { () throws(SQLiteError) in
            try readColumns(of: view, in: database)
        }
        guard let rowID else {
            throw .noSearchView(view, in: database.path)
        }
        let table = QualifiedName.quote(view)
        let index = QualifiedName.quote(view + SearchIndex.suffix)
        let (rank, snippet) = (free("rank", columns), free("snippet", columns))
        var list = columns.map { "t.\(QualifiedName.quote($0))" }
        list.append("-f.rank AS \(QualifiedName.quote(rank))")
        list.append("snippet(f.\(index), -1, '[', ']', '…', 16) AS \(QualifiedName.quote(snippet))")
        return "SELECT \(list.joined(separator: ", ")) FROM \(index) AS f JOIN \(table) AS t "
            + "ON t.\(QualifiedName.quote(rowID)) = f.rowid WHERE f.\(index) MATCH \(literal(query.fts5)) "
            + "ORDER BY f.rank" + (limit.map { " LIMIT \($0)" } ?? "")
    }

    /// The columns for readers, and the one that the index knows a row by; nil without an index.
    private static func readColumns(
        of view: String,
        in database: SQLiteConnection
    ) throws(SQLiteError) -> (columns: [String], rowID: String?) {
        guard try SearchIndex.isThere(of: view, in: database) else { return ([], nil) }
        let query = try database.prepare("SELECT name, pk FROM pragma_table_info(?1)", isPersistent: false)
        try query.bind(1, text: view)
        var columns: [String] = []
        var rowID: String?
        while try query.step() {
            if query.int(1) == 1 { rowID = query.text(0) }
            if query.text(0) != TableLayout.idColumn { columns.append(query.text(0)) }
        }
        return (columns, rowID)
    }

    /// `name`, with underscores before it until no column has it.
    private static func free(_ name: String, _ columns: [String]) -> String {
        let taken = Set(columns.map(NameRules.folded))
        var name = name
        while taken.contains(name) { name = "_" + name }
        return name
    }

    private static func literal(_ text: String) -> String {
        "'" + text.unicodeScalars.map { $0 == "'" ? "''" : String($0) }.joined() + "'"
    }
}

extension SearchQuery {
    /// In FTS5's language: quoted strings side by side, which FTS5 cuts into words and joins with AND. One without a word of FTS5's
    /// is left out by it.
    var fts5: String {
        parts.map { "\"\($0.words.joined(separator: " "))\"\($0.isPrefix ? " *" : "")" }.joined(separator: " ")
    }
}
