import Relational
import SQLiteDatabase
public import ViewStores

extension SQLiteStore {
    /// Makes the index of a search view anew in temporary storage and compares every word and its place, and every row's word count.
    ///
    /// FTS5's own check needs the write lock; this one reads, in one transaction.
    public func indexFault(of view: ViewTable) throws(StoreError) -> String? {
        guard let index = try SearchIndex(view, table: view.name) else { return nil }
        let statements = try index.createWanted()
        do {
            let isOwn = !database.isInTransaction
            if isOwn { try database.execute("BEGIN") }
            defer { if isOwn { database.rollback() } }
            defer { Self.dropTemporary(in: database) }
            Self.dropTemporary(in: database)
            for statement in statements { try database.execute(statement) }
            if let fault = try Self.differingSize(index, in: database) { return fault }
            return try Self.differingWord(index, in: database)
        } catch {
            // What the check stumbles over is the fault: an index or one of its tables that is gone or damaged.
            guard error.code == .error || error.code == .corrupt else {
                throw StoreError(error, while: "the search index of view \"\(view.name)\" was checked")
            }
            return "the search index is damaged: \(error.message)"
        }
    }

    private static let vocabularies = ["_leftfold_words_held", "_leftfold_words_wanted"]

    private static func dropTemporary(in database: SQLiteConnection) {
        for name in vocabularies + [SearchIndex.wanted] {
            // In a transaction that is rolled back anyway, or at the end of the connection, nothing is left.
            _ = try? database.execute("DROP TABLE IF EXISTS temp.\(name)")
        }
    }

    /// A row that only one side has, or with another number of words.
    private static func differingSize(_ index: SearchIndex, in database: SQLiteConnection) throws(SQLiteError)
        -> String?
    {
        let held = "SELECT id, sz FROM main.\(QualifiedName.quote(index.name + "_docsize"))"
        let wanted = "SELECT id, sz FROM temp.\(SearchIndex.wanted)_docsize"
        for (left, right) in [(held, wanted), (wanted, held)] {
            guard let rowID = try database.integer("\(left) EXCEPT \(right) LIMIT 1") else { continue }
            return "the search index does not agree with the row of rowid \(rowID)"
        }
        return nil
    }

    /// Walks through the words of both indexes, which come in the same order.
    private static func differingWord(_ index: SearchIndex, in database: SQLiteConnection) throws(SQLiteError)
        -> String?
    {
        let sides = [("main", index.name), ("temp", SearchIndex.wanted)]
        var walks: [SQLiteStatement] = []
        for (name, (schema, table)) in zip(vocabularies, sides) {
            let quoted = QualifiedName.quote(table)
            try database.execute("CREATE VIRTUAL TABLE temp.\(name) USING fts5vocab(\(schema), \(quoted), instance)")
            let query = "SELECT term, doc, col, \"offset\" FROM temp.\(name)"
            walks.append(try database.prepare(query, isPersistent: false))
        }
        defer { for walk in walks { walk.reset() } }
        while true {
            let (held, wanted) = (try walks[0].step(), try walks[1].step())
            if !held, !wanted { return nil }
            if held, wanted, isSamePlace(walks[0], walks[1]) { continue }
            let shown = walks[held ? 0 : 1]
            return "the search index does not agree with the rows at the word \"\(shown.text(0))\", "
                + "rowid \(shown.int(1))"
        }
    }

    private static func isSamePlace(_ left: SQLiteStatement, _ right: SQLiteStatement) -> Bool {
        left.int(1) == right.int(1) && left.int(3) == right.int(3)
            && [0, 2].allSatisfy { left.bytes($0).elementsEqual(right.bytes($0)) }
    }
}
