import Relational
import SQLiteDatabase
import ViewStores

/// The FTS5 table of a search view, and the SQL that writes it. It is named as the view with `_fts` after it, for readers to ask.
///
/// 1. An external-content table: the words of the columns, under the rowid of the row; the texts stay in the view's table alone.
/// 2. FTS5 forgets a row by being told its old texts. They come from the delta, whose old row the table has just been found to hold.
/// 3. It names the table of the published rows from the beginning: while it is built in the shadow nobody reads texts through it.
/// 4. The columns' weights are its own `rank`, so every reader has them.
struct SearchIndex {
    static let suffix = "_fts"
    /// The tables that FTS5 makes for one, by what it adds to the name.
    private static let ownSuffixes = ["_data", "_idx", "_docsize", "_config", "_content"]
    /// Stands in the schema behind the name of every index that the store made.
    private static let mark = "/* kept by Leftfold */"

    let name: String
    /// Indexes into the view's columns.
    let columns: [Int]
    private let view: ViewTable
    private let weights: [Double]
    private let rowID: String

    /// The index of the view's rows in `table`; nil for a view of another kind.
    init?(_ view: ViewTable, table: String) throws(StoreError) {
        let indexed = try view.searchColumns()
        guard !indexed.isEmpty else { return nil }
        self.view = view
        name = table + Self.suffix
        columns = indexed.map(\.column)
        weights = indexed.map(\.weight)
        if case .integerKey(let column) = DeltaOrder.Shape(view) {
            rowID = view.columns[column].name
        } else {
            rowID = TableLayout.idColumn
        }
    }

    /// What the file must not have before the index of this view is made, as FTS5 names it.
    static func names(of view: String) -> [String] { [view + suffix] + ownSuffixes.map { view + suffix + $0 } }

    var quotedName: String { QualifiedName.quote(name) }

    private var columnNames: [String] { columns.map { QualifiedName.quote(view.columns[$0].name) } }

    private var columnList: String { columnNames.joined(separator: ", ") }

    // MARK: Definition

    /// `simple` folds letters and drops their accents; `english` takes words back to their stems as well.
    private func tokenizer() throws(StoreError) -> String {
        switch view.searchLanguage {
        case "simple": "unicode61 remove_diacritics 2"
        case "english": "porter unicode61 remove_diacritics 2"
        default:
            throw SQLiteSearch.unknownLanguage(of: view)
        }
    }

    /// - Throws: `unsupported` for columns that FTS5 cannot have.
    func create() throws(StoreError) -> [String] {
        let reserved = ["rank", "rowid", NameRules.folded(view.name + Self.suffix), NameRules.folded(name)]
        for column in columns where reserved.contains(NameRules.folded(view.columns[column].name)) {
            throw StoreError(
                .unsupported,
                "column \"\(view.columns[column].name)\" of view \"\(view.name)\" has a name that FTS5 keeps for itself",
                hint: "rename the column with AS in the view's SQL"
            )
        }
        // A kept version may take its view's place, and is read through the index only there.
        let published = PreviousView.original(of: view.name) ?? view.name
        let content = "content=\(QualifiedName.quote(published)), content_rowid=\(QualifiedName.quote(rowID))"
        let weights = weights.map { "\($0)" }.joined(separator: ", ")
        return [
            "CREATE VIRTUAL TABLE \(quotedName) \(Self.mark) USING fts5(\(columnList), \(content), "
                + "tokenize=\"\(try tokenizer())\")",
            "INSERT INTO \(quotedName) (\(quotedName), rank) VALUES ('rank', 'bm25(\(weights))')",
        ]
    }

    /// Removes the index of a table, if the store made it.
    static func drop(of table: String, in database: SQLiteConnection) throws(SQLiteError) {
        guard try isThere(of: table, in: database) else { return }
        try database.execute("DROP TABLE \(QualifiedName.quote(table + suffix))")
    }

    /// Whether a table has an index that the store made.
    static func isThere(of table: String, in database: SQLiteConnection) throws(SQLiteError) -> Bool {
        let query = try database.prepare(
            "SELECT 1 FROM sqlite_schema WHERE name = ?1 COLLATE NOCASE AND sql LIKE '%' || ?2 || ' USING fts5%'",
            isPersistent: false
        )
        try query.bind(1, text: table + suffix)
        try query.bind(2, text: mark)
        defer { query.reset() }
        return try query.step()
    }

    // MARK: Rows

    /// Parameters: the rowid, then the columns.
    var insert: String { "INSERT INTO \(quotedName) (rowid, \(columnList)) VALUES (\(parameters))" }

    /// Parameters: the rowid, then the columns as they were.
    var delete: String {
        "INSERT INTO \(quotedName) (\(quotedName), rowid, \(columnList)) VALUES ('delete', \(parameters))"
    }

    private var parameters: String { (1...columns.count + 1).map { "?\($0)" }.joined(separator: ", ") }

    // MARK: Proof

    static let wanted = "_leftfold_wanted"

    /// Makes the index anew in the connection's temporary database, without texts of its own.
    func createWanted() throws(StoreError) -> [String] {
        let name = "temp.\(Self.wanted)"
        return [
            "CREATE VIRTUAL TABLE \(name) USING fts5(\(columnList), content=\"\", tokenize=\"\(try tokenizer())\")",
            "INSERT INTO \(name) (rowid, \(columnList)) SELECT \(QualifiedName.quote(rowID)), \(columnList) "
                + "FROM main.\(QualifiedName.quote(view.name))",
        ]
    }
}
