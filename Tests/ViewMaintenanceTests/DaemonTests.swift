import EventLog
import Logging
import Relational
import SQLiteDatabase
import SQLiteStore
import Synchronization
import Testing
import ViewStores

@testable import ViewMaintenance

private let byCustomer: Statement = (
    "by_customer", "SELECT customer, count(*) AS n, sum(price) AS total FROM orders GROUP BY customer"
)
private let totals: Statement = ("totals", "SELECT count(*) AS n FROM orders")
private let late = LSN(1 << 40)

@Suite struct DaemonWaitTests {
    @Test func `a wait is over when the view shows the commit, when the time is over, or when it never will`()
        async throws
    {
        let orders = try OrdersLog()
        let first = try orders.commitPair(1)
        try await runDaemon(orders.place, StatementCompiler([byCustomer])) { daemon async throws in
            #expect(await daemon.wait(for: first, view: nil, timeout: .seconds(60)) == .reached)
            #expect(await daemon.wait(for: first, view: "by_customer", timeout: .zero) == .reached)
            #expect(await daemon.wait(for: late, view: nil, timeout: .milliseconds(20)) == .timedOut)
            #expect(
                await daemon.wait(for: first, view: "nobody", timeout: .seconds(60))
                    == .unknown("view \"nobody\" does not exist")
            )
            async let waited = daemon.wait(for: LSN(first.rawValue + 10), view: nil, timeout: .seconds(60))
            try orders.commitPair(2)
            #expect(await waited == .reached)
            #expect(try orders.rows("SELECT n FROM by_customer WHERE customer = 2") == ["2"])
            #expect(daemon.board.waiterCount == 0)
        }
    }

    @Test func `a wait whose asker is gone is forgotten, and the end of the daemon ends the others`() async throws {
        let orders = try OrdersLog()
        try orders.commitPair(1)
        let left = try await runDaemon(orders.place, StatementCompiler([byCustomer])) { daemon async throws in
            let asker = Task { await daemon.wait(for: late, view: nil, timeout: .seconds(3600)) }
            while daemon.board.waiterCount == 0 { await Task.yield() }
            asker.cancel()
            _ = await asker.value
            #expect(daemon.board.waiterCount == 0)
            return Task { await daemon.wait(for: late, view: nil, timeout: .seconds(3600)) }
        }
        #expect(await left.value == .failed("the daemon is stopping"))
    }

    @Test func `what is asked before the first snapshot is refused, and the daemon is not ready`() async throws {
        let place = try LogPlace()
        let setup = DaemonSetup(waitsUntilBuilt: false)
        let last = try await runDaemon(place, StatementCompiler([byCustomer]), setup) { daemon async throws in
            let health = await daemon.health()
            #expect(health.isHealthy && !health.isReady)
            await #expect(throws: MaintenanceError.self) { try await daemon.apply(allowDrops: true) }
            await #expect(throws: MaintenanceError.self) { try await daemon.hold(at: nil) }
            #expect(await daemon.release(1) == false)
            #expect(await daemon.wait(for: late, view: "by_customer", timeout: .zero) == .timedOut)
            return daemon
        }
        await #expect(throws: MaintenanceError.self) { try await last.apply(allowDrops: true) }
        await #expect(throws: MaintenanceError.self) { try await last.waitUntilBuilt() }
    }

    @Test func `a fold with a limit stands at its LSN although no commit ends there`() async throws {
        let orders = try OrdersLog()
        let lsns = try (1...4).map { try orders.commitPair($0) }
        let limit = LSN(lsns[1].rawValue + 3)
        try await runDaemon(orders.place, StatementCompiler([totals]), DaemonSetup(limit: .lsn(limit))) {
            daemon async throws in
            #expect(await daemon.wait(for: limit, view: nil, timeout: .seconds(60)) == .reached)
            #expect(try orders.rows("SELECT n FROM totals") == ["4"])
            #expect(daemon.board.frontier.position.lsn == limit)
        }
        try await runDaemon(orders.place, StatementCompiler([totals])) { daemon async throws in
            #expect(await daemon.wait(for: lsns[3], view: nil, timeout: .seconds(60)) == .reached)
        }
        #expect(try orders.rows("SELECT n FROM totals") == ["8"])
    }
}

@Suite struct FirstSnapshotTests {
    @Test func `a limit below the first snapshot gives the snapshot's rows, and no commit after it`() async throws {
        let orders = try OrdersLog()
        let writer = LogWriter(orders.log)
        let position = SourcePosition(timeline: 1, lsn: LSN(105))
        let schema = try writer.schemaID(for: OrdersLog.schema, readAt: position)
        let snapshot = writer.beginSnapshot()
        for id in Int64(1)...3 {
            var records = ByteSlab()
            records.append([(.insert, OrdersLog.row(id, 1, 100), nil)], OrdersLog.schema, schema)
            try writer.appendSnapshot(snapshot, records: records, recordCount: 1)
        }
        try writer.completeSnapshot(snapshot, at: position, relations: [OrdersLog.schema.relationID])
        try writer.waitUntilDurable()
        let next = try orders.commitPair(50)
        for limit in [LSN(1), LSN(104), LSN(105)] {
            try await runDaemon(orders.place, StatementCompiler([totals]), DaemonSetup(limit: .lsn(limit))) {
                daemon async throws in
                #expect(await daemon.wait(for: limit, view: nil, timeout: .seconds(60)) == .reached)
                #expect(try await daemon.eventually { _ in daemon.board.isAtLimit })
                #expect(try orders.rows("SELECT n FROM totals") == ["3"])
                #expect(daemon.board.frontier.position.lsn == position.lsn)
            }
        }
        try await runDaemon(orders.place, StatementCompiler([totals])) { daemon async throws in
            #expect(await daemon.wait(for: next, view: nil, timeout: .seconds(60)) == .reached)
        }
        #expect(try orders.rows("SELECT n FROM totals") == ["5"])
    }
}

@Suite struct DaemonHoldTests {
    @Test func `a hold cuts exactly at the LSN, and release lets the fold go on`() async throws {
        let orders = try OrdersLog()
        try orders.commitPair(1)
        try await runDaemon(orders.place, StatementCompiler([byCustomer, totals])) { daemon async throws in
            let held = try await daemon.hold(at: nil)
            let lsns = try (2...6).map { try orders.commitPair($0) }
            let cut = try await daemon.hold(at: lsns[2])
            #expect(cut.ticket == held.ticket)
            #expect(cut.frontierLsn == lsns[2].description)
            #expect(try orders.rows("SELECT n FROM totals") == ["8"])
            #expect(try orders.rows("SELECT sum(n) FROM by_customer") == ["8"])
            let between = LSN(lsns[3].rawValue + 5)
            #expect(try await daemon.hold(at: between).frontierLsn == between.description)
            #expect(try orders.rows("SELECT n FROM totals") == ["10"])
            await #expect(throws: MaintenanceError.self) { try await daemon.hold(at: lsns[0]) }
            #expect(await daemon.release(cut.ticket))
            #expect(await daemon.wait(for: lsns[4], view: nil, timeout: .seconds(60)) == .reached)
            #expect(try orders.rows("SELECT n FROM totals") == ["12"])
        }
    }

    @Test func `one holds at a time`() async throws {
        let orders = try OrdersLog()
        try orders.commitPair(1)
        try await runDaemon(orders.place, StatementCompiler([totals])) { daemon async throws in
            let held = try await daemon.hold(at: nil)
            await #expect(throws: MaintenanceError.self) { try await daemon.hold(at: nil) }
            #expect(await daemon.release(held.ticket))
            let again = try await daemon.hold(at: nil)
            #expect(again.ticket != held.ticket)
            #expect(await daemon.release(again.ticket))
        }
    }

    @Test func `a hold runs out, and its release says so`() async throws {
        let orders = try OrdersLog()
        try orders.commitPair(1)
        let setup = DaemonSetup(holdDuration: .milliseconds(300))
        try await runDaemon(orders.place, StatementCompiler([totals]), setup) { daemon async throws in
            let held = try await daemon.hold(at: nil)
            let next = try orders.commitPair(2)
            #expect(await daemon.wait(for: next, view: nil, timeout: .seconds(60)) == .reached)
            #expect(await daemon.release(held.ticket) == false)
            let error = await #expect(throws: MaintenanceError.self) { try await daemon.hold(at: late) }
            #expect(error?.code == .timeout)
        }
    }

    @Test func `views applied while the fold is held stand at the hold, and lose nothing after it`() async throws {
        let orders = try OrdersLog()
        try orders.commitPair(1)
        let compiler = StatementCompiler([totals])
        try await runDaemon(orders.place, compiler) { daemon async throws in
            let held = try await daemon.hold(at: nil)
            let lsns = try (2...5).map { try orders.commitPair($0) }
            compiler.statements = [totals, byCustomer]
            let report = try await daemon.apply(allowDrops: false)
            #expect(report.created == ["by_customer"])
            #expect(report.unchanged == ["totals"])
            #expect(try orders.rows("SELECT sum(n) FROM by_customer") == ["2"])
            let cut = try await daemon.hold(at: lsns[0])
            #expect(try orders.rows("SELECT n, (SELECT sum(n) FROM by_customer) FROM totals") == ["4|4"])
            #expect(await daemon.release(cut.ticket) && cut.ticket == held.ticket)
            #expect(await daemon.wait(for: lsns[3], view: nil, timeout: .seconds(60)) == .reached)
            #expect(try orders.rows("SELECT n, (SELECT sum(n) FROM by_customer) FROM totals") == ["10|10"])
        }
    }
}

@Suite struct DaemonFailureTests {
    @Test func `a view in error says so, waits for it fail, and it heals with the row`() async throws {
        let orders = try OrdersLog()
        try orders.commitPair(1)
        let ratio: Statement = ("ratio", "SELECT id, 100 / customer AS share FROM orders")
        try await runDaemon(orders.place, StatementCompiler([ratio, totals])) { daemon async throws in
            #expect(await daemon.view("ratio")?.state == .live)
            let bad = try orders.commit([(.insert, OrdersLog.row(900, 0, 1), nil)])
            #expect(await daemon.wait(for: bad, view: "totals", timeout: .seconds(60)) == .reached)
            let view = await daemon.view("ratio")
            #expect(view?.state == .error)
            #expect(view?.error?.message == "a row raises an error: division by zero")
            #expect(await daemon.wait(for: bad, view: "ratio", timeout: .seconds(60)) != .reached)
            #expect(await !daemon.health().isReady)
            let since = view?.error?.offset
            let next = try orders.commitPair(3)
            #expect(await daemon.wait(for: next, view: "totals", timeout: .seconds(60)) == .reached)
            #expect(await daemon.view("ratio")?.error?.offset == since)
            let good = try orders.commit([(.update, OrdersLog.row(900, 4, 1), nil)])
            #expect(await daemon.wait(for: good, view: "ratio", timeout: .seconds(60)) == .reached)
            #expect(try orders.rows("SELECT share FROM ratio WHERE id = 900") == ["25"])
        }
    }

    @Test(arguments: [
        "DELETE FROM _leftfold_progress", "DELETE FROM _leftfold_progress WHERE view = 'by_customer'",
        "UPDATE _leftfold_progress SET \"offset\" = \"offset\" - 1; DELETE FROM by_customer",
    ])
    func `a store that went back behind its own commits has its views built again by itself`(loss: String) async throws
    {
        let orders = try OrdersLog()
        try orders.commitPair(1)
        try await runDaemon(orders.place, StatementCompiler([byCustomer, totals])) { daemon async throws in
            for number in Int64(1)..<4 {
                try SQLiteConnection(path: orders.place.path(), mode: .create).execute(loss)
                let next = try orders.commitPair(number * 1000 + 1)
                #expect(await daemon.wait(for: next, view: nil, timeout: .seconds(60)) == .reached)
                #expect(try orders.rows("SELECT n FROM totals") == ["\(2 * number + 2)"])
                #expect(try orders.rows("SELECT sum(n) FROM by_customer") == ["\(2 * number + 2)"])
            }
            #expect(try await daemon.eventually { $0.stores["main"]?.state == "open" })
            #expect(await daemon.view("by_customer")?.state == .live)
        }
    }

    @Test func `a table that somebody changed stops its view alone, until it is rebuilt`() async throws {
        let damage = "UPDATE by_customer SET n = 77"
        let orders = try OrdersLog()
        try orders.commitPair(1)
        try await runDaemon(orders.place, StatementCompiler([byCustomer, totals])) { daemon async throws in
            try SQLiteConnection(path: orders.place.path(), mode: .create).execute(damage)
            let next = try orders.commitPair(1001)
            #expect(await daemon.wait(for: next, view: "totals", timeout: .seconds(60)) == .reached)
            #expect(await daemon.view("by_customer")?.state == .parked)
            #expect(await daemon.view("by_customer")?.frontierLsn != next.description)
            #expect(try orders.rows("SELECT n FROM totals") == ["4"])
            let last = try orders.commitPair(2001)
            #expect(await daemon.wait(for: last, view: "totals", timeout: .seconds(60)) == .reached)
            #expect(try await daemon.rebuild(["by_customer"]).rebuilt == ["by_customer"])
            #expect(await daemon.wait(for: last, view: "by_customer", timeout: .seconds(60)) == .reached)
            #expect(try orders.rows("SELECT sum(n) FROM by_customer") == ["6"])
        }
    }

    @Test func `a store that another process claims ends the daemon`() async throws {
        let orders = try OrdersLog()
        try orders.commitPair(1)
        let error = await #expect(throws: StoreError.self) {
            try await runDaemon(orders.place, StatementCompiler([totals])) { daemon async throws in
                let other = try SQLiteStore(path: orders.place.path())
                _ = try other.claim(logID: orders.log.id.description)
                try orders.commitPair(2)
                _ = await daemon.wait(for: late, view: nil, timeout: .seconds(60))
            }
        }
        #expect(error?.code == .foreign)
    }

    @Test func `an epoch waits for the store that fails alone, and is there once when it is back`() async throws {
        let orders = try OrdersLog()
        try orders.commitPair(1)
        let fault = StoreFault()
        let place = orders.place
        let setup = DaemonSetup(openStores: [
            "main": { try place.openStore() },
            "second": {
                let second = try place.openStore("second")
                return NamedStore(
                    store: FaultyStore(second.store, fault),
                    kind: "sqlite",
                    location: second.location
                )
            },
        ])
        let copy: Statement = (
            "copy", "CREATE MATERIALIZED VIEW copy WITH (store = 'second') AS SELECT id, price FROM orders"
        )
        try await runDaemon(place, StatementCompiler([totals, copy]), setup) { daemon async throws in
            fault.failures.store(.max, ordering: .sequentiallyConsistent)
            let next = try orders.commitPair(2)
            #expect(try await daemon.eventually { $0.stores["second"]?.state == "retrying" })
            fault.failures.store(3, ordering: .sequentiallyConsistent)
            #expect(await daemon.wait(for: next, view: nil, timeout: .seconds(60)) == .reached)
            #expect(await daemon.status().stores["second"]?.state == "open")
            #expect(try place.rows("SELECT count(*) FROM copy", store: "second") == ["4"])
            #expect(try place.rows("SELECT n FROM totals") == ["4"])
            // It never comes back; the daemon can be stopped all the same.
            fault.failures.store(.max, ordering: .sequentiallyConsistent)
            try orders.commitPair(3)
            #expect(try await daemon.eventually { $0.stores["second"]?.state == "retrying" })
        }
        fault.failures.store(0, ordering: .sequentiallyConsistent)
        try await runDaemon(place, StatementCompiler([totals, copy]), setup) { daemon async throws in
            #expect(await daemon.view("copy")?.state == .live)
            #expect(try place.rows("SELECT count(*) FROM copy", store: "second") == ["6"])
            #expect(try place.rows("SELECT n FROM totals") == ["6"])
        }
    }

    @Test func `the parts of a commit that is not complete are in no view, and hold back no other commit`() async throws
    {
        let orders = try OrdersLog()
        try orders.commitPair(1)
        try await runDaemon(orders.place, StatementCompiler([totals])) { daemon async throws in
            let writer = LogWriter(orders.log)
            let group = writer.makeGroup()
            var records = ByteSlab()
            let id = try writer.schemaID(for: OrdersLog.schema, readAt: .none)
            records.append([(.insert, OrdersLog.row(5000, 1, 1), nil)], OrdersLog.schema, id)
            try writer.appendPart(group: group, xid: 7, records: records, recordCount: 1)
            try writer.waitUntilDurable()
            let next = try orders.commitPair(2)
            #expect(await daemon.wait(for: next, view: nil, timeout: .seconds(60)) == .reached)
            #expect(try orders.rows("SELECT n FROM totals") == ["4"])
        }
    }
}
