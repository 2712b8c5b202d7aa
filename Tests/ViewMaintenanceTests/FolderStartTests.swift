import EventLog
import Relational
import StateFiles
import TestSupport
import Testing

@testable import ViewMaintenance

/// A start with another set of views than the one that ran last.
@Suite struct FolderStartTests {
    private static let byCustomer: Statement = (
        "by_customer", "SELECT customer, count(*) AS n, sum(price) AS total FROM orders GROUP BY customer"
    )
    private static let dearest: Statement = (
        "dearest", "SELECT customer, max(price) AS price FROM orders GROUP BY customer"
    )
    private static let dearestOfAll: Statement = ("dearest", "SELECT max(price) AS price FROM orders")
    private static let all: Statement = ("all_orders", "SELECT id, price FROM orders")

    private let disk = FaultyFileSystem()
    private let messages = KeptMessages()
    private let orders: OrdersLog

    init() throws {
        orders = try OrdersLog()
        for number in Int64(0)..<20 { try orders.commitPair(number) }
    }

    private var place: LogPlace { orders.place }

    /// Runs a daemon until a commit of its own is in all views, and whatever `body` does meanwhile.
    private func run(
        _ views: [Statement],
        ranLast: [Statement],
        _ body: @escaping @Sendable (Daemon) async throws -> Void = { _ in }
    ) async throws {
        try await run(StatementCompiler(views, ranLast: ranLast), body)
    }

    private func run(
        _ compiler: StatementCompiler,
        _ body: @escaping @Sendable (Daemon) async throws -> Void
    ) async throws {
        var setup = try DaemonSetup(place, stateOn: disk, every: .seconds(3600))
        setup.logger = messages.logger
        setup.waitsUntilBuilt = false
        setup.storeLimits.retryDelayMax = .milliseconds(20)
        let (orders, place) = (orders, place)
        try await runDaemon(place, compiler, setup) { daemon in
            try await body(daemon)
            try await daemon.waitUntilBuilt()
            let lsn = try orders.commitPair(place.log.frontier.nextOffset.rawValue)
            for view in compiler.statements where await daemon.view(view.name)?.state != .error {
                #expect(await daemon.wait(for: lsn, view: view.name, timeout: .seconds(60)) == .reached)
            }
        }
    }

    private func expectRight(_ views: [Statement]) throws {
        _ = try place.fold(views, store: "at_once").apply(allowDrops: true)
        for view in views {
            #expect(try place.rows(of: view.name) == place.rows(of: view.name, store: "at_once"), "\(view.name)")
        }
    }

    /// How often views went on from a checkpoint, and how often others than those of the folder did.
    private func expectStarts(fromCheckpoints: Int, beforeFolder: Int) {
        #expect(messages.count("the views go on from a checkpoint") == fromCheckpoints, "\(messages.all)")
        #expect(messages.count("the views that ran last go on") == beforeFolder, "\(messages.all)")
    }

    @Test func `a new view keeps no other waiting, and the start after that goes on with both`() async throws {
        try await run([Self.byCustomer], ranLast: [])
        try await run([Self.byCustomer, Self.dearest], ranLast: [Self.byCustomer])
        expectStarts(fromCheckpoints: 1, beforeFolder: 1)
        try expectRight([Self.byCustomer, Self.dearest])
        try await run([Self.byCustomer, Self.dearest], ranLast: [Self.byCustomer, Self.dearest])
        expectStarts(fromCheckpoints: 2, beforeFolder: 1)
        try expectRight([Self.byCustomer, Self.dearest])
    }

    @Test func `views that need other columns of a table go on, too`() async throws {
        try await run([Self.dearest, Self.all], ranLast: [])
        try await run([Self.dearest, Self.byCustomer], ranLast: [Self.dearest, Self.all])
        try await run([Self.dearest, Self.byCustomer, Self.all], ranLast: [Self.dearest, Self.byCustomer])
        expectStarts(fromCheckpoints: 2, beforeFolder: 2)
        try expectRight([Self.dearest, Self.byCustomer, Self.all])
    }

    @Test func `a folder that cannot be built at first is tried again, and status says why`() async throws {
        try await run([Self.byCustomer], ranLast: [])
        let both = [Self.byCustomer, Self.dearest]
        let compiler = StatementCompiler(both, ranLast: [Self.byCustomer], readable: 1)
        try await run(compiler) { daemon in
            func says(_ words: String) async throws -> Bool {
                try await daemon.eventually { status in
                    status.views.contains { $0.name == "dearest" && $0.error?.message.contains(words) == true }
                }
            }
            let isSaid = try await says("the folder cannot be read: a test")
            #expect(isSaid)
            let health = await daemon.health()
            #expect(!health.isReady)
            // Somebody's own attempt ends nothing.
            await #expect(throws: MaintenanceError.self) { try await daemon.apply(ApplyRequest(allowDrops: true)) }
            let isStillSaid = try await says("the folder cannot be read: a test")
            #expect(isStillSaid)
            // A view that was there at the start is not dropped unasked.
            compiler.statements = [Self.dearest]
            compiler.mend()
            let isRefused = try await says("this would drop by_customer")
            #expect(isRefused)
            compiler.statements = both
            let isThere = try await daemon.eventually { status in
                status.views.count == 2 && status.views.allSatisfy { $0.state == .live && $0.error == nil }
            }
            #expect(isThere)
        }
        expectStarts(fromCheckpoints: 1, beforeFolder: 1)
        #expect(messages.count("the views of the folder could not be built") == 2, "\(messages.all)")
        try expectRight(both)
    }

    @Test func `what has changed is built, what has no file any more goes`() async throws {
        let before = [Self.byCustomer, Self.dearest, Self.all]
        try await run(before, ranLast: [])
        try await run([Self.byCustomer, Self.dearestOfAll], ranLast: before)
        expectStarts(fromCheckpoints: 1, beforeFolder: 1)
        try expectRight([Self.byCustomer, Self.dearestOfAll])
        #expect(throws: (any Error).self) { try place.rows(of: "all_orders") }
    }

    @Test func `without new views the checkpoint serves what is left`() async throws {
        try await run([Self.byCustomer, Self.dearest], ranLast: [])
        try await run([Self.dearest], ranLast: [Self.byCustomer, Self.dearest])
        expectStarts(fromCheckpoints: 1, beforeFolder: 0)
        try expectRight([Self.dearest])
    }

    @Test func `a file that does not compile is said, and the others are built`() async throws {
        try await run([Self.byCustomer], ranLast: [])
        let broken: Statement = ("broken", "SELECT nothing FROM orders")
        try await run([Self.byCustomer, Self.dearest, broken], ranLast: [Self.byCustomer]) { daemon in
            let isSaid = try await daemon.eventually { $0.views.first { $0.name == "broken" }?.state == .error }
            #expect(isSaid)
        }
        expectStarts(fromCheckpoints: 0, beforeFolder: 0)
        try expectRight([Self.byCustomer, Self.dearest])
    }

    @Test func `an apply that is asked for meanwhile is served when the folder's views are there`() async throws {
        try await run([Self.byCustomer], ranLast: [])
        try await run([Self.byCustomer, Self.dearest], ranLast: [Self.byCustomer]) { daemon in
            let isUp = try await daemon.eventually { $0.views.contains { $0.name == "by_customer" } }
            #expect(isUp)
            let report = try await daemon.apply(ApplyRequest(allowDrops: false))
            #expect(report.unchanged.sorted() == ["by_customer", "dearest"], "\(report)")
        }
        expectStarts(fromCheckpoints: 1, beforeFolder: 1)
        try expectRight([Self.byCustomer, Self.dearest])
    }
}
