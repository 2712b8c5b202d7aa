import EventLog
import Relational

/// The rows of the sample tables after a part of the log: what a fold of it must come to.
///
/// Tables that are only inserted into are left out: what is too old of them may leave.
struct SampleState {
    private struct Held {
        var row: SampleRow
        var print: UInt64
    }

    private var keyed: [RelationID: [[Datum]: Held]] = [:]
    private var bags: [RelationID: [SampleRow: Int]] = [:]
    /// A sum over all rows, equal for equal states.
    private(set) var fingerprint: UInt64 = 0

    private static func print(_ table: SampleTable, _ row: SampleRow) -> UInt64 {
        var hasher = Hasher()
        hasher.combine(table.id)
        hasher.combine(row)
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }

    func row(_ table: SampleTable, _ key: [Datum]) -> SampleRow? { keyed[table.id]?[key]?.row }

    func rowCount(_ table: SampleTable) -> Int {
        table.hasKey ? keyed[table.id]?.count ?? 0 : bags[table.id]?.values.reduce(0, +) ?? 0
    }

    func count(ofBag table: SampleTable, _ row: SampleRow) -> Int { bags[table.id]?[row] ?? 0 }

    /// Removes every row of a table.
    mutating func clear(_ table: SampleTable) {
        for (_, held) in keyed.removeValue(forKey: table.id) ?? [:] { fingerprint &-= held.print }
        for (row, count) in bags.removeValue(forKey: table.id) ?? [:] {
            fingerprint &-= Self.print(table, row) &* UInt64(count)
        }
    }

    private mutating func set(_ table: SampleTable, _ key: [Datum], _ row: SampleRow?) {
        let held = row.map { Held(row: $0, print: Self.print(table, $0)) }
        let before = keyed[table.id, default: [:]].updateValue(held, orRemoveAt: key)
        fingerprint = fingerprint &- (before?.print ?? 0) &+ (held?.print ?? 0)
    }

    private mutating func add(_ table: SampleTable, _ row: SampleRow, _ count: Int) throws {
        let sum = bags[table.id, default: [:]][row, default: 0] + count
        guard sum >= 0 else { throw ConformanceFailure("\(table.name): a row leaves that is not there: \(row)") }
        bags[table.id]?[row] = sum == 0 ? nil : sum
        fingerprint &+= Self.print(table, row) &* UInt64(bitPattern: Int64(count))
    }

    /// Takes in one record.
    ///
    /// As a change it must fit the rows that are there. As a state of its key (in a compacted part of the log) it puts its row in place or
    /// takes it away, whatever is there.
    mutating func apply(_ record: SampleRecord, asState: Bool) throws {
        let table = record.table
        if table.isInsertOnly { return }
        if record.operation == .truncate { return clear(table) }
        guard table.hasKey else {
            if let old = record.old { try add(table, old, -1) }
            if let new = record.new { try add(table, new, 1) }
            return
        }
        let newKey = record.newKey
        guard let elderKey = record.oldKey ?? newKey else {
            throw ConformanceFailure("\(table.name): a \(record.operation) without a key")
        }
        let elder = row(table, elderKey)
        if !asState {
            let fits = (elder == nil) == (record.operation == .insert)
            let isTaken = newKey != elderKey && newKey.flatMap { row(table, $0) } != nil
            guard fits, !isTaken else {
                throw ConformanceFailure(
                    "\(table.name): \(record.operation) of \(elderKey) over \(String(describing: elder))"
                )
            }
        }
        guard let newKey, var new = record.new else { return set(table, elderKey, nil) }
        if !record.unchanged.isEmpty {
            guard let elder else {
                throw ConformanceFailure("\(table.name): a partial record of \(elderKey) has no elder (invariant 19)")
            }
            for attribute in record.unchanged { new[attribute] = elder[attribute] }
        }
        if newKey != elderKey { set(table, elderKey, nil) }
        set(table, newKey, new)
    }
}

extension Dictionary {
    /// Sets or removes a value; returns the one before.
    fileprivate mutating func updateValue(_ value: Value?, orRemoveAt key: Key) -> Value? {
        if let value { return updateValue(value, forKey: key) }
        return removeValue(forKey: key)
    }
}
