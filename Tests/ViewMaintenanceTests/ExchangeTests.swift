import Relational
import Synchronization
import Testing
import ViewStores

@testable import ViewMaintenance

private let old: Statement = ("totals", "SELECT count(*) AS n FROM orders")
private let new: Statement = ("totals", "SELECT count(*) AS n, max(id) AS top FROM orders")
private let other: Statement = ("other", "SELECT id FROM orders")

/// A view and its kept version change places, whatever the store does meanwhile.
@Suite struct ExchangeTests {
    private static func setup(_ orders: OrdersLog, _ fault: StoreFault) -> DaemonSetup {
        var limits = StoreLimits()
        limits.retryDelayMin = .milliseconds(5)
        limits.retryDelayMax = .milliseconds(40)
        return DaemonSetup(
            openStores: [
                "main": {
                    let store = try orders.place.openStore()
                    return NamedStore(store: FaultyStore(store.store, fault), kind: "sqlite", location: store.location)
                }
            ],
            storeLimits: limits
        )
    }

    @Test
    func `any call of an exchange may fail, or its answer be lost: the answer says what there is, and deltas find it`()
        async throws
    {
        let orders = try OrdersLog()
        let fault = StoreFault()
        try orders.commitPair(0)
        let compiler = StatementCompiler([old, other])
        let outcomes = try await runDaemon(orders.place, compiler, Self.setup(orders, fault)) { daemon async throws in
            compiler.statements = [new, other]
            let kept = try await daemon.apply(ApplyRequest(previous: .keep))
            #expect(kept.kept == ["totals"] && kept.rebuilt == ["totals"], "\(kept)")
            var isNew = true
            var outcomes: [Bool] = []
            for call in 0..<8 {
                compiler.statements = [isNew ? old : new, other]
                fault.spared.store(call, ordering: .sequentiallyConsistent)
                fault.failures.store(1, ordering: .sequentiallyConsistent)
                do {
                    let report = try await daemon.rebuild(RebuildRequest(["totals"], isRollback: true))
                    #expect(report.exchanged == ["totals"] && report.rebuilt.isEmpty, "call \(call): \(report)")
                    isNew.toggle()
                    outcomes.append(true)
                } catch {
                    compiler.statements = [isNew ? new : old, other]
                    outcomes.append(false)
                }
                fault.spared.store(0, ordering: .sequentiallyConsistent)
                fault.failures.store(0, ordering: .sequentiallyConsistent)
                let lsn = try orders.commitPair(Int64(call) + 1)
                #expect(await daemon.wait(for: lsn, view: nil, timeout: .seconds(60)) == .reached)
                let count = 2 * (call + 2)
                let (present, previous) = ("\(count)|\(count - 1)", "\(count)")
                #expect(try orders.place.rows(of: "totals") == [isNew ? present : previous], "call \(call)")
                #expect(
                    try orders.place.rows(of: "_leftfold_previous_totals") == [isNew ? previous : present],
                    "call \(call)"
                )
                // Nothing is left to do: what runs is what the files say.
                let report = try await daemon.apply(allowDrops: false)
                #expect(report.unchanged.sorted() == ["other", "totals"], "call \(call): \(report)")
            }
            return outcomes
        }
        #expect(outcomes.contains(true) && outcomes.contains(false), "\(outcomes)")
    }
}
