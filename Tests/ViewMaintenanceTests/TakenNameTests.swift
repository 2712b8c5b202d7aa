import Relational
import SQLiteDatabase
import Testing
import ViewStores

@testable import ViewMaintenance

private let totals: Statement = ("totals", "SELECT count(*) AS n FROM orders")
private let copy: Statement = (
    "copy", "CREATE MATERIALIZED VIEW copy WITH (store = 'second') AS SELECT id, price FROM orders"
)
private let sums: Statement = (
    "sums", "CREATE MATERIALIZED VIEW sums WITH (store = 'second') AS SELECT sum(price) AS total FROM orders"
)

/// A table of a view's name in a store, made by somebody else.
@Suite struct TakenNameTests {
    private let orders: OrdersLog

    init() throws {
        orders = try OrdersLog()
        try orders.commitPair(0)
        // The file has to be Leftfold's own before somebody makes a table in it.
        _ = try orders.place.openStore("second")
        try second("CREATE TABLE copy (mine); INSERT INTO copy VALUES ('mine')")
    }

    private func second(_ sql: String) throws {
        try SQLiteConnection(path: orders.place.path("second"), mode: .readWrite, busyTimeout: .seconds(5)).execute(sql)
    }

    private func setup(nameDelayMin: Duration) -> DaemonSetup {
        let place = orders.place
        var setup = DaemonSetup(
            openStores: ["main": { try place.openStore() }, "second": { try place.openStore("second") }]
        )
        setup.storeLimits.nameDelayMin = nameDelayMin
        setup.storeLimits.nameDelayMax = max(nameDelayMin, .milliseconds(40))
        return setup
    }

    /// The view is parked and says why; its store's other view and the other store go on.
    private func expectParked(_ daemon: Daemon, _ number: Int64) async throws {
        #expect(try await daemon.eventually { $0.views.first { $0.name == "copy" }?.state == .parked })
        let view = try #require(await daemon.view("copy"))
        #expect(view.error?.code == "name_taken", "\(view)")
        #expect(view.error?.message.hasSuffix(#"has a table "copy" that Leftfold did not make"#) == true, "\(view)")
        for words in [#"ALTER TABLE "copy" RENAME TO"#, "leftfold rebuild copy"] {
            #expect(view.error?.hint?.contains(words) == true, "\(view)")
        }
        let lsn = try orders.commitPair(number)
        for name in ["totals", "sums"] {
            #expect(await daemon.wait(for: lsn, view: name, timeout: .seconds(60)) == .reached)
            #expect(await daemon.view(name)?.state == .live)
        }
        #expect(try orders.place.rows("SELECT * FROM copy", store: "second") == ["mine"])
        #expect(await daemon.status().stores["second"]?.state == "open")
    }

    private func expectThere(_ daemon: Daemon, _ count: Int) async throws {
        #expect(try await daemon.eventually { $0.views.allSatisfy { $0.state == .live } })
        #expect(try orders.place.rows("SELECT count(*) FROM copy", store: "second") == ["\(count)"])
        #expect(try orders.place.rows("SELECT * FROM theirs", store: "second") == ["mine"])
    }

    @Test func `it parks that view alone, which comes by itself when it is renamed`() async throws {
        let setup = setup(nameDelayMin: .milliseconds(5))
        try await runDaemon(orders.place, StatementCompiler([totals, copy, sums]), setup) { daemon async throws in
            try await expectParked(daemon, 1)
            let lookUntil = ContinuousClock.now + .milliseconds(100)
            while ContinuousClock.now < lookUntil { await Task.yield() }
            try await expectParked(daemon, 2)
            try second("ALTER TABLE copy RENAME TO theirs")
            try await expectThere(daemon, 6)
            let lsn = try orders.commitPair(3)
            #expect(await daemon.wait(for: lsn, view: "copy", timeout: .seconds(60)) == .reached)
            #expect(try orders.place.rows("SELECT count(*) FROM copy", store: "second") == ["8"])
        }
    }

    @Test func `rebuild says it again until it is renamed, and then brings the view at once`() async throws {
        let setup = setup(nameDelayMin: .seconds(3600))
        try await runDaemon(orders.place, StatementCompiler([totals, copy, sums]), setup) { daemon async throws in
            try await expectParked(daemon, 1)
            #expect(try await daemon.rebuild(["copy"]).failed["copy"]?.code == "name_taken")
            try await expectParked(daemon, 2)
            try second("ALTER TABLE copy RENAME TO theirs")
            #expect(try await daemon.rebuild(["copy"]).rebuilt == ["copy"])
            try await expectThere(daemon, 6)
        }
    }

    @Test func `a view that another definition or folder takes away is not looked at any more`() async throws {
        let setup = setup(nameDelayMin: .milliseconds(5))
        let compiler = StatementCompiler([totals, copy, sums])
        try await runDaemon(orders.place, compiler, setup) { daemon async throws in
            try await expectParked(daemon, 1)
            compiler.statements = [totals, sums]
            _ = try await daemon.apply(allowDrops: true)
            try second("ALTER TABLE copy RENAME TO theirs")
            let lsn = try orders.commitPair(2)
            #expect(await daemon.wait(for: lsn, view: nil, timeout: .seconds(60)) == .reached)
            #expect(await daemon.status().views.map(\.name) == ["sums", "totals"])
        }
    }

    @Test func `without a daemon the view is named as failed, and the others are brought up`() throws {
        let fold = try FoldAtRest(
            log: orders.log,
            compiler: StatementCompiler([totals, copy, sums]),
            stores: ["main": orders.place.openStore(), "second": orders.place.openStore("second")],
            logger: LogPlace.logger
        )
        let report = try fold.apply(allowDrops: false)
        #expect(report.failed["copy"]?.code == "name_taken" && report.failed.count == 1, "\(report)")
        #expect(report.created.sorted() == ["sums", "totals"], "\(report)")
        #expect(try orders.place.rows("SELECT * FROM copy", store: "second") == ["mine"])
        #expect(try orders.place.rows("SELECT total FROM sums", store: "second") == ["3.50"])
    }
}
