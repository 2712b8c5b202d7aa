import EventLog
import Relational
import StateFiles
import Synchronization
import TestSupport
import Testing

@testable import ViewMaintenance

/// A daemon whose state outgrows what it may have, in memory and on disk.
@Suite struct StateLimitTests {
    private static let light: Statement = ("light", "SELECT count(*) AS n FROM orders")
    private static let heavy: [Statement] = [
        ("heavy", "SELECT id, price, count(*) AS n, max(customer) AS top FROM orders GROUP BY id, price"),
        ("list", "SELECT customer, max(id) AS newest, min(price) AS least FROM orders GROUP BY customer"),
    ]

    private let disk = FaultyFileSystem()
    private let orders: OrdersLog
    private let messages = KeptMessages()
    private let counts = Counts()

    /// How many orders there were at each LSN.
    private final class Counts: Sendable {
        private let byLSN = Mutex<[String: Int]>([:])

        subscript(lsn: String) -> Int? {
            get { byLSN.withLock { $0[lsn] } }
            set { byLSN.withLock { $0[lsn] = newValue } }
        }
    }

    init() throws { orders = try OrdersLog() }

    private var place: LogPlace { orders.place }

    private func setup(byteMax: Int64?) throws -> DaemonSetup {
        let options = StateOptions(cacheByteLimit: 64 << 10, byteMax: byteMax, headroomByteCount: 0)
        var setup = try DaemonSetup(place, stateOn: disk, options, every: .milliseconds(20))
        // Half of a quarter of it is for state.
        setup.memory.byteMax = 800 << 10
        setup.logger = messages.logger
        return setup
    }

    /// Commits orders until the fold does not take them any more.
    private func fillUp(_ daemon: Daemon, from first: Int64) async throws -> Int64 {
        var number = first
        while number < first + 200_000 {
            for _ in 0..<200 {
                let lsn = try orders.commitPair(number)
                number += 1
                counts[lsn.description] = Int(2 * number) + 2
            }
            let status = await daemon.status()
            if status.state?.progress?.contains("the fold waits for space") == true { return number }
        }
        return number
    }

    /// What readers see of the light view is right for where it says that it stands.
    private func expectConsistent(_ daemon: Daemon) async throws {
        let view = try #require(await daemon.view("light"))
        let expected = counts[view.frontierLsn]
        #expect(try orders.rows("SELECT n FROM light") == ["\(expected ?? -1)"], "\(view)")
    }

    private func expectWholeRows(_ statements: [Statement]) throws {
        _ = try place.fold(statements, store: "at_once").apply(allowDrops: true)
        for view in statements.map(\.name) {
            #expect(try place.rows(of: view) == place.rows(of: view, store: "at_once"), "\(view)")
        }
    }

    @Test func `the fold waits at the limit, says so, and goes on after a start with a higher one`() async throws {
        let statements = Self.heavy + [Self.light]
        try orders.commitPair(-1)
        let next = try await runDaemon(place, StatementCompiler(statements), try setup(byteMax: 256 << 10)) { daemon in
            let next = try await fillUp(daemon, from: 0)
            #expect(
                try await daemon.eventually { $0.state?.error?.message.contains("the state may not take more") == true }
            )
            let state = try #require(await daemon.status().state)
            #expect(state.error?.hint?.contains("raise state.disk") == true && state.error?.since != nil, "\(state)")
            #expect(state.bytesOnDisk ?? 0 <= 512 << 10 && state.checkpoint != nil, "\(state)")
            try await expectConsistent(daemon)
            let end = try orders.commitPair(next)
            #expect(await daemon.wait(for: end, view: "light", timeout: .milliseconds(50)) == .timedOut)
            #expect(await daemon.status().log.state == "open")
            return next + 1
        }
        try await runDaemon(place, StatementCompiler(statements), try setup(byteMax: nil)) { daemon in
            #expect(messages.count("the views go on from a checkpoint") == 1, "\(messages.all)")
            let end = try orders.commitPair(next)
            #expect(await daemon.wait(for: end, view: nil, timeout: .seconds(60)) == .reached)
            #expect(try await daemon.eventually { $0.state?.error == nil && $0.state?.progress == nil })
        }
        try expectWholeRows(statements)
    }

    @Test func `a full disk holds the fold until there is space, without a restart`() async throws {
        let statements = Self.heavy + [Self.light]
        try orders.commitPair(-1)
        try await runDaemon(place, StatementCompiler(statements), try setup(byteMax: nil)) { daemon in
            disk.fillDisk(atAllocation: 200)
            let next = try await fillUp(daemon, from: 0)
            #expect(try await daemon.eventually { $0.state?.error != nil })
            try await expectConsistent(daemon)
            disk.freeDisk()
            let end = try orders.commitPair(next)
            #expect(await daemon.wait(for: end, view: nil, timeout: .seconds(60)) == .reached)
            #expect(try await daemon.eventually { $0.state?.error == nil && $0.state?.progress == nil })
        }
        try expectWholeRows(statements)
    }

    @Test func `a start without the large views frees their state, and the fold goes on`() async throws {
        try orders.commitPair(-1)
        let next = try await runDaemon(
            place,
            StatementCompiler(Self.heavy + [Self.light]),
            try setup(byteMax: 256 << 10)
        ) { daemon in
            try await fillUp(daemon, from: 0)
        }
        try await runDaemon(place, StatementCompiler([Self.light]), try setup(byteMax: 256 << 10)) { daemon in
            let end = try orders.commitPair(next)
            #expect(await daemon.wait(for: end, view: nil, timeout: .seconds(60)) == .reached)
            #expect(try await daemon.eventually { $0.state?.error == nil && $0.state?.progress == nil })
        }
        try expectWholeRows([Self.light])
    }
}
