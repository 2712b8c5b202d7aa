import EventLog
import Foundation
import Relational
import SQLiteDatabase
import Synchronization
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

/// An installation with two stores, of which the second does what its fault says.
private final class TwoStores: Sendable {
    let orders: OrdersLog
    let fault = StoreFault()
    /// How often the second store cannot be opened.
    let refusals = Atomic(0)
    /// Whether its opening neither succeeds nor fails.
    let isOpeningHeld = Atomic(false)

    init(_ options: LogOptions = LogOptions()) throws { orders = try OrdersLog(LogPlace(options: options)) }

    var place: LogPlace { orders.place }

    /// Retries fast; the queue holds `queueByteMax`.
    func setup(queueByteMax: Int = 64 << 20) -> DaemonSetup {
        var limits = StoreLimits()
        limits.retryDelayMin = .milliseconds(5)
        limits.retryDelayMax = .milliseconds(40)
        limits.queueByteMax = queueByteMax
        return DaemonSetup(
            openStores: ["main": { [self] in try place.openStore() }, "second": { [self] in try openSecond() }],
            storeLimits: limits
        )
    }

    private func openSecond() throws -> NamedStore {
        let left = refusals.load(ordering: .sequentiallyConsistent)
        if left > 0 {
            refusals.store(left - 1, ordering: .sequentiallyConsistent)
            throw StoreError(.unavailable, "nobody listens", hint: "start it")
        }
        while isOpeningHeld.load(ordering: .sequentiallyConsistent) { usleep(1000) }
        let second = try place.openStore("second")
        return NamedStore(store: FaultyStore(second.store, fault), kind: "sqlite", location: second.location)
    }

    /// The second store does nothing from now on, or works again.
    func setDead(_ isDead: Bool) { fault.failures.store(isDead ? .max : 0, ordering: .sequentiallyConsistent) }

    func secondRows(_ sql: String) throws -> [String] { try place.rows(sql, store: "second") }

    /// Commits pairs of orders, each of which the view in the first store shows before the next.
    func goOn(_ numbers: Range<Int64>, _ daemon: Daemon) async throws -> LSN {
        var last = LSN.zero
        for number in numbers {
            last = try orders.commitPair(number)
            #expect(await daemon.wait(for: last, view: "totals", timeout: .seconds(60)) == .reached)
        }
        #expect(try orders.rows("SELECT n FROM totals") == ["\(numbers.upperBound * 2)"])
        return last
    }

    /// Both views of the second store show all orders.
    func expectCaughtUp(_ lsn: LSN, _ count: Int64, _ daemon: Daemon) async throws {
        #expect(await daemon.wait(for: lsn, view: nil, timeout: .seconds(60)) == .reached)
        #expect(try secondRows("SELECT count(*) FROM copy") == ["\(count)"])
        #expect(
            try secondRows("SELECT total FROM sums")
                == (try secondRows("SELECT sum(price) || '.00' FROM copy")).map(exact)
        )
        #expect(
            try await daemon.eventually {
                $0.stores["second"]?.state == "open" && $0.views.allSatisfy { $0.state == .live }
            }
        )
        #expect(await daemon.health().isReady)
    }

    /// SQLite adds texts as floats.
    private func exact(_ text: String) -> String {
        let parts = text.dropLast(3).split(separator: ".")
        return parts.count == 2
            ? "\(parts[0]).\(parts[1].prefix(2))\(parts[1].count == 1 ? "0" : "")" : "\(parts[0]).00"
    }
}

@Suite struct IsolationTests {
    @Test func `a dead store stops its own views alone, says so, and is caught up from its queue`() async throws {
        let two = try TwoStores()
        try two.orders.commitPair(0)
        try await runDaemon(two.place, StatementCompiler([totals, copy, sums]), two.setup()) { daemon async throws in
            two.setDead(true)
            let last = try await two.goOn(1..<20, daemon)
            #expect(try two.secondRows("SELECT count(*) FROM copy") == ["2"])
            #expect(try await daemon.eventually { $0.views.first { $0.name == "copy" }?.state == .error })
            let status = await daemon.status()
            let store = try #require(status.stores["second"])
            #expect(store.state == "retrying" && store.error == "the store is not there", "\(store)")
            #expect((store.queuedBytes ?? 0) > 0 && (store.failures ?? 0) > 0 && store.nextAttemptMs != nil, "\(store)")
            #expect(store.failingSince?.hasSuffix("Z") == true, "\(store)")
            #expect(status.stores["main"]?.state == "open")
            let view = try #require(status.views.first { $0.name == "copy" })
            #expect(view.error?.code == "store" && view.lagBytes > 0 && view.frontierLsn != last.description, "\(view)")
            let waited = await daemon.wait(for: last, view: "copy", timeout: .milliseconds(20))
            #expect(waited == .failed("view \"copy\" waits: store second: the store is not there"))
            let held = try await daemon.hold(at: nil)
            #expect(held.storesAway == ["second"] && held.frontierLsn == last.description)
            #expect(await daemon.release(held.ticket))
            #expect(await !daemon.health().isReady)
            two.setDead(false)
            try await two.expectCaughtUp(last, 40, daemon)
            #expect(await daemon.status().stores["second"]?.queuedBytes == 0)
            #expect(try await daemon.hold(at: nil).storesAway == [])
        }
    }

    @Test
    func `a view that moves to a dead store keeps its rows in the old one until it is back, and leaves none then`()
        async throws
    {
        let two = try TwoStores()
        try two.orders.commitPair(0)
        let compiler = StatementCompiler([totals, ("copy", "SELECT id, price FROM orders")])
        try await runDaemon(two.place, compiler, two.setup()) { daemon async throws in
            two.setDead(true)
            compiler.statements = [totals, copy]
            #expect(try await daemon.apply(allowDrops: false).failed.keys.sorted() == ["copy"])
            let last = try await two.goOn(1..<5, daemon)
            #expect(try two.place.rows("SELECT count(*) FROM copy") == ["2"])
            two.setDead(false)
            #expect(await daemon.wait(for: last, view: nil, timeout: .seconds(60)) == .reached)
            #expect(try two.secondRows("SELECT count(*) FROM copy") == ["10"])
            let tables = "SELECT count(*) FROM sqlite_schema WHERE name = 'copy'"
            #expect(try await daemon.eventually { _ in (try? two.place.rows(tables)) == ["0"] })
        }
    }

    @Test
    func `a view that moves out of a dead store leaves no rows there once that is back`() async throws {
        let two = try TwoStores()
        try two.orders.commitPair(0)
        let compiler = StatementCompiler([totals, copy, sums])
        try await runDaemon(two.place, compiler, two.setup()) { daemon async throws in
            two.setDead(true)
            _ = try await two.goOn(1..<2, daemon)
            #expect(try await daemon.eventually { $0.stores["second"]?.state == "retrying" })
            compiler.statements = [totals, ("copy", "SELECT id, price FROM orders"), sums]
            #expect(try await daemon.apply(allowDrops: false).rebuilt == ["copy"])
            let last = try await two.goOn(2..<5, daemon)
            #expect(try two.place.rows("SELECT count(*) FROM copy") == ["10"])
            #expect(try two.secondRows("SELECT count(*) FROM copy") == ["2"])
            two.setDead(false)
            #expect(await daemon.wait(for: last, view: nil, timeout: .seconds(60)) == .reached)
            let tables = "SELECT count(*) FROM sqlite_schema WHERE name = 'copy'"
            #expect(try await daemon.eventually { _ in (try? two.secondRows(tables)) == ["0"] })
            #expect(try two.place.rows("SELECT count(*) FROM copy") == ["10"])
        }
    }

    @Test
    func `an outage beyond the queue detaches the views, and they are built again from the log when the store is back`()
        async throws
    {
        let two = try TwoStores()
        try two.orders.commitPair(0)
        let setup = two.setup(queueByteMax: 20_000)
        try await runDaemon(two.place, StatementCompiler([totals, copy, sums]), setup) { daemon async throws in
            for round in Int64(0)..<3 {
                two.setDead(true)
                let last = try await two.goOn(1 + round * 200..<201 + round * 200, daemon)
                #expect(try await daemon.eventually { $0.stores["second"]?.state == "detached" })
                #expect(try await daemon.eventually { $0.views.first { $0.name == "copy" }?.state == .error })
                #expect((await daemon.status().stores["second"]?.queuedBytes ?? 0) < 40_000)
                #expect(try two.secondRows("SELECT count(*) FROM copy") == ["\(2 + round * 400)"])
                two.setDead(false)
                try await two.expectCaughtUp(last, 402 + round * 400, daemon)
            }
        }
    }

    @Test func `a store's own limit of what waits is the one that counts`() throws {
        let two = try TwoStores()
        var own = StoreOpening(kind: "sqlite", location: "here") { try two.place.openStore("second") }
        own.queueByteMax = 1 << 20
        let set = StoreSet(
            ["main": StoreOpening(try two.place.openStore()), "second": own],
            logID: two.place.log.id.description,
            board: StatusBoard(),
            isPatient: true,
            logger: LogPlace.logger,
            wake: {}
        )
        #expect(set.workers.mapValues(\.limits.queueByteMax) == ["main": 64 << 20, "second": 1 << 20])
    }

    @Test func `a store that is not there at the start stops only its views, which come when it is`() async throws {
        let two = try TwoStores()
        for number in 0..<5 { try two.orders.commitPair(Int64(number)) }
        two.refusals.store(.max, ordering: .sequentiallyConsistent)
        try await runDaemon(two.place, StatementCompiler([totals, copy, sums]), two.setup()) { daemon async throws in
            let last = try await two.goOn(5..<8, daemon)
            let status = await daemon.status()
            let store = try #require(status.stores["second"])
            #expect(store.error == "nobody listens" && store.hint == "start it", "\(store)")
            #expect(status.views.first { $0.name == "copy" }?.error?.message == "store second: nobody listens")
            #expect(try await daemon.rebuild(["copy"]).failed["copy"]?.message == "store second: nobody listens")
            #expect(try await daemon.rebuild(["totals"]).rebuilt == ["totals"])
            two.refusals.store(0, ordering: .sequentiallyConsistent)
            try await two.expectCaughtUp(last, 16, daemon)
        }
        // The next start finds its rows and goes on with them, or with the whole outage in the log.
        try two.orders.commitPair(8)
        two.refusals.store(3, ordering: .sequentiallyConsistent)
        try await runDaemon(two.place, StatementCompiler([totals, copy, sums]), two.setup()) { daemon async throws in
            try await two.expectCaughtUp(try await two.goOn(9..<10, daemon), 20, daemon)
        }
    }

    @Test func `a store that is being opened for long loses nothing that fails once it is open`() async throws {
        let two = try TwoStores()
        try two.orders.commitPair(0)
        two.isOpeningHeld.store(true, ordering: .sequentiallyConsistent)
        var setup = two.setup()
        setup.storeLimits.openingPatience = .milliseconds(20)
        try await runDaemon(two.place, StatementCompiler([totals, copy, sums]), setup) { daemon async throws in
            let last = try await two.goOn(1..<4, daemon)
            #expect(await daemon.view("copy")?.error?.message == "store second is being opened")
            // It opens; the first rows fail.
            two.fault.spared.store(1, ordering: .sequentiallyConsistent)
            two.fault.failures.store(3, ordering: .sequentiallyConsistent)
            two.isOpeningHeld.store(false, ordering: .sequentiallyConsistent)
            try await two.expectCaughtUp(last, 8, daemon)
            #expect(two.fault.failures.load(ordering: .sequentiallyConsistent) == 0)
            try await two.expectCaughtUp(try await two.goOn(4..<8, daemon), 16, daemon)
        }
    }

    @Test func `a store that stays inside a call delays nobody else`() async throws {
        let two = try TwoStores()
        try two.orders.commitPair(0)
        try await runDaemon(two.place, StatementCompiler([totals, copy, sums]), two.setup()) { daemon async throws in
            two.fault.block()
            try two.orders.commitPair(1)
            while two.fault.waiting.load(ordering: .sequentiallyConsistent) == 0 { await Task.yield() }
            let last = try await two.goOn(2..<30, daemon)
            #expect(two.fault.waiting.load(ordering: .sequentiallyConsistent) == 1)
            #expect(try two.secondRows("SELECT count(*) FROM copy") == ["2"])
            #expect(await daemon.wait(for: last, view: "copy", timeout: .zero) == .timedOut)
            #expect(await daemon.view("copy")?.lagBytes ?? 0 > 0)
            two.fault.release()
            try await two.expectCaughtUp(last, 60, daemon)
        }
    }

    @Test
    func `all views of a store go on together while one of them is built again, however long its rows are written`()
        async throws
    {
        let two = try TwoStores()
        let many: [Change] = (Int64(100)..<6000).map { (ChangeOperation.insert, OrdersLog.row($0, 1, 100), nil) }
        try two.orders.commit(many)
        try await runDaemon(two.place, StatementCompiler([totals, copy, sums]), two.setup()) { daemon async throws in
            two.fault.block(.append)
            async let rebuilt = daemon.rebuild(["copy"])
            while two.fault.waiting.load(ordering: .sequentiallyConsistent) == 0 { await Task.yield() }
            for part in Int64(0)..<2 {
                let last = try two.orders.commitPair(part)
                #expect(await daemon.wait(for: last, view: "totals", timeout: .seconds(60)) == .reached)
                // Some of the rows, then what waits, then the next rows, which are blocked again.
                two.fault.letOneGo()
                #expect(await daemon.wait(for: last, view: nil, timeout: .seconds(60)) == .reached)
                #expect(try two.secondRows("SELECT count(*) FROM copy") == ["\(5902 + 2 * part)"])
                #expect(await daemon.view("copy")?.state == .rebuilding)
            }
            two.fault.release()
            #expect(try await rebuilt.rebuilt == ["copy"])
            try await two.expectCaughtUp(two.orders.commitPair(2), 5906, daemon)
        }
        let generations = try two.secondRows(
            "SELECT count(*) FROM sqlite_master WHERE name LIKE '\\_leftfold\\_new%' ESCAPE '\\'"
        )
        #expect(generations == ["0"])
    }

    @Test func `a store that is slower than the fold for long is detached, and attached once it is idle`() async throws
    {
        let two = try TwoStores()
        try two.orders.commitPair(0)
        var setup = two.setup(queueByteMax: 10_000)
        setup.storeLimits.slowStorePatience = .zero
        try await runDaemon(two.place, StatementCompiler([totals, copy, sums]), setup) { daemon async throws in
            two.fault.block()
            try two.orders.commitPair(1)
            while two.fault.waiting.load(ordering: .sequentiallyConsistent) == 0 { await Task.yield() }
            let last = try await two.goOn(2..<100, daemon)
            #expect(try await daemon.eventually { $0.stores["second"]?.state == "detached" })
            two.fault.release()
            try await two.expectCaughtUp(last, 200, daemon)
        }
    }

    @Test func `views are applied and rebuilt while a store is away, its own when it is back`() async throws {
        let two = try TwoStores()
        try two.orders.commitPair(0)
        let compiler = StatementCompiler([totals, copy])
        try await runDaemon(two.place, compiler, two.setup()) { daemon async throws in
            two.setDead(true)
            let lsn = try await two.goOn(1..<3, daemon)
            #expect(try await daemon.eventually { $0.stores["second"]?.state == "retrying" })
            let ids: Statement = ("ids", "SELECT id FROM orders")
            compiler.statements = [totals, copy, sums, ids]
            let report = try await daemon.apply(allowDrops: false)
            #expect(report.created == ["ids"] && report.failed["sums"]?.code == "store", "\(report)")
            #expect(try two.orders.rows("SELECT count(*) FROM ids") == ["6"])
            #expect(await daemon.wait(for: lsn, view: "ids", timeout: .seconds(60)) == .reached)
            two.setDead(false)
            try await two.expectCaughtUp(try await two.goOn(3..<5, daemon), 10, daemon)
        }
    }

    @Test func `a row that a store refuses stops that view with its place, also while the store catches up`()
        async throws
    {
        let two = try TwoStores()
        try two.orders.commitPair(0)
        try await runDaemon(two.place, StatementCompiler([totals, copy, sums]), two.setup()) { daemon async throws in
            two.setDead(true)
            try await _ = two.goOn(1..<3, daemon)
            try SQLiteConnection(path: two.place.path("second"), mode: .readWrite)
                .execute("UPDATE sums SET total = 'wrong'")
            two.setDead(false)
            let last = try await two.goOn(3..<4, daemon)
            #expect(await daemon.wait(for: last, view: "copy", timeout: .seconds(60)) == .reached)
            #expect(try await daemon.eventually { $0.views.first { $0.name == "sums" }?.state == .parked })
            let view = try #require(await daemon.view("sums"))
            #expect(view.error?.hint == "leftfold rebuild sums" && view.error?.offset != nil, "\(view)")
            #expect(try await daemon.rebuild(["sums"]).rebuilt == ["sums"])
            try await two.expectCaughtUp(last, 8, daemon)
        }
    }

    @Test func `a bounded run ends with a store that fails`() async throws {
        let two = try TwoStores()
        let lsn = try two.orders.commitPair(0)
        two.refusals.store(.max, ordering: .sequentiallyConsistent)
        var setup = two.setup()
        setup.limit = .lsn(lsn)
        let bounded = setup
        let error = await #expect(throws: MaintenanceError.self) {
            try await runDaemon(two.place, StatementCompiler([totals, copy]), bounded) { daemon async throws in
                _ = await daemon.wait(for: LSN(1 << 40), view: nil, timeout: .seconds(60))
            }
        }
        #expect(error?.message == "store second: nobody listens")
    }

    @Test func `a dead store keeps its cursor while the log is compacted, and attaches beyond the horizon`()
        async throws
    {
        let two = try TwoStores(LogOptions(segmentByteTarget: 100))
        for number in 0..<4 { try two.orders.commitPair(Int64(number)) }
        var compaction = CompactionSettings()
        compaction.checkInterval = .seconds(3600)
        var setup = two.setup(queueByteMax: 3_000)
        setup.compaction = compaction
        let chosen = setup
        try await runDaemon(two.place, StatementCompiler([totals, copy, sums]), chosen) { daemon async throws in
            _ = try await daemon.compact(nil, isDryRun: false)
            let cursors = Dictionary(uniqueKeysWithValues: two.orders.log.cursors.map { ($0.name, $0.offset) })
            two.setDead(true)
            let last = try await two.goOn(4..<60, daemon)
            #expect(try await daemon.eventually { $0.stores["second"]?.state == "detached" })
            _ = try await daemon.compact(nil, isDryRun: false)
            let after = Dictionary(uniqueKeysWithValues: two.orders.log.cursors.map { ($0.name, $0.offset) })
            #expect(after["store second"] == cursors["store second"])
            #expect(try #require(after["store main"]) > #require(cursors["store main"]))
            try two.orders.log.markCompacted(isFloor: true)
            two.setDead(false)
            try await two.expectCaughtUp(last, 120, daemon)
        }
    }
}
