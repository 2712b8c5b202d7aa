import EventLog
import Foundation
import Relational
import Synchronization
import TestSupport
import Testing

@testable import ViewMaintenance

private let totals: Statement = ("totals", "SELECT count(*) AS n FROM orders")
/// A view whose rows the commits of these tests never change.
private let dear: Statement = ("dear", "SELECT id FROM orders WHERE price > 1000")

@Suite struct CompactionNeedTests {
    @Test(
        arguments: [
            (0, 0, nil, nil), (0, 10, nil, nil), (10, 0, nil, .size), (10, 10, nil, .size), (9, 10, nil, nil),
            (0, 10, 50, nil), (0, 10, 49, .age), (20, 10, 49, .age), (0, 0, Int64.min, nil),
        ] as [(Int64, Int64, Int64?, CompactionNeed.Reason?)]
    )
    func `a run is due by size or by age`(dirty: Int64, clean: Int64, oldest: Int64?, reason: CompactionNeed.Reason?) {
        let need = CompactionNeed(dirtyByteCount: dirty, cleanByteCount: clean, oldestDirtyTime: oldest)
        let now: Int64 = oldest == .min ? .max : 150
        #expect(need.reason(maxLag: 100, now: now) == reason)
    }

    @Test func `bytes are counted below and above clean, without the segment that grows`() throws {
        let orders = try OrdersLog(LogPlace(options: LogOptions(segmentByteTarget: 100)))
        for number in 0..<3 { try orders.commitPair(Int64(number)) }
        var statistics = orders.log.statistics
        let sizes = statistics.segments.map(\.byteCount)
        #expect(sizes.count == 3)
        #expect(
            CompactionNeed(statistics, oldestDirtyTime: 5)
                == CompactionNeed(dirtyByteCount: sizes[0] + sizes[1], cleanByteCount: 0, oldestDirtyTime: 5)
        )
        statistics.clean = statistics.segments[0].endOffset
        #expect(
            CompactionNeed(statistics, oldestDirtyTime: nil)
                == CompactionNeed(dirtyByteCount: sizes[1], cleanByteCount: sizes[0], oldestDirtyTime: nil)
        )
    }

    @Test func `the oldest record above clean is found, and found again when clean has moved`() throws {
        let orders = try OrdersLog()
        var oldest = OldestRecord()
        #expect(try oldest.time(in: orders.log, above: .zero) == nil)
        let lsn = try orders.commitPair(0)
        #expect(try oldest.time(in: orders.log, above: .zero) == Int64(lsn.rawValue) * 1_000_000)
        let end = orders.log.frontier.nextOffset
        #expect(try oldest.time(in: orders.log, above: end) == nil)
        let next = try orders.commitPair(1)
        try orders.commitPair(2)
        #expect(try oldest.time(in: orders.log, above: end) == Int64(next.rawValue) * 1_000_000)
    }
}

@Suite struct CompactorTests {
    private static func settings() -> CompactionSettings {
        var settings = CompactionSettings()
        settings.checkInterval = .milliseconds(10)
        settings.pauseMin = .milliseconds(5)
        settings.pauseMax = .milliseconds(20)
        // The commits of the tests are young.
        settings.now = { 0 }
        return settings
    }

    @Test func `before a run the stores say durably how far their views are, also those whose rows stand still`()
        async throws
    {
        let orders = try OrdersLog(LogPlace(options: LogOptions(segmentByteTarget: 100)))
        for number in 0..<4 { try orders.commitPair(Int64(number)) }
        try orders.log.noteCursors([LogCursor(name: "store gone", offset: Offset(1), movedAt: 0)])
        var settings = Self.settings()
        settings.checkInterval = .seconds(3600)
        try await runDaemon(orders.place, StatementCompiler([totals, dear]), DaemonSetup(compaction: settings)) {
            daemon async throws in
            let lsn = try orders.commitPair(4)
            #expect(await daemon.wait(for: lsn, view: nil, timeout: .seconds(60)) == .reached)
            let outcome = try await daemon.compact(nil, isDryRun: false)
            let end = orders.log.frontier.nextOffset
            #expect(outcome.segmentsRead == 4 && outcome.horizon > 0 && outcome.horizon < end.rawValue)
            let cursors = orders.log.cursors
            #expect(cursors.map(\.name) == ["store main"] && cursors[0].offset == end, "\(cursors)")
            let held = try orders.rows("SELECT \"offset\" FROM _leftfold_progress")
            #expect(held == [end.description, end.description])
            let shown = await daemon.status().log
            #expect(shown.compaction?.failedRuns == 0 && shown.compaction?.lastRun?.segmentsRead == 4)
            #expect(shown.horizon == outcome.horizon)
        }
        #expect(try orders.fold([totals, dear]).apply(allowDrops: false).unchanged.sorted() == ["dear", "totals"])
    }

    @Test func `runs begin by themselves, and the views go on through them and after a restart`() async throws {
        let orders = try OrdersLog(LogPlace(options: LogOptions(segmentByteTarget: 100)))
        try orders.commitPair(0)
        let setup = DaemonSetup(compaction: Self.settings())
        try await runDaemon(orders.place, StatementCompiler([totals, dear]), setup) { daemon async throws in
            for number in 1..<60 {
                try orders.commitPair(Int64(number))
                let changed = (0..<4).map { OrdersLog.row(Int64($0), 1, Int128(number)) }
                let lsn = try orders.commit(changed.map { (.update, $0, nil) })
                #expect(await daemon.wait(for: lsn, view: nil, timeout: .seconds(60)) == .reached)
            }
            #expect(try await daemon.eventually { $0.log.horizon > 100 && $0.log.compaction?.lastRun != nil })
            #expect(try orders.rows("SELECT n FROM totals") == ["120"])
        }
        let statistics = orders.log.statistics
        #expect(statistics.segments.contains { $0.isRewritten })
        #expect(try orders.fold([totals, dear]).apply(allowDrops: false).unchanged.sorted() == ["dear", "totals"])
        #expect(try orders.fold([totals, dear]).rebuild([]).failed.isEmpty)
        #expect(try orders.rows("SELECT n FROM totals") == ["120"])
    }

    @Test func `a run under way ends when the daemon stops`() async throws {
        let orders = try OrdersLog(LogPlace(options: LogOptions(segmentByteTarget: 100)))
        try orders.commit((0..<30_000).map { (.insert, OrdersLog.row($0, 1, 100), nil) })
        try orders.commitPair(20_000)
        var settings = Self.settings()
        settings.checkInterval = .seconds(3600)
        // A whole run would take minutes.
        settings.options.bytesPerSecond = 20_000
        let setup = DaemonSetup(compaction: settings)
        let outcome = try await runDaemon(orders.place, StatementCompiler([totals]), setup) { daemon async throws in
            let asked = Task { try await daemon.compact(nil, isDryRun: false) }
            #expect(try await daemon.eventually { $0.log.compaction?.progress != nil })
            return asked
        }
        let ended = try await outcome.value
        #expect(ended.segmentsRead == 1 && ended.segmentsWritten == 0 && orders.log.horizon.offset == .zero)
    }

    @Test func `a run that fails is shown and tried again, and makes no view less ready`() async throws {
        let disk = FaultyFileSystem()
        let orders = try OrdersLog(LogPlace(logOn: disk, options: LogOptions(segmentByteTarget: 100)))
        for number in 0..<4 { try orders.commitPair(Int64(number)) }
        disk.fillDisk(atAllocation: 0)
        let setup = DaemonSetup(compaction: Self.settings())
        try await runDaemon(orders.place, StatementCompiler([totals]), setup) { daemon async throws in
            #expect(
                try await daemon.eventually { status in
                    guard let compaction = status.log.compaction else { return false }
                    return compaction.state == .failed && compaction.failedRuns > 2
                        && compaction.error?.code == "disk_full"
                }
            )
            #expect(await daemon.health().isReady)
            disk.freeDisk()
            #expect(
                try await daemon.eventually { $0.log.compaction?.state == .idle && $0.log.compaction?.error == nil }
            )
        }
    }

    @Test func `a relation that cannot be compacted is refused by name`() async throws {
        let orders = try OrdersLog()
        try orders.commitPair(0)
        _ = try LogWriter(orders.log).schemaID(for: Self.notes, readAt: .none)
        try await runDaemon(orders.place, StatementCompiler([totals]), DaemonSetup(compaction: Self.settings())) {
            daemon async throws in
            let unknown = await #expect(throws: MaintenanceError.self) {
                try await daemon.compact("order", isDryRun: false)
            }
            #expect(unknown?.code == .unknownName && unknown?.detail == "it has public.notes, public.orders")
            for name in ["notes", "public.notes"] {
                let keyless = await #expect(throws: MaintenanceError.self) {
                    try await daemon.compact(name, isDryRun: false)
                }
                #expect(keyless?.code == .refused && keyless?.message.contains("has no key") == true)
            }
            #expect(await daemon.status().log.compaction?.failedRuns == 0)
            _ = try await daemon.compact("orders", isDryRun: true)
            _ = try await daemon.compact(nil, isDryRun: false)
        }
        try await runDaemon(orders.place, StatementCompiler([totals])) { daemon async throws in
            await #expect(throws: MaintenanceError.self) { try await daemon.compact(nil, isDryRun: false) }
            #expect(await daemon.status().log.compaction == nil)
        }
    }

    private static let notes = RelationSchema(
        relation: RelationID(7),
        name: QualifiedName(schema: "public", name: "notes"),
        columns: [Column(name: "body", attributeNumber: 1, type: .text)],
        primaryKey: []
    )

    @Test func `what somebody asks of a compactor that is over is answered`() throws {
        let orders = try OrdersLog()
        let compactor = Compactor(
            log: orders.log,
            mailbox: FoldMailbox(wake: {}),
            logger: LogPlace.logger,
            settings: CompactionSettings()
        )
        let answers = Mutex(0)
        compactor.post(.init(relation: nil, isDryRun: true, reply: { _ in answers.withLock { $0 += 1 } }))
        compactor.stop()
        compactor.run()
        compactor.post(.init(relation: nil, isDryRun: true, reply: { _ in answers.withLock { $0 += 1 } }))
        #expect(answers.withLock { $0 } == 2)
    }
}
