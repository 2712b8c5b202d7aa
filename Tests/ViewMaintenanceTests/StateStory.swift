import EventLog
import Foundation
import Relational
import StateFiles
import TestSupport
import Testing

@testable import ViewMaintenance

/// A daemon that is stopped and started over one log, with its state on a disk that fails, fills up and forgets.
///
/// Between its lives the log may be compacted, and the store put back to what it was. Whatever the state says must lead to the rows that a
/// fold without any state has.
final class StateStory {
    static let views: [Statement] =
        RandomLog.statements + [
            ("residual", "SELECT i.id, n.w FROM items i LEFT JOIN notes n ON n.g = i.g AND n.g < i.id"),
            ("note_names", "SELECT n.w, g.name FROM notes n JOIN groups g ON g.g = n.g"),
            ("by_value", "SELECT v, count(*) AS n, sum(g) AS s, min(s) AS least FROM items GROUP BY v"),
            ("by_weight", "SELECT w, count(*) AS n, sum(w) AS total, max(g) AS top FROM notes GROUP BY w"),
            ("extremes", "SELECT g, avg(v) AS mean, min(v) AS low, max(v) AS high, sum(v) AS s FROM items GROUP BY g"),
            ("all_notes", "SELECT avg(w) AS mean, min(w) AS low, max(w) AS high, count(*) AS n FROM notes"),
            (
                "lists",
                """
                SELECT g, string_agg(s, ',' ORDER BY s COLLATE "C", id) AS texts, array_agg(v ORDER BY id DESC) AS vs
                FROM items GROUP BY g
                """
            ),
            ("pairs", "SELECT DISTINCT g, s FROM items"),
            ("shares", "SELECT id, 10 / g AS share FROM items"),
        ]

    /// The log, used by one at a time.
    private final class Source: @unchecked Sendable {
        var log: RandomLog
        var random: SeededGenerator

        init(_ log: RandomLog, _ random: SeededGenerator) { (self.log, self.random) = (log, random) }

        func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }
    }

    let seed: UInt64
    let messages = KeptMessages()
    private let place: LogPlace
    private let disk = FaultyFileSystem()
    private let source: Source
    private let compiler = StatementCompiler(views)
    private(set) var starts = 0

    init(seed: UInt64) throws {
        self.seed = seed
        place = try LogPlace(options: LogOptions(segmentByteTarget: 2000))
        source = Source(try RandomLog(place, seed: seed, isWild: true), SeededGenerator(seed: seed &* 7919 &+ 5))
        try source.log.snapshot()
        for _ in 0..<10 { try source.log.append() }
    }

    /// How many starts began with a checkpoint.
    var resumptions: Int { messages.count("the views go on from a checkpoint") }

    func run() async throws {
        for _ in 0..<2 {
            do {
                try await live(isLast: false)
            } catch {
                // What a disk that is gone does to the process is what it likes.
                if !disk.isStopped { throw error }
            }
            crash()
            if source.below(4) == 0 { try compact() }
            try changeStore()
        }
        try await live(isLast: true)
        try expectEqualRows()
        crash()
        // A start that has nothing to fold.
        try await live(isLast: true)
        try expectEqualRows()
    }

    private func crash() {
        let survivals: [FaultyFileSystem.Survival] = [
            .everything, .nothing, .random(seed: source.random.next()),
        ]
        disk.freeDisk()
        disk.crash(survivals[source.below(survivals.count)])
        if source.below(5) == 0 { damage() }
    }

    private func compact() throws {
        var options = CompactionOptions(now: PostgresTime.now)
        (options.isForced, options.minAge) = (true, 0)
        try place.log.compact(options)
    }

    /// Keeps a copy of the store, or puts an earlier one in its place.
    private func changeStore() throws {
        let (store, copy) = (place.path(), place.path("copy"))
        let isBack = source.below(4) == 0
        guard FileManager.default.fileExists(atPath: isBack ? copy : store) else { return }
        for suffix in ["", "-wal", "-shm"] {
            let (from, to) = isBack ? (copy + suffix, store + suffix) : (store + suffix, copy + suffix)
            if FileManager.default.fileExists(atPath: to) { try FileManager.default.removeItem(atPath: to) }
            if suffix != "-shm", FileManager.default.fileExists(atPath: from) {
                try FileManager.default.copyItem(atPath: from, toPath: to)
            }
        }
    }

    /// Turns one bit of a file of state.
    private func damage() {
        let paths = disk.paths
        guard !paths.isEmpty else { return }
        let path = paths[source.below(paths.count)]
        guard var bytes = disk.contents(path), !bytes.isEmpty else { return }
        bytes[source.below(bytes.count)] ^= 1 << UInt8(source.below(8))
        disk.setContents(path, bytes)
    }

    private func setup() throws -> DaemonSetup {
        var options = StateOptions(
            cacheByteLimit: [0, 2 << 10, 1 << 20][source.below(3)],
            headroomByteCount: 0,
            manifestsKept: 1 + source.below(2)
        )
        options.runOptions.blockByteCount = [64, 200, 8192][source.below(3)]
        options.runOptions.blocksPerPartition = 1 + source.below(4)
        var setup = DaemonSetup(waitsUntilBuilt: false)
        setup.state = try disk.openState(of: place.log, options)
        // From "everything leaves memory at once" to "all stays".
        setup.memory.byteMax = [0, 100 << 10, 400 << 10, 1 << 30][source.below(4)]
        setup.checkpointInterval = [.zero, .milliseconds(1), .milliseconds(10)][source.below(3)]
        setup.logger = messages.logger
        return setup
    }

    /// One life of the daemon; but for the last one, its disk may stop or fill up anywhere.
    private func live(isLast: Bool) async throws {
        starts += 1
        if !isLast, source.below(8) == 0 { disk.stop(atStep: source.below(12)) }
        let setup = try setup()
        if !isLast {
            if source.below(4) != 0 { disk.stop(atStep: source.below(400)) }
            if source.below(3) == 0 { disk.fillDisk(atAllocation: source.below(120)) }
        }
        let (source, disk, place, state) = (source, disk, place, setup.state)
        try await runDaemon(place, compiler, setup) { daemon in
            if isLast {
                try source.log.append()
                try source.log.heal()
                let lsn = place.log.frontier.source.lsn
                for view in Self.views {
                    let waited = await daemon.wait(for: lsn, view: view.name, timeout: .seconds(20))
                    let status = await daemon.status()
                    #expect(waited == .reached, "\(view.name): \(status.views)")
                }
                for _ in 0..<100 where state?.manifests.first?.offset ?? .zero < place.log.frontier.nextOffset {
                    try await Task.sleep(for: .milliseconds(2))
                }
                return
            }
            let freeing = source.below(8)
            for round in 0..<8 where !disk.isStopped {
                if round == freeing { disk.freeDisk() }
                try source.log.append()
                if source.below(50) == 0 {
                    var options = CompactionOptions(now: PostgresTime.now)
                    (options.isForced, options.minAge) = (true, 0)
                    try place.log.compact(options)
                }
                if disk.isFull || source.below(3) == 0 { continue }
                let lsn = place.log.frontier.source.lsn
                _ = await daemon.wait(for: lsn, view: "sums", timeout: .milliseconds(100))
                if source.below(3) == 0 { try? await Task.sleep(for: .milliseconds(4)) }
            }
            disk.freeDisk()
        }
    }

    private func expectEqualRows() throws {
        let store = "at_once_\(starts)"
        _ = try place.fold(Self.views, store: store).apply(allowDrops: true)
        for view in Self.views.map(\.name) {
            let rows = try place.rows(of: view)
            let expected = try place.rows(of: view, store: store)
            #expect(rows == expected, "seed \(seed), \(view), after\n\(messages.all.joined(separator: "\n"))")
        }
    }
}
