import EventLog
import Foundation
import Relational
import TestSupport
import Testing

@testable import ViewMaintenance

private let byCustomer: Statement = (
    "by_customer", "SELECT customer, count(*) AS n, sum(price) AS total FROM orders GROUP BY customer"
)
private let totals: Statement = ("totals", "SELECT count(*) AS n FROM orders")

/// What the fold does with a compacted part of the log.
@Suite struct FoldCompactionTests {
    /// Every flush goes into a segment of its own.
    private static let smallSegments = LogOptions(segmentByteTarget: 100)

    private func rows(_ place: LogPlace, store: String) throws -> [String: [String]] {
        var all: [String: [String]] = [:]
        for statement in RandomLog.statements { all[statement.name] = try place.rows(of: statement.name, store: store) }
        return all
    }

    @Test(arguments: UInt64(0)..<10)
    func `a view built from a compacted part, in chunks of any size, is the view built from the commits`(seed: UInt64)
        throws
    {
        let place = try LogPlace(options: seed % 2 == 0 ? Self.smallSegments : LogOptions())
        var log = try RandomLog(place, seed: seed)
        try log.snapshot()
        for _ in 0..<25 { try log.append() }
        try place.log.markCompacted()
        let horizon = place.log.horizon
        // Views that go on, and ones that are built, with commits above the horizon.
        _ = try place.bringUp(RandomLog.statements, store: "early", records: 3)
        for _ in 0..<10 { try log.append() }
        _ = try place.fold(RandomLog.statements, store: "at_once").apply(allowDrops: false)
        let expected = try rows(place, store: "at_once")
        #expect(expected["perhaps_named"]?.count == log.itemCount)
        for (store, records) in [("one", 1), ("seven", 7), ("early", 5)] {
            let loop = try place.bringUp(RandomLog.statements, store: store, records: records)
            #expect(try rows(place, store: store) == expected, "seed \(seed), \(store)")
            let resumed = loop.engine?.views.map { $0.resumedAt?.offset }
            let isEarly = store == "early"
            #expect(resumed?.allSatisfy { $0 == (isEarly ? horizon.offset : nil) } == true, "\(resumed ?? [])")
        }
    }

    /// The oracle is the same log, never compacted.
    @Test(arguments: UInt64(100)..<120)
    func `fold(compact(log)) = fold(log), whenever and however often it is compacted`(seed: UInt64) throws {
        let (place, plain) = (try LogPlace(options: Self.smallSegments), try LogPlace())
        var (log, same) = (try RandomLog(place, seed: seed), try RandomLog(plain, seed: seed))
        var random = SeededGenerator(seed: seed)
        try log.snapshot()
        try same.snapshot()
        for round in 0..<8 {
            for _ in 0..<6 {
                try log.append()
                try same.append()
            }
            if Bool.random(using: &random) {
                _ = try place.bringUp(
                    RandomLog.statements,
                    store: "grown",
                    records: Int.random(in: 1...9, using: &random)
                )
            }
            var options = CompactionOptions(now: PostgresTime.now)
            options.isForced = Int.random(in: 0..<4, using: &random) > 0
            options.minAge = Bool.random(using: &random) ? 0 : 3_600_000_000
            if Int.random(in: 0..<4, using: &random) == 0 { options.only = [RelationID(1)] }
            if Bool.random(using: &random) { options.keyMapByteLimit = 256 }
            try place.log.compact(options)
            _ = try place.bringUp(RandomLog.statements, store: "round\(round)", records: 4)
        }
        #expect(place.log.horizon.offset > .zero, "seed \(seed)")
        _ = try plain.fold(RandomLog.statements).apply(allowDrops: false)
        let expected = try rows(plain, store: "views")
        for store in ["grown", "last"] {
            _ = try place.bringUp(RandomLog.statements, store: store, records: 5)
            #expect(try rows(place, store: store) == expected, "seed \(seed), \(store)")
        }
        for round in 0..<8 {
            _ = try place.bringUp(RandomLog.statements, store: "round\(round)", records: 5)
            #expect(try rows(place, store: "round\(round)") == expected, "seed \(seed), round \(round)")
        }
    }

    @Test func `chunks move nothing until the part ends at the horizon's offset, position and time`() throws {
        let orders = try OrdersLog(LogPlace(options: Self.smallSegments))
        for number in 0..<6 { try orders.commitPair(Int64(number)) }
        try orders.log.markCompacted()
        try orders.commitPair(6)
        let definition = try #require(
            try StatementCompiler([totals]).compile(orders.log.newestSchemas).first?.result.get()
        )
        let engine = try FoldEngine(log: orders.log, views: [FoldedView(definition)])
        var budget = EpochBudget()
        budget.records = 4
        var chunks = 0
        while let epoch = try engine.nextEpoch(budget, limits: []), epoch.isChunk {
            #expect(epoch.records <= 5)
            try engine.seal(epoch)
            #expect(engine.frontier == .start && engine.readOffset > .zero)
            chunks += 1
        }
        #expect(chunks == 2)
        let fresh = try FoldEngine(log: orders.log, views: [FoldedView(definition)])
        let whole = try #require(try fresh.nextEpoch(.replay, limits: []))
        let horizon = orders.log.horizon
        #expect(
            whole.end == Frontier(offset: horizon.offset, position: horizon.position, commitTime: horizon.time)
        )
        try fresh.seal(whole)
        #expect(try fresh.nextEpoch(.replay, limits: [])?.records == 2)
    }

    @Test(arguments: [false, true])
    func `a store that is below the horizon has its views built again, one that is not goes on`(isBelow: Bool) throws {
        let orders = try OrdersLog()
        for number in 0..<4 { try orders.commitPair(Int64(number)) }
        _ = try orders.fold([byCustomer]).apply(allowDrops: false)
        if isBelow { try orders.commitPair(4) }
        try orders.log.markCompacted()
        try orders.commitPair(5)
        let report = try orders.fold([byCustomer]).apply(allowDrops: false)
        #expect(report.rebuilt == (isBelow ? ["by_customer"] : []))
        #expect(report.unchanged == (isBelow ? [] : ["by_customer"]))
        #expect(try orders.rows("SELECT sum(n) FROM by_customer") == [isBelow ? "12" : "10"])
        #expect(try orders.fold([byCustomer]).apply(allowDrops: false).unchanged == ["by_customer"])
        #expect(try orders.fold([byCustomer]).rebuild([]).rebuilt == ["by_customer"])
        #expect(try orders.rows("SELECT sum(n) FROM by_customer") == [isBelow ? "12" : "10"])
    }

    @Test func `a limit inside the compacted part is refused with the LSN of its end, at its end it is met`() throws {
        let orders = try OrdersLog()
        var lsns: [LSN] = []
        for number in 0..<4 { lsns.append(try orders.commitPair(Int64(number))) }
        try orders.log.markCompacted()
        try orders.commitPair(4)
        let end = orders.log.horizon
        for limit in [FoldLimit.lsn(lsns[1]), .offset(Offset(4))] {
            let error = try #require(throws: MaintenanceError.self) {
                _ = try orders.place.bringUp([totals], store: "refused", records: 2, limit: limit)
            }
            #expect(error.code == .log && error.message.contains("compacted up to LSN \(lsns[3])"), "\(error)")
        }
        for limit in [FoldLimit.lsn(lsns[3]), .offset(end.offset)] {
            let loop = try orders.place.bringUp(
                [totals],
                store: "met\(limit)".filter(\.isLetter),
                records: 2,
                limit: limit
            )
            #expect(loop.engine?.frontier.offset == end.offset && loop.engine?.isAtLimit == true)
            #expect(loop.engine?.rowCounts == [1])
        }
    }

    @Test(arguments: [false, true])
    func `a running fold that compaction did not wait for builds its views again while readers keep the old rows`(
        isFloor: Bool
    ) async throws {
        let orders = try OrdersLog(LogPlace(options: Self.smallSegments))
        try orders.commitPair(0)
        try await runDaemon(orders.place, StatementCompiler([byCustomer, totals])) { daemon async throws in
            let held = try await daemon.hold(at: nil)
            for number in 1..<20 { try orders.commitPair(Int64(number)) }
            try orders.log.markCompacted(isFloor: isFloor)
            try orders.commitPair(20)
            #expect(try orders.rows("SELECT n FROM totals") == ["2"])
            #expect(await daemon.release(held.ticket))
            let lsn = orders.log.frontier.source.lsn
            #expect(try await daemon.eventually { $0.views.allSatisfy { $0.frontierLsn == lsn.description } })
            #expect(await daemon.wait(for: lsn, view: nil, timeout: .seconds(60)) == .reached)
            #expect(try orders.rows("SELECT n, (SELECT sum(n) FROM by_customer) FROM totals") == ["42|42"])
            let next = try orders.commitPair(21)
            #expect(await daemon.wait(for: next, view: nil, timeout: .seconds(60)) == .reached)
            #expect(try orders.rows("SELECT n FROM totals") == ["44"])
        }
    }

    @Test func `a hold inside the compacted part is refused, and the fold goes on`() async throws {
        let orders = try OrdersLog(LogPlace(options: Self.smallSegments))
        try orders.commitPair(0)
        try await runDaemon(orders.place, StatementCompiler([totals])) { daemon async throws in
            _ = try await daemon.hold(at: nil)
            let inside = try orders.commitPair(1)
            for number in 2..<8 { try orders.commitPair(Int64(number)) }
            try orders.log.markCompacted()
            let error = await #expect(throws: MaintenanceError.self) { try await daemon.hold(at: inside) }
            #expect(error?.message.contains("compacted") == true, "\(String(describing: error))")
            let lsn = orders.log.frontier.source.lsn
            #expect(await daemon.wait(for: lsn, view: nil, timeout: .seconds(60)) == .reached)
            #expect(try orders.rows("SELECT n FROM totals") == ["16"])
        }
    }

    @Test func `views are rebuilt while the log is fed and compacted again and again`() async throws {
        let orders = try OrdersLog(LogPlace(options: Self.smallSegments))
        for number in 0..<30 { try orders.commitPair(Int64(number)) }
        try await runDaemon(orders.place, StatementCompiler([byCustomer, totals])) { daemon async throws in
            for round in 0..<12 {
                async let rebuilt = daemon.rebuild(round % 2 == 0 ? [] : ["totals"])
                for number in 0..<6 {
                    try orders.commitPair(Int64(30 + round * 6 + number))
                    if number % 3 == 2 { try orders.log.markCompacted(isFloor: round % 3 == 0) }
                }
                #expect(try await rebuilt.failed.isEmpty)
            }
            let lsn = orders.log.frontier.source.lsn
            #expect(try await daemon.eventually { $0.views.allSatisfy { $0.frontierLsn == lsn.description } })
            #expect(await daemon.wait(for: lsn, view: nil, timeout: .seconds(60)) == .reached)
            #expect(try orders.rows("SELECT n, (SELECT sum(n) FROM by_customer) FROM totals") == ["204|204"])
        }
    }
}
