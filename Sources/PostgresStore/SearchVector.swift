import PostgresClient
public import ViewStores

/// The words of a search view's rows: a column that the server itself keeps, and a GIN index over it.
///
/// 1. It is generated from the row, so that no write can leave it behind; readers see it as the view's last column.
/// 2. Postgres knows four weights, D to A, worth 0.1, 0.2, 0.4 and 1 to `ts_rank`. A column gets the one that is nearest to its
///    weight next to the largest.
/// 3. A tsvector has room for 1 MB and for places up to 16 383: of each text it takes the beginning.
struct SearchVector {
    /// Characters that are searched, over all columns of a row. One takes 10 bytes of a tsvector at worst.
    private static let characterCountMax = 100_000

    private let view: ViewTable
    private let columns: [ViewTable.IndexedColumn]

    /// Nil for a view of another kind.
    init?(_ view: ViewTable) throws(StoreError) {
        columns = try view.searchColumns()
        guard !columns.isEmpty else { return nil }
        self.view = view
    }

    /// `search`, where the view has no column of that name.
    static func name(in view: ViewTable) -> String {
        view.columns.contains { $0.name == "search" } ? "\(SchemaNames.reservedPrefix)_search" : "search"
    }

    var quotedName: String { SQLText.identifier(Self.name(in: view)) }

    var definition: String { "\(quotedName) tsvector GENERATED ALWAYS AS (\(expression)) STORED" }

    /// The words of a row, as the server computes them.
    var expression: String {
        let largest = columns.map(\.weight).max() ?? 1
        let count = Self.characterCountMax / columns.count
        return columns.map { column in
            let text = "left(coalesce(\(SQLText.identifier(view.columns[column.column].name))::text, ''), \(count))"
            return "setweight(to_tsvector(\(configuration), \(text)), '\(Self.label(column.weight / largest))')"
        }
        .joined(separator: " || ")
    }

    var configuration: String { "\(SQLText.literal(view.searchLanguage))::regconfig" }

    /// The borders are the geometric means of 1, 0.4, 0.2 and 0.1.
    private static func label(_ part: Double) -> String {
        switch part {
        case 0.632...: "A"
        case 0.283..<0.632: "B"
        case 0.141..<0.283: "C"
        default: "D"
        }
    }
}

extension PostgresStore {
    /// Compares the words that are held with those that the server would compute now: another text search configuration of the same
    /// name gives others.
    public func indexFault(of view: ViewTable) throws(StoreError) -> String? {
        guard let vector = try SearchVector(view) else { return nil }
        let count = try storing("the search index of view \"\(view.name)\" was checked") { () throws(PostgresError) in
            try connection.value(
                "SELECT count(*) FROM \(names.qualified(view.name)) "
                    + "WHERE \(vector.quotedName) IS DISTINCT FROM (\(vector.expression))"
            )
        }
        return count == "0" ? nil : "the search index does not agree with \(count ?? "some") rows"
    }

    /// Whether the server has the language of a search view; asks it.
    ///
    /// - Throws: `unsupported` when it does not.
    public func checkLanguage(of view: ViewTable) throws(StoreError) {
        if let vector = try SearchVector(view) { try checkLanguage(of: vector, view) }
    }

    /// - Throws: `unsupported` for a language that the server does not have.
    func checkLanguage(of vector: SearchVector, _ view: ViewTable) throws(StoreError) {
        do {
            try connection.query("SELECT \(vector.configuration)")
        } catch {
            guard error.sqlState?.hasPrefix("42") == true || error.sqlState?.hasPrefix("22") == true else {
                throw StoreError(error, while: "a table for view \"\(view.name)\" was made")
            }
            throw StoreError(
                .unsupported,
                "view \"\(view.name)\": the server has no text search configuration \"\(view.searchLanguage)\"",
                detail: error.message,
                hint: "write language = 'simple', or one of: SELECT cfgname FROM pg_ts_config;"
            )
        }
    }
}
