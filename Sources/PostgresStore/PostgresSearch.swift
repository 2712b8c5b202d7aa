public import PostgresClient
public import ViewStores

/// A search in a view of a Postgres store, as a SELECT.
public struct PostgresSearch {
    private let names: SchemaNames
    private let view: String
    /// The table of the rows, and in it the words.
    private let table: String
    private let vector: String
    /// The text search configuration that the words were cut by.
    private let language: String
    private let columns: [String]
    private let indexed: [String]

    /// Looks the view up through a connection that may read the store's own tables.
    ///
    /// - Throws: `unsupported` when the schema has no search view of that name.
    public init(_ view: String, schema: String, of connection: PostgresConnection) throws(StoreError) {
        names = SchemaNames(schema: schema)
        self.view = view
        let rows = try storing("view \"\(view)\" was looked up") { [names] () throws(PostgresError) in
            try connection.query(Self.lookup(names), [view])
        }
        guard rows.rowCount > 0, let table = rows[0, 0], let vector = rows[0, 1], let language = rows[0, 2] else {
            throw .noSearchView(view, in: "schema \(schema)")
        }
        self.table = table
        self.vector = vector
        self.language = language
        columns = rows.rows.compactMap { $0[3] }
        indexed = rows.rows.filter { $0[4] == "t" }.compactMap { $0[3] }
    }

    /// One row for each column of the view: table, vector, configuration, column, whether its words are in the vector.
    private static func lookup(_ names: SchemaNames) -> String {
        """
        SELECT p."table", v.attname, replace(substring(
                pg_get_expr(d.adbin, d.adrelid) FROM 'to_tsvector\\(''((?:[^'']|'''')+)''::regconfig'), '''''', ''''),
            a.attname, EXISTS (
                SELECT FROM pg_depend AS e WHERE e.refclassid = 'pg_class'::regclass AND e.refobjid = a.attrelid
                    AND e.refobjsubid = a.attnum
                    AND (e.classid = 'pg_attrdef'::regclass AND e.objid = d.oid
                        OR e.classid = 'pg_class'::regclass AND e.objid = v.attrelid AND e.objsubid = v.attnum))
        FROM \(names.progress) AS p
        JOIN pg_attribute AS v ON v.attgenerated = 's'
            AND v.attrelid = to_regclass(\(SQLText.literal(names.quotedSchema)) || '.' || quote_ident(p."table"))
        JOIN pg_attrdef AS d ON d.adrelid = v.attrelid AND d.adnum = v.attnum
        JOIN pg_attribute AS a ON a.attrelid = v.attrelid AND a.attnum > 0 AND a.attnum <> v.attnum AND NOT a.attisdropped
        WHERE p."view" = $1 ORDER BY a.attnum
        """
    }

    /// The view's columns, then `rank` (greater is better) and `snippet` (where the words are, in brackets); the best rows first.
    ///
    /// `limit` is how many rows at most; nil for all.
    public func select(_ query: SearchQuery, limit: Int?) -> String {
        let wanted = tsquery(query)
        let (rank, snippet) = (free("rank"), free("snippet"))
        let list = columns.map { "t.\(SQLText.identifier($0))" }.joined(separator: ", ")
        let texts = indexed.map { "t.\(SQLText.identifier($0))" }.joined(separator: ", ")
        let vector = "t.\(SQLText.identifier(vector))"
        // The best rows first, then their snippets: cutting one reads the whole text.
        return """
            SELECT \(list), t._leftfold_rank AS \(SQLText.identifier(rank)),
                ts_headline(\(configuration), concat_ws(' … ', \(texts)), \(wanted),
                    'StartSel=[, StopSel=], MaxFragments=1, MaxWords=16, MinWords=4') AS \(SQLText.identifier(snippet))
            FROM (
                SELECT t.*, ts_rank(\(vector), \(wanted)) AS _leftfold_rank
                FROM \(names.qualified(table)) AS t WHERE \(vector) @@ (\(wanted))
                ORDER BY _leftfold_rank DESC\(limit.map { " LIMIT \($0)" } ?? "")
            ) AS t ORDER BY t._leftfold_rank DESC
            """
    }

    private var configuration: String { "\(SQLText.literal(language))::regconfig" }

    /// Functions of constants, which the server computes once.
    private func tsquery(_ query: SearchQuery) -> String {
        query.parts.map { part in
            var words = part.words
            let beginning = part.isPrefix ? words.removeLast() : nil
            var terms: [String] = []
            if !words.isEmpty {
                terms.append("phraseto_tsquery(\(configuration), \(SQLText.literal(words.joined(separator: " "))))")
            }
            if let beginning {
                terms.append("to_tsquery(\(configuration), \(SQLText.literal(Self.operand(beginning) + ":*")))")
            }
            return "(\(terms.joined(separator: " <-> ")))"
        }
        .joined(separator: " && ")
    }

    /// A word between the quotes of to_tsquery.
    private static func operand(_ word: String) -> String {
        "'" + word.unicodeScalars.map { $0 == "'" || $0 == "\\" ? "\($0)\($0)" : String($0) }.joined() + "'"
    }

    private func free(_ name: String) -> String {
        var name = name
        while columns.contains(name) { name = "_" + name }
        return name
    }
}
