import EventLog
import Relational
import StateFiles
import Synchronization
import TestSupport
import Testing
import ViewStores

@testable import ViewMaintenance

/// What status says of memory.
@Suite struct MemoryStatusTests {
    private static let byCustomer: Statement = (
        "by_customer", "SELECT customer, count(*) AS n, sum(price) AS total FROM orders GROUP BY customer"
    )

    private func setup(_ orders: OrdersLog, _ fault: StoreFault, _ disk: FaultyFileSystem) throws -> DaemonSetup {
        let place = orders.place
        let options = StateOptions(cacheByteLimit: 1 << 20, headroomByteCount: 0)
        var setup = try DaemonSetup(place, stateOn: disk, options, every: .milliseconds(10))
        setup.openStores = [
            "main": {
                let main = try place.openStore()
                return NamedStore(store: FaultyStore(main.store, fault), kind: "sqlite", location: main.location)
            }
        ]
        return setup
    }

    private static func holder(_ name: String, _ status: Status) -> Status.Memory.Holder? {
        status.memory?.holders.first { $0.name == name }
    }

    @Test func `each holder is named with its bytes and its limit`() async throws {
        let (orders, fault, disk) = (try OrdersLog(), StoreFault(), FaultyFileSystem())
        try orders.commitPair(0)
        let memory = MemoryBudget(256 << 20)
        var setup = try setup(orders, fault, disk)
        setup.memory = memory
        try await runDaemon(orders.place, StatementCompiler([Self.byCustomer]), setup) { daemon in
            #expect(
                try await daemon.eventually {
                    guard let state = Self.holder("state", $0), let unwritten = Self.holder("unwritten", $0) else {
                        return false
                    }
                    return state.bytes > 0 && state.limit == Int64(memory.stateByteMax) && unwritten.limit == nil
                        && state.bytes + unwritten.bytes >= $0.views[0].stateBytes / 2
                }
            )
            let status = await daemon.status()
            #expect(status.memory?.budget == 256 << 20)
            let names = ["state", "unwritten", "epoch", "blocks", "store main", "log"]
            #expect(status.memory?.holders.map(\.name) == names, "\(String(describing: status.memory))")
            #expect(Self.holder("blocks", status)?.limit == 1 << 20)
            // What a store does not take waits in its queue.
            fault.block()
            for number in Int64(1)..<50 { try orders.commitPair(number) }
            #expect(
                try await daemon.eventually {
                    let queue = Self.holder("store main", $0)
                    return queue.map { $0.bytes > 0 && $0.bytes <= $0.limit ?? 0 } ?? false
                }
            )
            fault.release()
            #expect(try await daemon.eventually { Self.holder("store main", $0)?.bytes == 0 })
        }
    }

    @Test func `what waits to be written is told apart until it is written`() async throws {
        let (orders, disk) = (try OrdersLog(), FaultyFileSystem())
        try orders.commitPair(0)
        try await runDaemon(
            orders.place,
            StatementCompiler([Self.byCustomer]),
            try setup(orders, StoreFault(), disk)
        ) { daemon in
            #expect(try await daemon.eventually { $0.state?.checkpoint != nil })
            disk.fillDisk(atAllocation: 0)
            for number in Int64(1)..<200 { try orders.commitPair(number) }
            #expect(try await daemon.eventually { $0.state?.error != nil })
            #expect(try await daemon.eventually { Self.holder("unwritten", $0)?.bytes ?? 0 > 1000 })
            disk.freeDisk()
            try orders.commitPair(300)
            #expect(
                try await daemon.eventually {
                    $0.state?.error == nil && Self.holder("unwritten", $0)?.bytes ?? .max < 1000
                }
            )
        }
    }

    @Test(arguments: [16 << 20, 64 << 20, 100 << 20, 256 << 20, 1 << 30, 4 << 30, 1 << 40])
    func `the shares of a budget are no more than the budget`(byteMax: Int) {
        let memory = MemoryBudget(byteMax)
        let shares = [
            memory.stateByteMax, memory.cacheByteMax, 3 * memory.queueByteMax(of: 3), 4 * memory.epochByteMax,
            memory.batchByteMax, memory.compactionByteMax, 2 * memory.sourceByteMax, 2 * memory.logBufferByteMax,
        ]
        #expect(shares.reduce(0, +) <= byteMax, "\(shares)")
    }
}
