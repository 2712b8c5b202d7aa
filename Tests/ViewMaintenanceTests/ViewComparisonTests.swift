import Relational
import Testing
import ViewMaintenance
import ViewPlan

@Suite struct ViewComparisonTests {
    private static let columns = [
        ViewColumn(name: "id", type: .int8, isNotNull: true),
        ViewColumn(name: "amount", type: .numeric, isNotNull: false),
        ViewColumn(name: "mean", type: .float8, isNotNull: false),
    ]

    private func rows(_ values: [[Datum]]) -> ZSet {
        var rows = ZSet()
        for value in values {
            let row = rows.beginRow(columnCount: value.count)
            for (column, datum) in value.enumerated() {
                rows.slab.set(column, datum, as: Self.columns[column].type.encoding, in: row)
            }
            rows.endRow(row, weight: 1)
        }
        return rows
    }

    private func compare(
        source: [[Datum]],
        view: [[Datum]],
        limit: Int = 10
    ) throws -> (first: [ViewComparison.Difference], total: Int) {
        var comparison = ViewComparison(Self.columns)
        comparison.addSource(rows(source))
        comparison.addView(rows(view))
        #expect(comparison.sourceRowCount == source.count)
        #expect(comparison.viewRowCount == view.count)
        return try comparison.differences(limit: limit)
    }

    private func row(_ id: Int64, _ amount: (Int128, Int)?, _ mean: Double?) -> [Datum] {
        let amount = amount.map { Datum.numeric(.small(coefficient: $0.0, scale: $0.1)) } ?? .null
        return [.int(id), amount, mean.map { .float($0) } ?? .null]
    }

    @Test func `equal bags do not differ, in any order`() throws {
        let one = row(1, (10, 1), 0.5)
        let two = row(2, nil, nil)
        #expect(try compare(source: [one, two, two], view: [two, one, two]).total == 0)
    }

    @Test func `missing, extra and repeated rows are told with their columns`() throws {
        let found = try compare(source: [row(1, (150, 2), nil)], view: [row(2, nil, 2), row(2, nil, 2)])
        #expect(found.total == 2)
        #expect(found.first.map(\.kind) == [.missing, .extra])
        #expect(found.first.map(\.count) == [1, 2])
        #expect(found.first[0].row == ["id": "1", "amount": "1.50", "mean": nil])
        #expect(found.first[1].row == ["id": "2", "amount": nil, "mean": "2"])
        #expect(try compare(source: [row(1, nil, nil), row(2, nil, nil)], view: [], limit: 1).first.count == 1)
        #expect(try compare(source: [row(1, nil, nil), row(2, nil, nil)], view: [], limit: 0).total == 2)
    }

    @Test func `floats may differ by rounding, a numeric without a scale by zeros, and nothing else may`() throws {
        let sum = 0.1 + 0.2
        #expect(try compare(source: [row(1, (10, 1), 0.3)], view: [row(1, (10, 1), sum)]).total == 0)
        #expect(try compare(source: [row(1, (10, 1), 0.3)], view: [row(1, (10, 1), 0.3000001)]).total == 2)
        #expect(try compare(source: [row(1, (10, 1), 0.3)], view: [row(1, (100, 2), sum)]).total == 0)
        #expect(try compare(source: [row(1, (10, 1), 0.3)], view: [row(1, (101, 2), sum)]).total == 2)
        #expect(try compare(source: [row(1, nil, 0.3)], view: [row(2, nil, sum)]).total == 2)
        #expect(try compare(source: [row(1, nil, 0)], view: [row(1, nil, -0.0)]).total == 0)
    }

    @Test(arguments: [
        (Double.infinity, 1.0, 2), (.infinity, -.infinity, 2), (.nan, 1, 2), (.nan, .infinity, 2),
        (.nan, .nan, 0), (.infinity, .infinity, 0),
    ])
    func `infinities and NaN are close to themselves alone`(source: Double, view: Double, differences: Int) throws {
        #expect(try compare(source: [row(1, nil, source)], view: [row(1, nil, view)]).total == differences)
    }

    @Test func `rows that rounding splits are paired row by row`() throws {
        let sum = 0.1 + 0.2
        let three = [row(1, nil, 0.3), row(1, nil, 0.3), row(1, nil, 0.3)]
        #expect(try compare(source: three, view: [row(1, nil, sum), row(1, nil, 0.3), row(1, nil, sum)]).total == 0)
        let found = try compare(source: three, view: [row(1, nil, sum)])
        #expect(found.total == 1)
        #expect(found.first.first?.count == 2)
    }

    @Test func `two rows of one key are one difference, with both images`() throws {
        var comparison = ViewComparison(Self.columns, key: [0])
        comparison.addSource(rows([row(1, (10, 1), 1), row(2, (20, 1), 2), row(3, nil, nil)]))
        comparison.addView(rows([row(1, (11, 1), 1), row(2, (20, 1), 2), row(4, nil, nil)]))
        let found = try comparison.differences(limit: 10)
        #expect(found.total == 3)
        let different = try #require(found.first.first { $0.kind == .different })
        #expect(different.key == ["id"])
        #expect(different.row["amount"] == "1.1" && different.source?["amount"] == "1.0")
        #expect(found.first.first { $0.kind == .missing }?.row["id"] == "3")
        #expect(found.first.first { $0.kind == .extra }?.row["id"] == "4")
        #expect(found.first.allSatisfy { $0.kind == .different || $0.source == nil })
    }

    private func sampled(
        _ share: Double,
        seed: UInt64,
        damaged: Set<Int64>,
        key: [Int]?
    ) throws -> (rows: Int, total: Int) {
        var comparison = ViewComparison(Self.columns, key: key, sample: RowSample(share: share, seed: seed))
        // The float of a bag's row may differ by rounding: the row is in the sample of both sides or of none.
        comparison.addSource(rows((0..<4000).map { row($0, (Int128($0), 0), 0.3) }))
        comparison.addView(rows((0..<4000).map { row($0, (damaged.contains($0) ? 7 : Int128($0), 0), 0.1 + 0.2) }))
        let (source, view) = (comparison.sourceRowCount, comparison.viewRowCount)
        if key != nil { #expect(source == view, "both sides have the same keys") }
        return (view, try comparison.differences(limit: 0).total)
    }

    @Test(arguments: [[0], nil] as [[Int]?], UInt64(0)..<4)
    func `a sample has its share of the rows, the same ones on both sides and for the same seed`(
        key: [Int]?,
        seed: UInt64
    ) throws {
        let tenth = try sampled(0.1, seed: seed, damaged: [], key: key)
        #expect((300...500).contains(tenth.rows) && tenth.total == 0, "\(tenth)")
        #expect(try sampled(0.1, seed: seed, damaged: [], key: key) == tenth)
        #expect(try sampled(1, seed: seed, damaged: [5], key: key).rows == 4000)
        // Ten seeds of half the rows miss one row once in a thousand times.
        let found = try (0..<10).map { try sampled(0.5, seed: seed * 100 + $0, damaged: [5], key: key).total }
        #expect(found.contains { $0 > 0 } && found.contains(0), "\(found)")
    }
}
