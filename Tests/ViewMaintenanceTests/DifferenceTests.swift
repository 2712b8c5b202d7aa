import Foundation
import Relational
import SQLiteDatabase
import Synchronization
import TestSupport
import Testing
import ViewMaintenance
import ViewPlan
import ViewSQL

/// `by_customer` as it asks to change.
private func byCustomer(_ select: String, onChange: String = "diff", _ more: String = "") -> Statement {
    let sql = "CREATE MATERIALIZED VIEW by_customer WITH (on_change = '\(onChange)'\(more)) AS \(select)"
    return ("by_customer", sql)
}

private let sums = "SELECT customer, count(*) AS n, sum(price) AS total FROM orders GROUP BY customer"
private let dearSums =
    "SELECT customer, count(*) AS n, sum(price) AS total FROM orders WHERE price > 2 GROUP BY customer"

/// Remembers the statements of the running views, as the views folder does.
private final class RememberingCompiler: ViewCompiling {
    let folder: StatementCompiler
    private let running = Mutex<[Statement]>([])

    init(_ statements: [Statement]) { folder = StatementCompiler(statements) }

    func compile(_ relations: [RelationSchema]) throws -> [CompiledView] { try folder.compile(relations) }

    func compileApplied(_ relations: [RelationSchema]) throws -> [CompiledView] {
        try StatementCompiler(running.withLock { $0 }).compile(relations)
    }

    func applied(_ definitions: [ViewDefinition], complete: Bool, failed: Set<String>) throws {
        running.withLock { $0 = definitions.map { ($0.name, $0.sql) } }
    }
}

@Suite struct DifferenceTests {
    private func loaded(_ pairs: Int64) throws -> OrdersLog {
        let orders = try OrdersLog()
        for number in 0..<pairs { try orders.commitPair(number) }
        return orders
    }

    /// The rows as a build from nothing has them.
    private func expected(_ orders: OrdersLog, _ statement: Statement) throws -> [String] {
        let fresh = "fresh-\(UUID().uuidString)"
        _ = try orders.place.fold([statement], store: fresh).apply(allowDrops: false)
        return try orders.place.rows(of: statement.name, store: fresh)
    }

    @Test(arguments: [("", true), ("USING search", true), ("USING cache", false)])
    func `a table and a search view can change by a difference, a cache cannot`(kind: String, keepsTable: Bool) throws {
        let compiler = ViewCompiler(relations: [OrdersLog.schema])
        let definitions = try ["> 1", "> 2"].map { condition in
            let sql = """
                CREATE MATERIALIZED VIEW v \(kind) WITH (key = 'id', on_change = 'diff') AS
                SELECT id, price::text AS price FROM orders WHERE price \(condition)
                """
            return try #require(compiler.compileAll([("v", sql)]).first).result.get()
        }
        let change = DefinitionChange(from: definitions[0], to: definitions[1])
        #expect(change.parts == [.query])
        #expect(change.keepsTable == keepsTable)
    }

    /// Changes whenever the view gets another table.
    private func table(_ orders: OrdersLog) throws -> [String] {
        try orders.rows("SELECT rootpage FROM sqlite_schema WHERE name = 'by_customer'")
    }

    @Test func `a changed view that asks for a difference keeps its table and gets the new rows`() async throws {
        let orders = try loaded(12)
        // Half of the customers have no dear order.
        try orders.commit([(.insert, OrdersLog.row(900, 77, 100), nil), (.insert, OrdersLog.row(901, 78, 900), nil)])
        let compiler = StatementCompiler([byCustomer(sums)])
        try await runDaemon(orders.place, compiler) { [self] daemon async throws in
            let before = try table(orders)
            compiler.statements = [byCustomer(dearSums)]
            let report = try await daemon.apply(allowDrops: false)
            #expect(report.corrected.keys.sorted() == ["by_customer"] && report.rebuilt.isEmpty)
            // Five customers change (two rows each), one goes, one stays.
            #expect(report.corrected["by_customer"] == 11)
            #expect(try table(orders) == before)
            #expect(try orders.place.rows(of: "by_customer") == expected(orders, byCustomer(dearSums)))
            let next = try orders.commitPair(300)
            #expect(await daemon.wait(for: next, view: nil, timeout: .seconds(60)) == .reached)
            #expect(try orders.place.rows(of: "by_customer") == expected(orders, byCustomer(dearSums)))
            #expect(try await daemon.apply(allowDrops: false).unchanged == ["by_customer"])
        }
    }

    @Test(arguments: [
        byCustomer("SELECT customer, count(*) AS n FROM orders GROUP BY customer"),
        byCustomer(dearSums, onChange: "rebuild"),
        byCustomer(dearSums, onChange: "diff", ", index = 'n'"),
    ])
    func `other columns, other indexes and on_change = 'rebuild' get a new generation`(changed: Statement) async throws
    {
        let orders = try loaded(6)
        let compiler = StatementCompiler([byCustomer(sums)])
        try await runDaemon(orders.place, compiler) { [self] daemon async throws in
            compiler.statements = [changed]
            let report = try await daemon.apply(allowDrops: false)
            #expect(report.rebuilt == ["by_customer"] && report.corrected.isEmpty)
            #expect(try orders.place.rows(of: "by_customer") == expected(orders, changed))
        }
    }

    @Test func `a difference is sent at the start too, when the definition before is known`() async throws {
        let orders = try loaded(12)
        let compiler = RememberingCompiler([byCustomer(sums)])
        for statement in [byCustomer(sums), byCustomer(dearSums)] {
            compiler.folder.statements = [statement]
            let before = (try? table(orders)) ?? []
            let fold = try FoldAtRest(
                log: orders.log,
                compiler: compiler,
                stores: ["main": try orders.place.openStore()],
                logger: LogPlace.logger
            )
            let report = try fold.apply(allowDrops: false)
            #expect(try orders.place.rows(of: "by_customer") == expected(orders, statement))
            guard !before.isEmpty else { continue }
            #expect(report.corrected["by_customer"] != nil && report.rebuilt.isEmpty)
            #expect(try table(orders) == before)
        }
    }

    @Test func `a difference between more rows than have room in memory is the same`() async throws {
        let orders = try OrdersLog()
        for commit in Int64(0)..<10 {
            try orders.commit(
                (0..<400).map { (.insert, OrdersLog.row(commit * 400 + $0, $0 % 50, Int128($0)), nil) }
            )
        }
        let statement: @Sendable (String) -> Statement = { dear in
            (
                "all_orders",
                "CREATE MATERIALIZED VIEW all_orders WITH (on_change = 'diff') AS SELECT * FROM orders \(dear)"
            )
        }
        let compiler = StatementCompiler([statement("")])
        var setup = DaemonSetup()
        // About a fifth of the rows of both sides.
        setup.storeLimits.queueByteMax = 64 << 10
        try await runDaemon(orders.place, compiler, setup) { daemon in
            #expect(try orders.rows("SELECT count(*) FROM all_orders") == ["4000"])
            compiler.statements = [statement("WHERE price >= 1")]
            let report = try await daemon.apply(allowDrops: false)
            #expect(report.corrected == ["all_orders": 1000])
            #expect(try orders.rows("SELECT count(*) FROM all_orders") == ["3000"])
            #expect(try orders.rows("SELECT count(*) FROM all_orders WHERE price < 1") == ["0"])
        }
    }

    /// What somebody may do to a view's table.
    private static let damages = [
        "UPDATE by_customer SET n = 77 WHERE customer = 2", "DELETE FROM by_customer WHERE customer = 1",
        "INSERT INTO by_customer VALUES (99, 1, '1.00')",
        "DELETE FROM by_customer; INSERT INTO by_customer VALUES (7, 7, '7.00')",
    ]

    @Test(arguments: damages)
    func `a repair sends what is wrong, whether the view has noticed or not`(damage: String) async throws {
        let orders = try loaded(8)
        try await runDaemon(orders.place, StatementCompiler([byCustomer(sums, onChange: "rebuild")])) {
            [self] daemon async throws in
            for hasNoticed in [false, true] {
                let before = try table(orders)
                try SQLiteConnection(path: orders.place.path(), mode: .readWrite).execute(damage)
                if hasNoticed {
                    // Every customer's row is replaced.
                    for number in 2000..<2005 { try orders.commitPair(Int64(number)) }
                    _ = try await daemon.eventually { $0.views.first?.state == .parked }
                }
                let report = try await daemon.rebuild(RebuildRequest(["by_customer"], isRepair: true))
                #expect((report.corrected["by_customer"] ?? 0) > 0 && report.rebuilt.isEmpty, "\(report)")
                #expect(try table(orders) == before)
                #expect(await daemon.view("by_customer")?.state == .live)
                #expect(
                    try orders.place.rows(of: "by_customer") == expected(orders, byCustomer(sums, onChange: "rebuild"))
                )
            }
        }
    }

    @Test func `rows that cannot be read are no reason not to repair: the view gets a new generation`() async throws {
        let orders = try loaded(8)
        let statement = byCustomer(sums)
        try await runDaemon(orders.place, StatementCompiler([statement])) { [self] daemon async throws in
            try SQLiteConnection(path: orders.place.path(), mode: .readWrite).execute(
                "UPDATE by_customer SET total = 'no number'"
            )
            let report = try await daemon.rebuild(RebuildRequest(["by_customer"], isRepair: true))
            #expect(report.rebuilt == ["by_customer"] && report.corrected.isEmpty && report.failed.isEmpty, "\(report)")
            #expect(await daemon.view("by_customer")?.state == .live)
            #expect(try orders.place.rows(of: "by_customer") == expected(orders, statement))
        }
    }

    @Test(arguments: UInt64(0)..<6)
    func `a difference ends in the rows of a new build, for keyed views and bags`(seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        let orders = try OrdersLog()
        let selects = (0..<6).map { _ in
            "SELECT customer, price FROM orders WHERE price > \(Int.random(in: 0..<6, using: &generator)) "
                + "OR customer < \(Int.random(in: 0..<6, using: &generator))"
        }
        for id in 0..<200 {
            let row = OrdersLog.row(
                Int64(id),
                Int64.random(in: 0..<8, using: &generator),
                Int128(Int.random(in: 0..<8, using: &generator) * 100)
            )
            try orders.commit([(.insert, row, nil)])
        }
        @Sendable func bag(_ select: String) -> Statement {
            ("bag", "CREATE MATERIALIZED VIEW bag WITH (on_change = 'diff') AS \(select)")
        }
        @Sendable func keyed(_ select: String) -> Statement {
            let sql = select.replacingOccurrences(of: "customer, price FROM", with: "id, customer, price FROM")
            return ("keyed", "CREATE MATERIALIZED VIEW keyed WITH (on_change = 'diff') AS \(sql)")
        }
        let compiler = StatementCompiler([bag(selects[0]), keyed(selects[0])])
        let steps = selects
        try await runDaemon(orders.place, compiler) { [self] daemon async throws in
            for select in steps {
                compiler.statements = [bag(select), keyed(select)]
                let report = try await daemon.apply(allowDrops: false)
                #expect(report.rebuilt.isEmpty && report.failed.isEmpty, "seed \(seed): \(report)")
                for statement in compiler.statements {
                    let rows = try orders.place.rows(of: statement.name)
                    #expect(try rows == expected(orders, statement), "seed \(seed): \(statement.sql)")
                }
            }
        }
    }

    @Test func `a rebuild with a speed takes its time and ends in the same rows`() async throws {
        let orders = try loaded(200)
        try await runDaemon(orders.place, StatementCompiler([byCustomer(sums)])) { [self] daemon async throws in
            let request = RebuildRequest(["by_customer"], bytesPerSecond: 4000)
            async let report = daemon.rebuild(request)
            #expect(try await daemon.eventually { $0.views.first?.state == .rebuilding })
            // The view goes on meanwhile.
            let next = try orders.commitPair(900)
            #expect(await daemon.wait(for: next, view: nil, timeout: .seconds(60)) == .reached)
            #expect(try await report.rebuilt == ["by_customer"])
            #expect(try orders.place.rows(of: "by_customer") == expected(orders, byCustomer(sums)))
        }
    }
}
