import EventLog
import Relational
import StateFiles
import Synchronization
import TestSupport
import Testing
import ViewStores

@testable import ViewMaintenance

/// What a daemon that is told to stop leaves for the next start.
@Suite struct LastCheckpointTests {
    private static let byCustomer: Statement = (
        "by_customer", "SELECT customer, count(*) AS n, sum(price) AS total FROM orders GROUP BY customer"
    )

    private let disk = FaultyFileSystem()
    private let messages = KeptMessages()
    private let orders: OrdersLog

    init() throws {
        orders = try OrdersLog()
        try orders.commitPair(1000)
    }

    private var place: LogPlace { orders.place }

    /// No checkpoint is due by time alone.
    private func setup() throws -> DaemonSetup {
        var setup = try DaemonSetup(place, stateOn: disk, every: .seconds(3600))
        setup.logger = messages.logger
        return setup
    }

    private func run(_ setup: DaemonSetup, pairs: Range<Int64>, whenDone: @escaping @Sendable () -> Void = {})
        async throws
    {
        let (orders, place) = (orders, place)
        try await runDaemon(place, StatementCompiler([Self.byCustomer]), setup) { daemon in
            for number in pairs { try orders.commitPair(number) }
            let lsn = place.log.frontier.source.lsn
            #expect(await daemon.wait(for: lsn, view: "by_customer", timeout: .seconds(60)) == .reached)
            whenDone()
        }
    }

    private func expectWholeRows() throws {
        _ = try place.fold([Self.byCustomer], store: "at_once").apply(allowDrops: true)
        #expect(try place.rows(of: "by_customer") == place.rows(of: "by_customer", store: "at_once"))
    }

    @Test func `the next start goes on at the end of the log`() async throws {
        let first = try setup()
        try await run(first, pairs: 0..<20)
        #expect(first.state?.manifests.map(\.offset) == [place.log.frontier.nextOffset])
        try await run(try setup(), pairs: 20..<30)
        #expect(messages.count("the views go on from a checkpoint") == 1, "\(messages.all)")
        try expectWholeRows()
    }

    @Test func `a stop without anything new writes nothing`() async throws {
        try await run(try setup(), pairs: 0..<5)
        let before = disk.paths
        let next = try setup()
        try await run(next, pairs: 0..<0)
        #expect(disk.paths == before && next.state?.manifests.count == 1, "\(before) \(disk.paths)")
    }

    @Test func `a stop on a full disk leaves the checkpoint before`() async throws {
        try await run(try setup(), pairs: 0..<5)
        let offset = place.log.frontier.nextOffset
        let (next, disk) = (try setup(), disk)
        try await run(next, pairs: 5..<9) { disk.fillDisk(atAllocation: 0) }
        disk.freeDisk()
        #expect(next.state?.manifests.first?.offset == offset)
        #expect(messages.count("a checkpoint could not be written") == 1, "\(messages.all)")
        try await run(try setup(), pairs: 9..<12)
        try expectWholeRows()
    }

    @Test func `no checkpoint is left that is ahead of a store that is away`() async throws {
        let (fault, place) = (StoreFault(), place)
        try await run(try setup(), pairs: 0..<5)
        let offset = place.log.frontier.nextOffset
        var next = try setup()
        (next.storeLimits.retryDelayMin, next.storeLimits.retryDelayMax) = (.milliseconds(5), .milliseconds(5))
        next.openStores = [
            "main": {
                let main = try place.openStore()
                return NamedStore(store: FaultyStore(main.store, fault), kind: "sqlite", location: main.location)
            }
        ]
        let orders = orders
        try await runDaemon(place, StatementCompiler([Self.byCustomer]), next) { daemon in
            fault.failures.store(.max, ordering: .sequentiallyConsistent)
            try orders.commitPair(5)
            #expect(try await daemon.eventually { $0.stores["main"]?.state == "retrying" })
        }
        #expect(next.state?.manifests.first?.offset == offset)
        try await run(try setup(), pairs: 6..<8)
        try expectWholeRows()
    }
}
