import EventLog
import Relational
import StateFiles
import TestSupport
import Testing

@testable import ViewMaintenance

/// A view that stopped, and a restart that begins with a checkpoint.
@Suite struct ParkedRestartTests {
    private static let byCustomer: Statement = (
        "by_customer", "SELECT customer, count(*) AS n FROM orders GROUP BY customer"
    )

    @Test func `it goes on to show where its rows stopped, and at what`() async throws {
        let (orders, disk) = (try OrdersLog(), FaultyFileSystem())
        let place = orders.place
        try orders.commitPair(0)
        let compiler = StatementCompiler([Self.byCustomer])
        let first = try DaemonSetup(place, stateOn: disk, every: .seconds(3600))
        let stopped = try await runDaemon(place, compiler, first) { daemon in
            let last = try orders.commitPair(1)
            #expect(await daemon.wait(for: last, view: "by_customer", timeout: .seconds(60)) == .reached)
            // No such row: the log contradicts itself.
            try orders.commit([(.delete, nil, OrdersLog.row(77, 1, 100))])
            #expect(try await daemon.eventually { $0.views.first { $0.name == "by_customer" }?.state == .parked })
            for number in Int64(2)..<20 { try orders.commitPair(number) }
            let end = place.log.frontier.nextOffset
            #expect(try await daemon.eventually { _ in daemon.board.frontier.offset == end })
            return try #require(await daemon.view("by_customer"))
        }
        #expect(stopped.error?.offset != nil && stopped.frontierOffset < place.log.frontier.nextOffset.rawValue)
        for _ in 0..<2 {
            let setup = try DaemonSetup(place, stateOn: disk, every: .seconds(3600))
            #expect(setup.state?.manifests.first?.offset == place.log.frontier.nextOffset)
            try await runDaemon(place, compiler, setup) { daemon in
                let view = try #require(await daemon.view("by_customer"))
                #expect(view.state == .parked && view.error == stopped.error, "\(view) \(stopped)")
                #expect(view.frontierLsn == stopped.frontierLsn && view.frontierOffset == stopped.frontierOffset)
                try orders.commitPair(Int64.random(in: 100..<1_000_000_000))
                let end = place.log.frontier.nextOffset
                #expect(try await daemon.eventually { _ in daemon.board.frontier.offset == end })
            }
        }
    }
}
