import BareStores
import Relational
import ViewStores

/// A kind of row that both sides can write.
protocol BenchRow {
    static var view: ViewTable { get }
    static var textByteCount: Int { get }
    static func make(_ id: Int, round: Int, _ texts: inout TextBlock) -> Self
    func append(to delta: inout ZSet, weight: Int64) throws
}

extension bare_row: BenchRow {
    static var view: ViewTable { SampleRows.view }
    static var textByteCount: Int { SampleRows.textByteCount }
    static func make(_ id: Int, round: Int, _ texts: inout TextBlock) -> bare_row {
        SampleRows.row(id, round: round, &texts)
    }
    func append(to delta: inout ZSet, weight: Int64) throws { try delta.append(self, weight: weight) }
}

extension bare_article: BenchRow {
    static var view: ViewTable { SampleArticles.view }
    static var textByteCount: Int { SampleArticles.textByteCount }
    static func make(_ id: Int, round: Int, _ texts: inout TextBlock) -> bare_article {
        SampleArticles.row(id, round: round, &texts)
    }
    func append(to delta: inout ZSet, weight: Int64) throws { try delta.append(self, weight: weight) }
}

/// The rows of one run: all inserted in the order of their keys, then each updated once, in another order.
struct Workload<Row: BenchRow>: ~Copyable {
    /// Rows of a transaction.
    static var batchCount: Int { 10_000 }

    private var texts: TextBlock
    let inserted: [Row]
    /// What the updates replace, and what they write, in the order of the updates.
    let old: [Row]
    let updated: [Row]

    init(count: Int) {
        var texts = TextBlock(byteCapacity: 2 * count * Row.textByteCount)
        let inserted = (0..<count).map { Row.make($0, round: 0, &texts) }
        // A step that shares no factor with the count meets every key once.
        let order = (0..<count).map { ($0 &* Self.step(count) &+ 13) % count }
        old = order.map { inserted[$0] }
        updated = order.map { Row.make($0, round: 1, &texts) }
        self.inserted = inserted
        self.texts = texts
    }

    private static func step(_ count: Int) -> Int {
        func divisor(_ left: Int, _ right: Int) -> Int { right == 0 ? left : divisor(right, left % right) }
        var step = 7919
        while divisor(step, count) != 1 { step += 2 }
        return step
    }
}

/// One transaction of a store, made before the clock runs.
final class Batch {
    var delta = ZSet()

    init<Row: BenchRow>(inserting rows: ArraySlice<Row>, deleting old: ArraySlice<Row> = []) throws {
        for row in old { try row.append(to: &delta, weight: -1) }
        for row in rows { try row.append(to: &delta, weight: 1) }
    }

    /// The rows in transactions of `batchCount`.
    static func split<Row: BenchRow>(inserting rows: [Row], deleting old: [Row] = []) throws -> [Batch] {
        try stride(from: 0, to: rows.count, by: Workload<Row>.batchCount).map { start in
            let range = start..<min(start + Workload<Row>.batchCount, rows.count)
            return try Batch(inserting: rows[range], deleting: old.isEmpty ? [] : old[range])
        }
    }
}
