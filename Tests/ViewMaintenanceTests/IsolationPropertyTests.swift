import EventLog
import Relational
import TestSupport
import Testing
import ViewStores

@testable import ViewMaintenance

/// Whatever a store does wrong, and whenever, its views end with the rows that the log says.
@Suite struct IsolationPropertyTests {
    private static let faulty: Set<String> = ["by_group", "perhaps_named", "loose", "sums"]

    /// The views of the random log, some of them in a store that fails.
    private static let views: [Statement] = RandomLog.statements.map { view in
        guard faulty.contains(view.name) else { return view }
        return (view.name, "CREATE MATERIALIZED VIEW \(view.name) WITH (store = 'second') AS \(view.sql)")
    }

    private func setup(_ place: LogPlace, _ fault: StoreFault, queueByteMax: Int) -> DaemonSetup {
        var limits = StoreLimits()
        limits.retryDelayMin = .milliseconds(1)
        limits.retryDelayMax = .milliseconds(8)
        limits.queueByteMax = queueByteMax
        limits.slowStorePatience = .milliseconds(20)
        return DaemonSetup(
            openStores: [
                "main": { try place.openStore() },
                "second": {
                    try fault.strike(.progress)
                    let second = try place.openStore("second")
                    return NamedStore(store: FaultyStore(second.store, fault), kind: "sqlite", location: "second")
                },
            ],
            storeLimits: limits
        )
    }

    private func rows(_ place: LogPlace, _ names: [String], store: String) throws -> [String: [String]] {
        var all: [String: [String]] = [:]
        for name in names { all[name] = try place.rows(of: name, store: store) }
        return all
    }

    @Test(arguments: UInt64(0)..<24)
    func `any interleaving of a store's failures ends in the same rows`(seed: UInt64) async throws {
        let place = try LogPlace()
        var log = try RandomLog(place, seed: seed)
        var random = SeededGenerator(seed: seed &+ 1)
        try log.snapshot()
        let fault = StoreFault()
        for life in 0..<3 {
            let queueByteMax = [1, 2_000, 20_000, 1 << 20][Int.random(in: 0..<4, using: &random)]
            let (start, dice) = (log, random)
            fault.roll(seed: seed &* 31 &+ UInt64(life), oneIn: Int.random(in: 2...12, using: &random))
            let setup = setup(place, fault, queueByteMax: queueByteMax)
            // Ends in the middle of whatever is under way, but for the last time.
            (log, random) = try await runDaemon(place, StatementCompiler(Self.views), setup) { daemon async throws in
                var (log, random) = (start, dice)
                for round in 0..<40 {
                    try log.append()
                    if Int.random(in: 0..<10, using: &random) == 0 {
                        fault.roll(seed: seed &+ UInt64(round), oneIn: Int.random(in: 0...6, using: &random))
                    }
                    if Int.random(in: 0..<12, using: &random) == 0 { _ = try? await daemon.rebuild(["sums"]) }
                    if Int.random(in: 0..<4, using: &random) == 0 {
                        let lsn = place.log.frontier.source.lsn
                        let waited = await daemon.wait(for: lsn, view: "named", timeout: .seconds(60))
                        #expect(waited == .reached, "seed \(seed): the store that works waits")
                    }
                }
                if life == 2 {
                    fault.roll(seed: 0, oneIn: 0)
                    let lsn = place.log.frontier.source.lsn
                    for view in Self.views where view.name != "ratios" {
                        let waited = await daemon.wait(for: lsn, view: view.name, timeout: .seconds(60))
                        let status = await daemon.status()
                        #expect(waited == .reached, "seed \(seed), \(view.name): \(status.stores) \(status.views)")
                    }
                }
                return (log, random)
            }
        }
        _ = try place.fold(RandomLog.statements, store: "at_once").apply(allowDrops: true)
        let faulty = Self.faulty.sorted()
        let others = RandomLog.statements.map(\.name).filter { !faulty.contains($0) }
        #expect(try rows(place, faulty, store: "second") == rows(place, faulty, store: "at_once"), "seed \(seed)")
        #expect(try rows(place, others, store: "views") == rows(place, others, store: "at_once"), "seed \(seed)")
        #expect(try rows(place, ["perhaps_named"], store: "second")["perhaps_named"]?.count == log.itemCount)
    }
}
