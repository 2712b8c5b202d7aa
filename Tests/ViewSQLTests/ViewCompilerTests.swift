import Expressions
import Relational
import Testing
import ViewPlan

@testable import ViewSQL

@Suite struct ViewCompilerTests {
    private func plan(_ sql: String) throws -> PlanNode { try Fixture.compiler.compile(sql, file: "v.sql").root }

    private func error(_ sql: String, file: String = "v.sql") -> ViewSQLError? {
        do {
            _ = try Fixture.compiler.compile(sql, file: file)
            return nil
        } catch {
            return error
        }
    }

    // MARK: Sharing

    @Test(arguments: [
        (
            "SELECT id FROM orders WHERE status = 'open' AND qty > 1",
            "SELECT o.id FROM orders AS o WHERE qty > 1 AND 'open' = o.status"
        ),
        (
            "SELECT status, sum(qty), count(*) FROM orders GROUP BY status",
            "SELECT s.k, s.n, s.c FROM (SELECT count(*) AS c, o.status AS k, sum(o.qty) AS n FROM orders o GROUP BY 2) s"
        ),
        (
            "SELECT c.name, o.id FROM orders o JOIN customers c ON c.id = o.customer_id WHERE c.region = 'EU'",
            "WITH eu AS (SELECT * FROM customers WHERE region = 'EU') SELECT eu.name, orders.id FROM orders, eu WHERE orders.customer_id = eu.id"
        ),
        ("SELECT x.status FROM orders x GROUP BY x.status", "SELECT DISTINCT status FROM orders"),
        ("SELECT qty, id FROM orders ORDER BY id", "SELECT qty, id FROM orders"),
    ])
    func `the same query in other words is the same plan`(one: String, other: String) throws {
        #expect(try plan(one) == plan(other))
    }

    @Test func `a view on a view has the other view's root in its plan`() throws {
        let base = try Fixture.compiler.compile(
            "SELECT region, count(*) AS n FROM customers GROUP BY region",
            file: "base.sql"
        )
        let compiler = ViewCompiler(relations: Fixture.relations, views: [base])
        let top = try compiler.compile("SELECT region FROM base WHERE n > 1", file: "top.sql")
        guard case .project(let projection) = top.root, case .filter(let filter) = projection.input else {
            Issue.record("unexpected plan \(top.root)")
            return
        }
        #expect(filter.input == base.root)
        #expect(top.dependencies == ["base"])
    }

    @Test func `EXPLAIN names the views that share state`() throws {
        let names = { (sql: String, file: String) in try Fixture.compiler.compile(sql, file: file) }
        let first = try names("SELECT c.name, o.id FROM orders o JOIN customers c ON c.id = o.customer_id", "first.sql")
        let second = try names(
            "SELECT o.qty, c.name FROM customers c JOIN orders o ON c.id = o.customer_id",
            "second.sql"
        )
        let text = Explain.text(first, among: [first, second])
        #expect(text.contains("right rows by (customers.id) (shared with second)"))
        #expect(!text.contains("left rows by (orders.customer_id) (shared"))
    }

    @Test func `a table without columns is refused`() {
        let empty = RelationSchema(
            relation: RelationID(1),
            name: QualifiedName(schema: "public", name: "void"),
            columns: [],
            primaryKey: []
        )
        let error = #expect(throws: ViewSQLError.self) {
            try ViewCompiler(relations: [empty]).compile("SELECT count(*) FROM void", file: "v.sql")
        }
        #expect(error?.code == .notSupported)
    }

    // MARK: Plan invariants

    @Test func `join keys are pairwise of one type and every index is in range`() throws {
        let statements =
            Examples.statements.map(\.sql) + SupportedConstruct.all.map(\.example) + [
                "SELECT x.id FROM types x JOIN orders o ON x.i2 = o.id AND x.f4 = o.qty AND x.n = o.price AND x.v = o.status",
                "SELECT x.id FROM types x LEFT JOIN types y ON x.d = y.ts AND x.tz = y.ts AND x.f8 = y.f4 AND x.u = y.u",
            ]
        for sql in statements { check(try Fixture.compiler.compile(sql, file: "v.sql").root, sql) }
    }

    private func check(_ node: PlanNode, _ sql: String) {
        let inputs: [PlanNode]
        switch node {
        case .scan(let scan):
            inputs = []
            #expect(!scan.columns.isEmpty)
            let numbers = scan.columns.map(\.attributeNumber)
            #expect(numbers == numbers.sorted())
        case .filter(let filter):
            inputs = [filter.input]
            #expect(filter.predicate.type == .bool)
            check(filter.predicate, filter.input.columns, sql)
        case .project(let projection):
            inputs = [projection.input]
            #expect(projection.expressions.map(\.type) == projection.columns.map(\.type))
            for expression in projection.expressions { check(expression, projection.input.columns, sql) }
        case .join(let join):
            inputs = [join.left, join.right]
            let (left, right) = (join.left.columns, join.right.columns)
            #expect(!join.leftKey.isEmpty && join.leftKey.count == join.rightKey.count, "\(sql)")
            for (one, other) in zip(join.leftKey, join.rightKey) {
                #expect(left[one].type.oid == right[other].type.oid, "\(sql)")
            }
            if let residual = join.residual { check(residual, left + right, sql) }
            #expect(join.columns.map(\.type) == join.output.map { (left + right)[$0].type }, "\(sql)")
        case .aggregate(let aggregate):
            inputs = [aggregate.input]
            let columns = aggregate.input.columns
            #expect(aggregate.columns.count == aggregate.groupColumns.count + aggregate.calls.count)
            for call in aggregate.calls {
                if let argument = call.argument { #expect(columns.indices.contains(argument), "\(sql)") }
                if let filter = call.filter { #expect(columns[filter].type == .bool, "\(sql)") }
            }
        }
        for input in inputs { check(input, sql) }
    }

    private func check(_ expression: Expression, _ columns: [PlanColumn], _ sql: String) {
        #expect(expression.type.oid != .unknown, "\(sql)")
        if case .column(let index, let type) = expression {
            #expect(columns.indices.contains(index) && columns[index].type == type, "\(sql)")
        }
        for operand in expression.operands { check(operand, columns, sql) }
    }

    // MARK: Limits

    @Test func `a statement of the greatest length neither crashes the parser nor the compiler`() {
        let terms = String(repeating: "1+", count: 32_000)
        #expect(error("SELECT \(terms)1 FROM t")?.code == .statementTooComplex)
        #expect(error("SELECT a FROM t WHERE \(String(repeating: "NOT ", count: 16_000))true") != nil)
        #expect(error("SELECT \(String(repeating: "(", count: 30_000))1 FROM t") != nil)
        #expect(error("SELECT a\(String(repeating: "::int8", count: 10_000)) FROM t") != nil)
        #expect(
            error("SELECT a FROM t WHERE b = '\(String(repeating: "x", count: 70_000))'")?.code == .statementTooComplex
        )
    }

    @Test func `nesting just below the limit compiles, above it is refused`() {
        let nested = { (depth: Int) in
            "SELECT a FROM t WHERE \(String(repeating: "NOT (", count: depth))a = 1\(String(repeating: ")", count: depth))"
        }
        #expect(error(nested(SyntaxDecoder.depthLimit - 4)) == nil)
        #expect(error(nested(SyntaxDecoder.depthLimit))?.code == .statementTooComplex)
        let subqueries = { (depth: Int) in
            "\(String(repeating: "SELECT a FROM (", count: depth))SELECT a FROM t\(String(repeating: ") s", count: depth))"
        }
        #expect(error(subqueries(40)) == nil)
        #expect(error(subqueries(150))?.code == .statementTooComplex)
        let long = (0..<900).map { "a = \($0)" }.joined(separator: " OR ")
        #expect(error("SELECT a FROM t WHERE \(long)") == nil)
    }

    @Test func `common tables that multiply are refused, not expanded without end`() {
        var sql = "WITH x0 AS (SELECT a FROM t)"
        for index in 1...40 {
            sql += ", x\(index) AS (SELECT p.a FROM x\(index - 1) p JOIN x\(index - 1) q ON p.a = q.a)"
        }
        #expect(error(sql + " SELECT a FROM x40")?.code == .statementTooComplex)
    }

    // MARK: Text

    @Test func `columns count characters and lines count from one`() {
        let found = error("SELECT 'äöü€😀',\n\t'ñ', nosuch\nFROM t", file: "views/x.sql")
        #expect(found?.line == 2)
        #expect(found?.column == 7)
        #expect(
            found?.description.hasPrefix("views/x.sql:2:7: column \"nosuch\" does not exist\nLINE 2: \t'ñ', nosuch\n")
                == true
        )
    }

    @Test func `bytes that are not UTF-8 are an error with their place`() {
        let error = #expect(throws: ViewSQLError.self) {
            try ViewCompiler.text(of: Array("SELECT a\nFROM t".utf8) + [0xFF, 0x41], file: "v.sql")
        }
        #expect(error?.line == 2)
        #expect(error?.column == 7)
        #expect(throws: Never.self) { try ViewCompiler.text(of: Array("SELECT 'ü'".utf8), file: "v.sql") }
    }

    @Test func `a byte order mark, comments and a semicolon do not matter`() throws {
        #expect(
            try plan("\u{FEFF}-- about\n/* a /* nested */ one */ SELECT a FROM t ; -- end\n") == plan("SELECT a FROM t")
        )
    }

    @Test func `zero and negative constants keep their value`() throws {
        guard
            case .project(let projection) = try plan(
                "SELECT 0 AS a, - 5 AS b, -(7) AS c, - /* x */ 8 AS d, -(-(-9)) AS e FROM t"
            )
        else {
            Issue.record("no projection")
            return
        }
        let values: [Int64] = [0, -5, -7, -8, -9]
        #expect(projection.expressions == values.map { .constant(.int($0), .int4) })
    }
}
