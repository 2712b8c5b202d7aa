import Expressions
import Relational
import TestSupport
import Testing

/// The forms of an expression that are no calls: three-valued logic, CASE, COALESCE and their order of evaluation.
@Suite struct ConstructTests {
    private let truth: [String?] = ["t", "f", nil]

    private func spelled(_ value: String?) -> String { value.map { $0 == "t" ? "true" : "false" } ?? "NULL::boolean" }

    private func booleans(_ count: Int) -> [ScalarType] { Array(repeating: .bool, count: count) }

    @Test func `AND, OR and NOT have Postgres's truth tables`() throws {
        var sql: [String] = []
        var ours: [String] = []
        for a in truth {
            for b in truth {
                for c in truth {
                    let columns: [Expression] = (0..<3).map { .column($0, .bool) }
                    let forms: [(String, Expression)] = [
                        ("\(spelled(a)) AND \(spelled(b)) AND \(spelled(c))", .and(columns)),
                        ("\(spelled(a)) OR \(spelled(b)) OR \(spelled(c))", .or(columns)),
                        (
                            "NOT (\(spelled(a)) AND NOT \(spelled(b)) OR \(spelled(c)))",
                            .not(.or([.and([columns[0], .not(columns[1])]), columns[2]]))
                        ),
                        (
                            "(\(spelled(a)) IS NULL) = (\(spelled(b)) IS NOT DISTINCT FROM \(spelled(c)))",
                            try Catalog.call(
                                operator: "=",
                                [.isNull(columns[0]), .isNotDistinct(columns[1], columns[2])]
                            )
                        ),
                        ("COALESCE(\(spelled(a)), \(spelled(b)), \(spelled(c)))", .coalesce(columns, .bool)),
                        (
                            "CASE WHEN \(spelled(a)) THEN \(spelled(b)) ELSE \(spelled(c)) END",
                            .conditional(
                                [.init(condition: columns[0], result: columns[1])],
                                otherwise: columns[2],
                                .bool
                            )
                        ),
                        ("NULLIF(\(spelled(a)), \(spelled(b)))", try Catalog.nullIf(columns[0], columns[1])),
                        (
                            "GREATEST(\(spelled(a)), \(spelled(b)), \(spelled(c)))",
                            try Catalog.extreme(columns, isGreatest: true)
                        ),
                        (
                            "LEAST(\(spelled(a)), \(spelled(b)), \(spelled(c)))",
                            try Catalog.extreme(columns, isGreatest: false)
                        ),
                        (
                            "\(spelled(a)) IN (\(spelled(b)), \(spelled(c)))",
                            try Catalog.isIn(columns[0], [columns[1], columns[2]])
                        ),
                    ]
                    for (text, expression) in forms {
                        sql.append(text)
                        ours.append(try Evaluation.text(of: expression, columns: booleans(3), values: [a, b, c]))
                    }
                }
            }
        }
        for (index, theirs) in try Oracle.evaluate(sql).enumerated() {
            #expect(ours[index] == theirs, "\(sql[index])")
        }
    }

    private var failing: Expression {
        get throws {
            let quotient = try Catalog.call(operator: "/", [.constant(.int(1), .int4), .column(0, .int4)])
            return try Catalog.call(operator: "=", [quotient, .constant(.int(1), .int4)])
        }
    }

    @Test func `an operand that the written order does not reach raises nothing`() throws {
        let no = Expression.constant(.bool(false), .bool)
        let yes = Expression.constant(.bool(true), .bool)
        let zero: [String?] = ["0"]
        #expect(try Evaluation.text(of: .and([no, try failing]), columns: [.int4], values: zero) == "f")
        #expect(try Evaluation.text(of: .or([yes, try failing]), columns: [.int4], values: zero) == "t")
        #expect(try Evaluation.text(of: .coalesce([no, try failing], .bool), columns: [.int4], values: zero) == "f")
        let guarded = Expression.conditional(
            [.init(condition: no, result: try failing)],
            otherwise: yes,
            .bool
        )
        #expect(try Evaluation.text(of: guarded, columns: [.int4], values: zero) == "t")
        #expect(try Evaluation.text(of: .and([yes, try failing]), columns: [.int4], values: zero) == "error 22012")
        let null = Expression.constant(.null, .bool)
        #expect(try Evaluation.text(of: .and([null, try failing]), columns: [.int4], values: zero) == "error 22012")
    }

    @Test func `a shared sub-expression that one arm skips is still computed for the other`() throws {
        let quotient = try Catalog.call(operator: "/", [.constant(.int(10), .int4), .column(0, .int4)])
        let isZero = try Catalog.call(operator: "=", [.column(0, .int4), .constant(.int(0), .int4)])
        let guarded = Expression.conditional(
            [.init(condition: isZero, result: .constant(.int(-1), .int4))],
            otherwise: quotient,
            .int4
        )
        let twice = try Catalog.call(operator: "+", [guarded, guarded])
        #expect(try Evaluation.text(of: twice, columns: [.int4], values: ["0"]) == "-2")
        #expect(try Evaluation.text(of: twice, columns: [.int4], values: ["5"]) == "4")
    }

    @Test func `a constant that raises an error raises it for each row, not when compiled`() throws {
        let quotient = try Catalog.call(operator: "/", [.constant(.int(1), .int4), .constant(.int(0), .int4)])
        #expect(try Evaluation.text(of: quotient, columns: [], values: []) == "error 22012")
    }

    @Test func `two rows are read as one, left columns first`() throws {
        var rows = ZSet()
        for values in [[1, 2], [30]] as [[Int64]] {
            let row = rows.beginRow(columnCount: values.count)
            for (index, value) in values.enumerated() { rows.slab.set(index, int: value, in: row) }
            rows.endRow(row, weight: 1)
        }
        let types: [ScalarType] = [.int8, .int8, .int8]
        let sum = try Catalog.call(operator: "+", [.column(1, .int8), .column(2, .int8)])
        var evaluator = Evaluator([.column(2, .int8), sum, .column(0, .int8)], inputTypes: types)
        var output = ZSet()
        try evaluator.project(rows.row(at: 0), rows.row(at: 1), weight: -3, into: &output)
        let result = output.row(at: 0)
        #expect((0..<3).map { result.int($0) } == [30, 32, 1])
        #expect(output.weight(at: 0) == -3)
        let less = try Catalog.call(operator: "<", [.column(1, .int8), .column(2, .int8)])
        var filter = Evaluator([less], inputTypes: types)
        #expect(try filter.isTrue(rows.row(at: 0), rows.row(at: 1)))
    }

    @Test func `an error leaves the output as it was`() throws {
        var rows = ZSet()
        let row = rows.beginRow(columnCount: 1)
        rows.slab.set(0, int: 0, in: row)
        rows.endRow(row, weight: 1)
        let quotient = try Catalog.call(operator: "/", [.constant(.int(1), .int4), .column(0, .int4)])
        var evaluator = Evaluator([.column(0, .int4), quotient], inputTypes: [.int4])
        var output = ZSet()
        #expect(throws: EvaluationError.divisionByZero) {
            try evaluator.project(rows.row(at: 0), weight: 1, into: &output)
        }
        #expect(output.isEmpty && output.slab.count == 0)
    }
}
