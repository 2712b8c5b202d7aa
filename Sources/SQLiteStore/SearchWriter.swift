import Relational
import SQLiteDatabase
import ViewStores

/// Carries what one delta did to the rows of a search view into its index.
///
/// 1. The writer of the rows notes each row that came or went, with its rowid.
/// 2. `flush` writes them in rowid order, a row that went before the one that came: FTS5 keeps the words of ascending rowids together
///    in memory, and ends a segment whenever a rowid goes back.
final class SearchWriter {
    private struct Entry: BitwiseCopyable {
        var rowID: Int64
        var row: RowView
        var isInsert: Bool
    }

    private let layout: TableLayout
    private let index: SearchIndex
    private let insert: SQLiteStatement
    private let delete: SQLiteStatement
    private var entries: [Entry] = []
    private var isOrdered = true

    init?(_ layout: TableLayout, in database: SQLiteConnection) throws(SQLiteError) {
        guard let index = layout.search else { return nil }
        self.layout = layout
        self.index = index
        insert = try database.prepare(index.insert)
        delete = try database.prepare(index.delete)
    }

    /// The rows must stay where they are until `flush`.
    func noteInsert(_ row: RowView, _ rowID: Int64) { note(Entry(rowID: rowID, row: row, isInsert: true)) }

    func noteDelete(_ row: RowView, _ rowID: Int64) { note(Entry(rowID: rowID, row: row, isInsert: false)) }

    /// An update that leaves the texts as they were is nothing to the index.
    func noteUpdate(_ old: RowView, _ new: RowView, _ rowID: Int64) {
        guard !old.hasSameImage(as: new, in: index.columns, layout.encodings) else { return }
        noteDelete(old, rowID)
        noteInsert(new, rowID)
    }

    private func note(_ entry: Entry) {
        if let last = entries.last, Self.precedes(entry, last) { isOrdered = false }
        entries.append(entry)
    }

    private static func precedes(_ left: Entry, _ right: Entry) -> Bool {
        left.rowID != right.rowID ? left.rowID < right.rowID : !left.isInsert && right.isInsert
    }

    /// Writes what was noted.
    func flush() throws(StoreError) {
        defer { forget() }
        if !isOrdered { entries.sort(by: Self.precedes) }
        do {
            for entry in entries {
                let statement = entry.isInsert ? insert : delete
                try statement.bind(1, int: entry.rowID)
                for (position, column) in index.columns.enumerated() {
                    if entry.row.isNull(column) {
                        try statement.bindNull(position + 2)
                    } else {
                        // Columns of text lie in the row as SQLite takes them.
                        try statement.bind(position + 2, text: entry.row.bytes(column))
                    }
                }
                try statement.run()
            }
        } catch {
            guard error.code == .corrupt else { throw StoreError(error, writing: layout.view.name) }
            throw .inconsistent(layout.view.name, "its search index is damaged", detail: "\(error)")
        }
    }

    /// Drops what was noted, and the memory of a large delta.
    func forget() {
        entries.removeAll(keepingCapacity: entries.count < 1 << 16)
        isOrdered = true
    }
}
