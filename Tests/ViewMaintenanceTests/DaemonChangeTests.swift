import Foundation
import Relational
import SQLiteDatabase
import Synchronization
import Testing
import ViewMaintenance

private let byCustomer: Statement = (
    "by_customer", "SELECT customer, count(*) AS n, sum(price) AS total FROM orders GROUP BY customer"
)
private let changedByCustomer: Statement = (
    "by_customer", "SELECT customer, count(*) AS n, max(price) AS top, min(id) AS first FROM orders GROUP BY customer"
)
private let totals: Statement = ("totals", "SELECT count(*) AS n FROM orders")
private let cheap: Statement = ("cheap", "SELECT id, customer FROM orders WHERE price < 2")

/// Polls the views' file on a connection of its own and counts what no reader may ever see.
private final class Reader: Sendable {
    private let isOver = Atomic(false)
    private let done = Atomic(false)
    private let reads = Atomic(0)
    private let faults = Mutex<[String]>([])

    /// Each query gives one row; `check` says what is wrong with it, nil when nothing is.
    init(_ place: LogPlace, _ query: String, _ check: @escaping @Sendable (String) -> String?) {
        let thread = Thread { [self] in
            defer { done.store(true, ordering: .releasing) }
            do {
                let connection = try SQLiteConnection(path: place.path(), mode: .readOnly)
                while !isOver.load(ordering: .acquiring) {
                    let row = try connection.rows(query).first ?? "no row"
                    if let fault = check(row) { note(fault) }
                    reads.add(1, ordering: .relaxed)
                }
            } catch {
                note("\(error)")
            }
        }
        thread.start()
    }

    private func note(_ fault: String) { faults.withLock { $0.append(fault) } }

    func hasRead(_ count: Int) async throws {
        while reads.load(ordering: .relaxed) < count, !done.load(ordering: .acquiring) {
            try await Task.sleep(for: .milliseconds(1))
        }
    }

    /// Ends the polling and returns what was wrong.
    func finish() async throws -> [String] {
        isOver.store(true, ordering: .releasing)
        while !done.load(ordering: .acquiring) { try await Task.sleep(for: .milliseconds(1)) }
        return faults.withLock { $0 }
    }
}

/// Commits pairs on a thread of its own until it is told to end.
private final class Feeder: Sendable {
    private let isOver = Atomic(false)
    private let last = Mutex<(lsn: LSN, count: Int64)?>(nil)
    private let done = Atomic(false)

    init(_ orders: OrdersLog, from first: Int64) {
        let thread = Thread { [self] in
            defer { done.store(true, ordering: .releasing) }
            var number = first
            while !isOver.load(ordering: .acquiring) {
                guard let lsn = try? orders.commitPair(number) else { return }
                number += 1
                last.withLock { $0 = (lsn, number) }
                Thread.sleep(forTimeInterval: 0.0005)
            }
        }
        thread.start()
    }

    /// Ends the feeding; the LSN of the last commit and how many pairs there are in all.
    func finish() async throws -> (lsn: LSN, pairs: Int64) {
        isOver.store(true, ordering: .releasing)
        while !done.load(ordering: .acquiring) { try await Task.sleep(for: .milliseconds(1)) }
        let last = try #require(last.withLock { $0 })
        return (last.lsn, last.count)
    }
}

/// What is wrong with the two counts of one read: they have to be equal, even and never fall.
private func isWhole(_ row: String) -> String? {
    let counts = row.split(separator: "|").compactMap { Int($0) }
    guard counts.count == 2, counts[0] == counts[1] else { return "views at two places: \(row)" }
    return counts[0] > 0 && counts[0] % 2 == 0 ? nil : "half a commit: \(row)"
}

@Suite struct DaemonChangeTests {
    private static let bothCounts = "SELECT (SELECT n FROM totals), (SELECT sum(n) FROM by_customer)"

    private func loaded(_ pairs: Int64) throws -> OrdersLog {
        let orders = try OrdersLog()
        for number in 0..<pairs { try orders.commitPair(number) }
        return orders
    }

    @Test func `two views of a store are at one LSN in every read, whatever is applied or rebuilt meanwhile`()
        async throws
    {
        let orders = try loaded(40)
        let compiler = StatementCompiler([byCustomer, totals])
        try await runDaemon(orders.place, compiler) { daemon async throws in
            let feeder = Feeder(orders, from: 40)
            let reader = Reader(orders.place, Self.bothCounts, isWhole)
            try await reader.hasRead(20)
            compiler.statements = [changedByCustomer, totals, cheap]
            let report = try await daemon.apply(allowDrops: false)
            #expect(report.created == ["cheap"])
            #expect(report.rebuilt == ["by_customer"])
            #expect(report.unchanged == ["totals"])
            #expect(report.failed.isEmpty)
            try await reader.hasRead(60)
            #expect(try await daemon.rebuild([]).rebuilt.sorted() == ["by_customer", "cheap", "totals"])
            compiler.statements = [byCustomer, totals]
            await #expect(throws: MaintenanceError.self) { try await daemon.apply(allowDrops: false) }
            #expect(await daemon.view("cheap")?.state == .live)
            #expect(try await daemon.apply(allowDrops: true).dropped == ["cheap"])
            #expect(try await daemon.apply(allowDrops: false).unchanged.sorted() == ["by_customer", "totals"])
            try await reader.hasRead(120)
            let (lsn, pairs) = try await feeder.finish()
            #expect(await daemon.wait(for: lsn, view: nil, timeout: .seconds(60)) == .reached)
            #expect(try await reader.finish() == [])
            #expect(try orders.rows(Self.bothCounts) == ["\(2 * pairs)|\(2 * pairs)"])
            #expect(try orders.rows("SELECT name FROM sqlite_schema WHERE name = 'cheap'") == [])
            #expect(await daemon.status().views.map(\.state) == [.live, .live])
        }
        #expect(try orders.rows("SELECT count(*) FROM by_customer") == ["5"])
    }

    @Test func `a new view is seen whole or not at all`() async throws {
        let orders = try loaded(60)
        let compiler = StatementCompiler([totals])
        try await runDaemon(orders.place, compiler) { daemon async throws in
            let feeder = Feeder(orders, from: 60)
            let reader = Reader(orders.place, "SELECT count(*) FROM sqlite_schema WHERE name = 'by_customer'") { _ in
                nil
            }
            compiler.statements = [totals, byCustomer]
            async let applied = daemon.apply(allowDrops: false)
            // From its first moment on, the view is at the place of the one that was there.
            var isThere = false
            while !isThere {
                let connection = try SQLiteConnection(path: orders.place.path(), mode: .readOnly)
                if let row = try? connection.rows(Self.bothCounts).first {
                    #expect(isWhole(row) == nil)
                    isThere = true
                }
                await Task.yield()
            }
            #expect(try await applied.created == ["by_customer"])
            let (lsn, _) = try await feeder.finish()
            #expect(await daemon.wait(for: lsn, view: nil, timeout: .seconds(60)) == .reached)
            #expect(try await reader.finish() == [])
        }
    }

    @Test func `what does not compile changes nothing while the daemon runs, and drops nothing when it starts`()
        async throws
    {
        let orders = try loaded(3)
        let compiler = StatementCompiler([byCustomer, totals])
        try await runDaemon(orders.place, compiler) { daemon async throws in
            compiler.statements = [("by_customer", "SELECT nothing FROM orders"), totals, cheap]
            let error = await #expect(throws: MaintenanceError.self) { try await daemon.apply(allowDrops: true) }
            #expect(error?.code == .definition)
            #expect(await daemon.view("by_customer")?.state == .live)
            #expect(await daemon.view("cheap") == nil)
            #expect(try await daemon.rebuild(["totals"]).rebuilt == ["totals"])
            await #expect(throws: MaintenanceError.self) { try await daemon.rebuild(["nobody"]) }
            let next = try orders.commitPair(3)
            #expect(await daemon.wait(for: next, view: nil, timeout: .seconds(60)) == .reached)
        }
        // The statement's own name cannot be read: any view might be meant.
        compiler.statements = [("renamed.sql", "SELEC"), totals]
        try await runDaemon(orders.place, compiler) { daemon async throws in
            #expect(await daemon.view("renamed.sql")?.state == .error)
            #expect(await daemon.view("totals")?.state == .live)
        }
        #expect(try orders.rows("SELECT sum(n) FROM by_customer") == ["8"])
    }

    @Test func `a view that moves to another store leaves nothing behind`() async throws {
        let orders = try loaded(3)
        let place = orders.place
        let setup = DaemonSetup(openStores: [
            "main": { try place.openStore() }, "second": { try place.openStore("second") },
        ])
        let compiler = StatementCompiler([totals])
        try await runDaemon(place, compiler, setup) { daemon async throws in
            compiler.statements = [
                (
                    "totals",
                    "CREATE MATERIALIZED VIEW totals WITH (store = 'second') AS SELECT count(*) AS n FROM orders"
                )
            ]
            #expect(try await daemon.apply(allowDrops: false).rebuilt == ["totals"])
            #expect(try place.rows("SELECT n FROM totals", store: "second") == ["6"])
            #expect(try place.rows("SELECT name FROM sqlite_schema WHERE name = 'totals'") == [])
            #expect(await daemon.view("totals")?.state == .live)
        }
        try await runDaemon(place, compiler, setup) { daemon async throws in
            let next = try orders.commitPair(3)
            #expect(await daemon.wait(for: next, view: nil, timeout: .seconds(60)) == .reached)
            #expect(try place.rows("SELECT n FROM totals", store: "second") == ["8"])
        }
    }
}
