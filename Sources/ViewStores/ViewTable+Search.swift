import Relational

/// The words that a search index of a view has.
extension ViewTable {
    /// An indexed column.
    public struct IndexedColumn: Hashable, Sendable {
        /// Its place among the view's columns.
        public var column: Int
        public var weight: Double

        public init(column: Int, weight: Double) {
            self.column = column
            self.weight = weight
        }
    }

    /// The columns of the option `columns`, every text column without it; empty for a view of another kind.
    ///
    /// - Throws: `unsupported` for a view without a key, and for columns that are not there or hold no text.
    public func searchColumns() throws(StoreError) -> [IndexedColumn] {
        guard kind == .search else { return [] }
        guard key != nil else { throw unsearchable("it has no key", hint: "add WITH (key = '…') to it") }
        guard let text = options["columns"] else {
            let all = columns.indices.filter { columns[$0].type.isText }
            guard !all.isEmpty else { throw unsearchable("it has no column of text", hint: "select one") }
            return all.map { IndexedColumn(column: $0, weight: 1) }
        }
        let named: [SearchColumn]
        do {
            named = try SearchColumn.list(parsing: text)
        } catch {
            throw unsearchable(error.message, hint: "correct the option columns")
        }
        var indexed: [IndexedColumn] = []
        for column in named {
            guard let index = columns.firstIndex(where: { $0.name == column.name }), columns[index].type.isText else {
                throw unsearchable("it has no text column \"\(column.name)\"", hint: "correct the option columns")
            }
            indexed.append(IndexedColumn(column: index, weight: column.weight))
        }
        return indexed
    }

    /// How words are cut and folded; `simple` keeps every word as it is.
    public var searchLanguage: String { options["language"] ?? "simple" }

    private func unsearchable(_ why: String, hint: String) -> StoreError {
        StoreError(.unsupported, "view \"\(name)\" cannot be searched: \(why)", hint: hint)
    }
}
