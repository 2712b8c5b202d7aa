import EventLog
import Foundation
import Relational
import Synchronization
import TestSupport
import Testing
import ViewMaintenance

/// A source that appends pairs of orders as fast as the log takes them, until it is stopped.
private final class OrdersSource: ChangeSource {
    private let orders: OrdersLog
    private let state = Mutex((isStopped: false, pairs: Int64(0)))

    init(_ orders: OrdersLog) { self.orders = orders }

    /// Pairs that the log has taken.
    var pairCount: Int64 { state.withLock { $0.pairs } }

    func run() throws {
        while !state.withLock({ $0.isStopped }) {
            let id = 2 * pairCount
            try orders.append([
                (.insert, OrdersLog.row(id, 1, 100), nil), (.insert, OrdersLog.row(id + 1, 2, 100), nil),
            ])
            state.withLock { $0.pairs += 1 }
        }
    }

    func stop() { state.withLock { $0.isStopped = true } }

    func wake() {}

    func requestPosition() {}

    var status: Status.Source { Status.Source(kind: "test", state: "streaming", slot: "", publication: "") }
}

@Suite struct FullDiskTests {
    private static let totals: Statement = ("totals", "SELECT count(*) AS n FROM orders")

    @Test func `a daemon whose disk is full says so, holds its source back, goes on by itself, and stops in between`()
        async throws
    {
        let disk = FaultyFileSystem()
        let orders = try OrdersLog(LogPlace(logOn: disk, options: LogOptions(bufferByteLimit: 4000)))
        let source = OrdersSource(orders)
        try orders.commit([(.insert, OrdersLog.row(-1, 1, 100), nil)])
        let setup = DaemonSetup(source: source)
        try await runDaemon(orders.place, StatementCompiler([Self.totals]), setup) { daemon async throws in
            disk.fillDisk(atAllocation: 20)
            let held = try await Self.expectWaiting(daemon, orders, source)
            let error = await daemon.status().log.error
            #expect(error?.code == "disk_full" && error?.message.contains("/log/") == true)
            let health = await daemon.health()
            #expect(health.isHealthy && !health.isReady && health.reason.contains("space"), "\(health.reason)")
            // Views go on: they show what is durable.
            let position = orders.log.frontier.source.lsn
            #expect(await daemon.wait(for: position, view: nil, timeout: .seconds(60)) == .reached)
            #expect(try orders.rows("SELECT n FROM totals") == [Self.durableRows(orders)])

            disk.freeDisk()
            #expect(try await daemon.eventually { _ in source.pairCount > held + 10 })
            #expect(try await daemon.eventually { $0.log.state == "open" && $0.log.error == nil })
            #expect(await daemon.health().isReady)
            disk.fillDisk(atAllocation: 0)
            _ = try await Self.expectWaiting(daemon, orders, source)
        }
        // It has ended without an error although its source was held back.
        let last = source.pairCount
        #expect(orders.log.shortage != nil)
        #expect(orders.log.frontier.nextOffset.rawValue < 2 + 2 * last, "what was not durable was never confirmed")
        disk.freeDisk()
        try orders.log.flush()
        #expect(orders.log.frontier.nextOffset.rawValue == 2 + 2 * last)
    }

    /// A schema and one row, then pairs.
    private static func durableRows(_ orders: OrdersLog) -> String { "\(orders.log.frontier.nextOffset.rawValue - 1)" }

    /// Waits until the log waits and its source stands still, and returns how many pairs the log has taken.
    private static func expectWaiting(_ daemon: Daemon, _ orders: OrdersLog, _ source: OrdersSource) async throws
        -> Int64
    {
        #expect(try await daemon.eventually { $0.log.state == "waiting" })
        var taken = source.pairCount
        while true {
            try await Task.sleep(for: .milliseconds(50))
            if source.pairCount == taken { break }
            taken = source.pairCount
        }
        #expect(orders.log.statistics.bufferedByteCount <= 8000)
        return taken
    }
}
