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

    @Test func `missing, unexpected and repeated rows are told with their columns`() throws {
        let found = try compare(source: [row(1, (150, 2), nil)], view: [row(2, nil, 2), row(2, nil, 2)])
        #expect(found.total == 2)
        #expect(found.first.map(\.kind) == ["missing", "unexpected"])
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
}
