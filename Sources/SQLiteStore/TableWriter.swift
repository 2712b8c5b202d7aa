import Relational
import SQLiteDatabase
import ViewStores

/// Writes deltas to one table, with its prepared statements.
///
/// A statement that finds another number of rows than the delta says is a contradiction and throws `inconsistent`.
final class TableWriter {
    let layout: TableLayout
    private let database: SQLiteConnection
    private var statements: [SQLiteStatement?] = Array(repeating: nil, count: Action.allCases.count)
    private var binder: RowBinder
    private var order = DeltaOrder()
    private var search: SearchWriter?

    private enum Action: Int, CaseIterable { case insert, insertIfAbsent, update, delete, count }

    private var view: String { layout.view.name }

    init(_ layout: TableLayout, in database: SQLiteConnection) {
        self.layout = layout
        self.database = database
        binder = RowBinder(encodings: layout.encodings)
    }

    func apply(_ delta: borrowing ZSet) throws(StoreError) {
        try order.fill(delta, of: layout.view, layout.shape)
        defer {
            order.shrink()
            search?.forget()
        }
        if layout.shape == .bag {
            for index in 0..<order.count {
                let row = order[index].row
                try writeBag(delta.row(at: row), weight: delta.weight(at: row), hash: order[index].prefix)
            }
        } else {
            if layout.search != nil, search == nil { try openSearch() }
            try applyKeyed(delta)
            try search?.flush()
        }
    }

    private func openSearch() throws(StoreError) {
        do { search = try SearchWriter(layout, in: database) } catch { throw StoreError(error, writing: view) }
    }

    // MARK: Rows with a key

    private func applyKeyed(_ delta: borrowing ZSet) throws(StoreError) {
        var index = 0
        while index < order.count {
            let row = delta.row(at: order[index].row)
            let weight = delta.weight(at: order[index].row)
            guard weight == 1 || weight == -1 else {
                throw .inconsistent(view, "a delta has a row with weight \(weight), and the view has a key")
            }
            guard index + 1 < order.count, order.hasEqualKeys(index, index + 1) else {
                if weight > 0 { try insert(row) } else { try delete(row) }
                index += 1
                continue
            }
            // Two rows of one key can only be its old and its new row, and deletes come first.
            let new = order[index + 1].row
            guard weight == -1, delta.weight(at: new) == 1,
                index + 2 >= order.count || !order.hasEqualKeys(index, index + 2)
            else { throw .inconsistent(view, "a delta has several rows for one key") }
            try replace(row, by: delta.row(at: new))
            index += 2
        }
    }

    private func insert(_ row: RowView) throws(StoreError) {
        let action: Action = layout.needsProbe(row) ? .insertIfAbsent : .insert
        let changes: Int
        do {
            let statement = try statement(action)
            try binder.bind(row, to: statement)
            changes = try statement.run()
        } catch {
            throw StoreError(error, writing: view)
        }
        guard changes == 1 else { throw .inconsistent(view, "a second row for a key") }
        search?.noteInsert(row, database.lastInsertedRowID)
    }

    private func delete(_ row: RowView) throws(StoreError) {
        let (changes, rowID): (Int, Int64)
        do {
            let statement = try statement(.delete)
            try binder.bind(row, to: statement)
            (changes, rowID) = try run(statement, on: row)
        } catch {
            throw StoreError(error, writing: view)
        }
        guard changes == 1 else { throw missing(count: 1 - changes) }
        search?.noteDelete(row, rowID)
    }

    /// Runs an UPDATE or DELETE of one row and returns how many rows it wrote, and the rowid of the last of them.
    private func run(_ statement: SQLiteStatement, on row: RowView) throws(SQLiteError) -> (Int, Int64) {
        if case .integerKey(let column) = layout.shape { return (try statement.run(), row.int(column)) }
        var rowID: Int64 = 0
        // The count is right only after the last row.
        while try statement.step() { rowID = statement.int(0) }
        return (database.changeCount, rowID)
    }

    private func replace(_ old: RowView, by new: RowView) throws(StoreError) {
        guard !layout.others.isEmpty, old.hasSameImage(as: new, in: layout.key, layout.encodings) else {
            try delete(old)
            return try insert(new)
        }
        let (changes, rowID): (Int, Int64)
        do {
            let statement = try statement(.update)
            try binder.bind(new, to: statement)
            try binder.bind(old, to: statement, from: layout.encodings.count + 1)
            (changes, rowID) = try run(statement, on: old)
        } catch {
            throw StoreError(error, writing: view)
        }
        guard changes == 1 else { throw missing(count: 1 - changes) }
        search?.noteUpdate(old, new, rowID)
    }

    private func missing(count: Int) -> StoreError {
        .inconsistent(view, "a row to delete or replace is not there as it was written", detail: "\(count) missing")
    }

    // MARK: Rows of a bag

    private func writeBag(_ row: RowView, weight: Int64, hash: UInt64) throws(StoreError) {
        let hash = Int64(bitPattern: hash)
        let held: Int64
        do { held = try count(row, hash) } catch { throw StoreError(error, writing: view) }
        let (wanted, overflow) = held.addingReportingOverflow(weight)
        guard !overflow, wanted >= 0 else {
            throw .inconsistent(
                view,
                "a row to delete is not there as often",
                detail: "weight \(weight), rows \(held)"
            )
        }
        let changes: Int64
        do {
            if weight > 0 {
                changes = try insertCopies(of: row, hash, from: held + 1, through: wanted)
            } else {
                changes = try deleteCopies(of: row, hash, above: wanted)
            }
        } catch {
            throw StoreError(error, writing: view)
        }
        guard changes == abs(weight) else { throw missing(count: Int(abs(weight) - changes)) }
    }

    private func count(_ row: RowView, _ hash: Int64) throws(SQLiteError) -> Int64 {
        let statement = try bagStatement(.count, row, hash)
        guard try statement.step() else { return 0 }
        defer { statement.reset() }
        return statement.int(0)
    }

    private func insertCopies(
        of row: RowView,
        _ hash: Int64,
        from first: Int64,
        through last: Int64
    ) throws(SQLiteError) -> Int64 {
        let statement = try bagStatement(.insert, row, hash)
        var copy = first
        while copy <= last {
            try statement.bind(layout.encodings.count + 1, int: copy)
            try statement.run()
            copy += 1
        }
        return last - first + 1
    }

    private func deleteCopies(of row: RowView, _ hash: Int64, above last: Int64) throws(SQLiteError) -> Int64 {
        let statement = try bagStatement(.delete, row, hash)
        try statement.bind(layout.encodings.count + 1, int: last)
        return Int64(try statement.run())
    }

    private func bagStatement(
        _ action: Action,
        _ row: RowView,
        _ hash: Int64
    ) throws(SQLiteError) -> SQLiteStatement {
        let statement = try statement(action)
        try binder.bind(row, to: statement)
        try statement.bind(layout.encodings.count + 2, int: hash)
        return statement
    }

    private func statement(_ action: Action) throws(SQLiteError) -> SQLiteStatement {
        if let statement = statements[action.rawValue] { return statement }
        let sql =
            switch action {
            case .insert: layout.insert
            case .insertIfAbsent: layout.insertIfAbsent
            case .update: layout.update
            case .delete: layout.delete
            case .count: layout.count
            }
        let statement = try database.prepare(sql)
        statements[action.rawValue] = statement
        return statement
    }
}
