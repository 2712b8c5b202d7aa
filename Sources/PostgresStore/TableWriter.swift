import PostgresClient
import Relational
import ViewStores

/// Writes deltas to one table, set by set: deletes, then updates, then inserts, each a prepared statement over arrays.
///
/// A statement that finds another number of rows than the delta says is a contradiction and throws `inconsistent`.
final class TableWriter {
    let layout: TableLayout
    private let connection: PostgresConnection
    private let number: Int
    private var prepared: Set<String> = []
    private var order = DeltaOrder()
    private var arrays = ArrayEncoder()

    /// Rows for one statement at most.
    private static let rowCountMax = 8192
    /// Bytes of packed rows after which a statement is full.
    private static let byteCountMax = 4 << 20

    /// What becomes of the rows of a delta, as indexes into it; rows whose keys have the same NULLs share their statements.
    private struct Plan {
        var deletes: [UInt32: [UInt32]] = [:]
        var old: [UInt32: [UInt32]] = [:]
        var new: [UInt32: [UInt32]] = [:]
        var inserts: [UInt32] = []
    }

    private var view: String { layout.view.name }

    /// `number` is unique among the writers of the connection.
    init(_ layout: TableLayout, over connection: PostgresConnection, number: Int) {
        self.layout = layout
        self.connection = connection
        self.number = number
    }

    func apply(_ delta: borrowing ZSet) throws(StoreError) {
        try order.fill(delta, of: layout.view, layout.shape)
        defer {
            order.shrink()
            arrays.shrink()
        }
        if layout.isBag {
            try applyBag(delta)
        } else {
            try run(plan(delta), delta)
        }
    }

    // MARK: Rows with a key

    private func plan(_ delta: borrowing ZSet) throws(StoreError) -> Plan {
        var plan = Plan()
        var index = 0
        while index < order.count {
            let first = order[index].row
            let weight = delta.weight(at: first)
            guard weight == 1 || weight == -1 else {
                throw .inconsistent(view, "a delta has a row with weight \(weight), and the view has a key")
            }
            guard index + 1 < order.count, order.hasEqualKeys(index, index + 1) else {
                if weight > 0 {
                    plan.inserts.append(UInt32(first))
                } else {
                    plan.deletes[layout.nullKeys(of: delta.row(at: first)), default: []].append(UInt32(first))
                }
                index += 1
                continue
            }
            // Two rows of one key can only be its old and its new row, and deletes come first.
            let second = order[index + 1].row
            guard weight == -1, delta.weight(at: second) == 1,
                index + 2 >= order.count || !order.hasEqualKeys(index, index + 2)
            else { throw .inconsistent(view, "a delta has several rows for one key") }
            replace(first, by: second, delta, &plan)
            index += 2
        }
        return plan
    }

    private func replace(_ first: Int, by second: Int, _ delta: borrowing ZSet, _ plan: inout Plan) {
        let old = delta.row(at: first)
        let nulls = layout.nullKeys(of: old)
        if layout.canUpdate, old.hasSameImage(as: delta.row(at: second), in: layout.key, layout.encodings) {
            plan.old[nulls, default: []].append(UInt32(first))
            plan.new[nulls, default: []].append(UInt32(second))
        } else {
            plan.deletes[nulls, default: []].append(UInt32(first))
            plan.inserts.append(UInt32(second))
        }
    }

    private func run(_ plan: Plan, _ delta: borrowing ZSet) throws(StoreError) {
        for (nulls, rows) in plan.deletes.sorted(by: { $0.key < $1.key }) {
            var start = 0
            while start < rows.count {
                let part = part(of: rows, from: start, delta)
                appendRows(delta, part)
                try expect(part.count, try execute("d\(nulls)", layout.delete(nullKeys: nulls)))
                start = part.endIndex
            }
        }
        for (nulls, rows) in plan.old.sorted(by: { $0.key < $1.key }) {
            var start = 0
            while start < rows.count {
                let part = part(of: rows, from: start, delta)
                appendRows(delta, part)
                let new = (plan.new[nulls] ?? [])[part.startIndex..<part.endIndex]
                for column in layout.others { arrays.append(delta, new, column: column, as: layout.encodings[column]) }
                try expect(part.count, try execute("u\(nulls)", layout.update(nullKeys: nulls)))
                start = part.endIndex
            }
        }
        try insert(plan.inserts, delta)
    }

    // MARK: Rows of a bag

    private func applyBag(_ delta: borrowing ZSet) throws(StoreError) {
        var deletes: [UInt32] = []
        var inserts: [UInt32] = []
        for index in 0..<order.count {
            let row = order[index].row
            let weight = delta.weight(at: row)
            if weight < 0 {
                deletes.append(UInt32(row))
            } else {
                try layout.checkCopies(weight, before: inserts.count)
                for _ in 0..<weight { inserts.append(UInt32(row)) }
            }
        }
        var start = 0
        while start < deletes.count {
            let part = part(of: deletes, from: start, delta)
            appendRows(delta, part)
            arrays.append(integers: hashes(delta, part))
            var total = 0
            var copies: [Int64] = []
            for index in part {
                let (count, overflow) = Int64(0).subtractingReportingOverflow(delta.weight(at: Int(index)))
                let (sum, isTooMany) = total.addingReportingOverflow(Int(count))
                guard !overflow, !isTooMany else { throw missing(Int.max) }
                copies.append(count)
                total = sum
            }
            arrays.append(integers: copies)
            try expect(total, try execute("c", layout.deleteCopies))
            start = part.endIndex
        }
        try insert(inserts, delta)
    }

    private func hashes(_ delta: borrowing ZSet, _ rows: ArraySlice<UInt32>) -> [Int64] {
        var hashes: [Int64] = []
        hashes.reserveCapacity(rows.count)
        for index in rows { hashes.append(Int64(bitPattern: delta.row(at: Int(index)).imageHash)) }
        return hashes
    }

    // MARK: Statements

    private func insert(_ rows: [UInt32], _ delta: borrowing ZSet) throws(StoreError) {
        var start = 0
        while start < rows.count {
            let part = part(of: rows, from: start, delta)
            appendRows(delta, part)
            if layout.isBag { arrays.append(integers: hashes(delta, part)) }
            let count = try execute("i", layout.insert)
            guard count == part.count else { throw .inconsistent(view, "\(part.count - count) rows were not inserted") }
            start = part.endIndex
        }
    }

    /// The rows of the next statement: as many as stay below both limits, and at least one.
    private func part(of rows: [UInt32], from start: Int, _ delta: borrowing ZSet) -> ArraySlice<UInt32> {
        var end = start
        var byteCount = 0
        while end < rows.count, end - start < Self.rowCountMax, byteCount < Self.byteCountMax {
            byteCount += delta.row(at: Int(rows[end])).byteCount
            end += 1
        }
        arrays.removeAll()
        return rows[start..<end]
    }

    private func appendRows(_ delta: borrowing ZSet, _ rows: ArraySlice<UInt32>) {
        for column in layout.encodings.indices {
            arrays.append(delta, rows, column: column, as: layout.encodings[column])
        }
    }

    /// Runs a statement over the arrays and returns how many rows it wrote.
    private func execute(_ kind: String, _ sql: @autoclosure () -> String) throws(StoreError) -> Int {
        let name = "leftfold_\(number)_\(kind)"
        do {
            if !prepared.contains(name) {
                try connection.prepare(name, sql())
                prepared.insert(name)
            }
            return try connection.execute(prepared: name, arrays.parameters).affectedRowCount
        } catch {
            throw StoreError(error, writing: view)
        }
    }

    private func expect(_ wanted: Int, _ found: Int) throws(StoreError) {
        if wanted != found { throw missing(wanted - found) }
    }

    private func missing(_ count: Int) -> StoreError {
        .inconsistent(view, "a row to delete or replace is not there as it was written", detail: "\(count) missing")
    }
}

extension TableLayout {
    /// Copies of one row are rows: there is an end to how many one statement writes.
    func checkCopies(_ weight: Int64, before: Int) throws(StoreError) {
        guard weight <= Int64(Int32.max) - Int64(before) else {
            throw StoreError(
                .unsupported,
                "view \"\(view.name)\" has a row \(weight) times",
                hint: "count equal rows in the view's SQL with GROUP BY"
            )
        }
    }
}
