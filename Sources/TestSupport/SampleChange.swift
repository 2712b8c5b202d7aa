import Relational

/// One thing that happens to a row of a sample table; keys are numbers, so that they meet often.
enum SampleChange {
    /// Inserts the row, or updates all of it.
    case put(SampleTable, Int)
    /// Updates the row without sending its toasted values.
    case partial(SampleTable, Int)
    /// Gives a row another key, or another image of its key when both are the same.
    case rekey(SampleTable, from: Int, to: Int)
    case delete(SampleTable, Int)
    case truncate(SampleTable)

    var table: SampleTable {
        switch self {
        case .put(let table, _), .partial(let table, _), .rekey(let table, _, _), .delete(let table, _),
            .truncate(let table):
            table
        }
    }

    /// The keys it touches; none for all.
    var numbers: [Int] {
        switch self {
        case .put(_, let number), .partial(_, let number), .delete(_, let number): [number]
        case .rekey(_, let from, let to): [from, to]
        case .truncate: []
        }
    }
}

/// Makes records of changes, with random values.
struct SampleSource {
    var random: SeededGenerator
    private var serial: Int64 = 0

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    mutating func chance(_ part: Int, of whole: Int) -> Bool { Int.random(in: 0..<whole, using: &random) < part }

    mutating func number(_ range: Range<Int>) -> Int { Int.random(in: range, using: &random) }

    mutating func microseconds(_ range: Range<Int64>) -> Int64 { Int64.random(in: range, using: &random) }

    static func keyCount(_ table: SampleTable) -> Int { table.id == SampleTable.items.id ? 12 : 6 }

    /// A change of some table that suits the rows that are there.
    mutating func randomChange(_ state: SampleState) -> SampleChange {
        let weighted = [
            SampleTable.items, .items, .items, .pairs, .pairs, .prices, .prices, .audit, .loose, .loose, .events,
            .points,
        ]
        let table = weighted[number(0..<weighted.count)]
        let key = number(0..<Self.keyCount(table))
        if table.isInsertOnly { return .put(table, key) }
        switch number(0..<24) {
        case 0..<9: return .put(table, key)
        case 9..<13: return .partial(table, key)
        case 13..<16: return .rekey(table, from: key, to: number(0..<Self.keyCount(table)))
        case 16: return .truncate(table)
        default: return .delete(table, key)
        }
    }

    /// The record of a change, given the rows before it; nil when it cannot be done.
    mutating func record(_ change: SampleChange, _ state: SampleState, schema: SchemaID, version: Int) -> SampleRecord?
    {
        let table = change.table
        guard table.hasKey, !table.isInsertOnly else { return looseRecord(change, state, schema, version) }
        switch change {
        case .truncate: return SampleRecord(.truncate, of: table, schema: schema)
        case .put(_, let number):
            let row = newRow(table, number, version)
            let elder = state.row(table, row.key(of: table))
            var record = SampleRecord(elder == nil ? .insert : .update, of: table, schema: schema)
            record.new = row
            record.full = row
            // With replica identity FULL the old row comes along.
            if let elder, chance(1, of: 4) { record.old = elder.only { $0 < 20 } }
            return record
        case .partial(_, let number):
            let row = newRow(table, number, version)
            guard let elder = state.row(table, row.key(of: table)) else { return nil }
            var record = SampleRecord(.update, of: table, schema: schema)
            return leaveOut(row, elder, &record) ? record : nil
        case .rekey(_, let from, let to):
            let row = newRow(table, to, version)
            guard let elder = state.row(table, keyRow(table, from).key(of: table)),
                row.key(of: table) == elder.key(of: table) || state.row(table, row.key(of: table)) == nil
            else { return nil }
            var record = SampleRecord(.update, of: table, schema: schema)
            setOld(elder, &record)
            if !leaveOut(row, elder, &record) {
                record.new = row
                record.full = row
            }
            return record
        case .delete(_, let number):
            guard let elder = state.row(table, keyRow(table, number).key(of: table)) else { return nil }
            var record = SampleRecord(.delete, of: table, schema: schema)
            setOld(elder, &record)
            return record
        }
    }

    /// Tables without a key, whose old rows come whole, and those that are only inserted into.
    private mutating func looseRecord(
        _ change: SampleChange,
        _ state: SampleState,
        _ schema: SchemaID,
        _ version: Int
    ) -> SampleRecord? {
        let table = change.table
        if case .truncate = change { return SampleRecord(.truncate, of: table, schema: schema) }
        var row = SampleRow()
        if table.isInsertOnly {
            serial += 1
            row[1] = .int(serial)
            if table.columns.count > 1 { row[2] = .text("event \(serial)") }
        } else {
            row = looseRow(change.numbers[0])
        }
        let isThere = !table.isInsertOnly && state.count(ofBag: table, row) > 0
        var record: SampleRecord
        switch change {
        case .delete where isThere: record = SampleRecord(.delete, of: table, schema: schema)
        case .partial where isThere: record = SampleRecord(.update, of: table, schema: schema)
        default: record = SampleRecord(.insert, of: table, schema: schema)
        }
        if record.operation != .insert { record.old = row }
        if record.operation == .update { row = looseRow(number(0..<Self.keyCount(table))) }
        if record.operation != .delete { record.new = row }
        record.full = record.new
        return record
    }

    private func looseRow(_ number: Int) -> SampleRow {
        var row = SampleRow()
        row[1] = .int(Int64(number % 3))
        row[2] = number < 3 ? .null : .text("w")
        return row
    }

    private mutating func setOld(_ elder: SampleRow, _ record: inout SampleRecord) {
        let keyColumns = Set(record.table.key.map { Int16($0 + 1) })
        record.oldIsIdentityOnly = chance(2, of: 3)
        record.old = record.oldIsIdentityOnly ? elder.only { keyColumns.contains($0) } : elder.only { $0 < 20 }
    }

    /// Leaves values of the elder unsent; false when it has none.
    private func leaveOut(_ row: SampleRow, _ elder: SampleRow, _ record: inout SampleRecord) -> Bool {
        record.unchanged = record.table.toasted.filter { !elder[$0].isNull }
        guard !record.unchanged.isEmpty else { return false }
        var full = row
        for attribute in record.unchanged { full[attribute] = elder[attribute] }
        record.full = full
        record.new = full.only { !record.unchanged.contains($0) }
        return true
    }

    // MARK: Rows

    /// The key's columns of a row, in one of the images that the key has.
    private mutating func keyRow(_ table: SampleTable, _ number: Int) -> SampleRow {
        var row = SampleRow()
        switch table.id {
        case SampleTable.pairs.id:
            // An empty string, a case, an accent and a zero byte's neighbour are all different codes.
            row[2] = .text(["", "a", "A", "ä", "a\u{1}", "aa"][number % 6])
            row[3] = .int(Int64(number % 2))
        case SampleTable.prices.id:
            let scale = self.number(0..<3)
            let factor: [Int128] = [1, 10, 100]
            row[1] = .numeric(.small(coefficient: Int128(number - 2) * factor[scale], scale: scale))
        default:
            row[1] = .int(Int64(number))
        }
        return row
    }

    /// A row with a value, or NULL, in every column of its table.
    private mutating func newRow(_ table: SampleTable, _ number: Int, _ version: Int) -> SampleRow {
        var row = keyRow(table, number)
        for column in table.columns(version: version) where row[column.attributeNumber].isNull {
            if chance(1, of: 6) { continue }
            serial += 1
            switch column.type.encoding {
            case .text:
                let filler = chance(1, of: 4) ? String(repeating: "x", count: self.number(0..<90)) : ""
                row[column.attributeNumber] = .text("\(serial)\(filler)")
            case .numeric: row[column.attributeNumber] = .numeric(.small(coefficient: Int128(serial), scale: 2))
            default: row[column.attributeNumber] = .int(serial)
            }
        }
        return row
    }
}
