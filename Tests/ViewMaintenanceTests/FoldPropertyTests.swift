import EventLog
import Foundation
import Relational
import TestSupport
import Testing
import ViewMaintenance

/// The invariants of the fold that show in the stores' rows; each run is told by its seed.
@Suite struct FoldPropertyTests {
    private static let seeds = UInt64(0)..<10

    /// The rows of every view that a store holds.
    private func rows(_ place: LogPlace, _ statements: [Statement], store: String) throws -> [String: [String]] {
        var all: [String: [String]] = [:]
        for statement in statements { all[statement.name] = try place.rows(of: statement.name, store: store) }
        return all
    }

    private func apply(_ place: LogPlace, _ statements: [Statement], store: String) throws {
        let report = try place.fold(statements, store: store).apply(allowDrops: true)
        #expect(report.failed.filter { $0.value.code != "division_by_zero" }.isEmpty)
    }

    @Test(arguments: seeds)
    func `invariant 3: any split of the log into epochs gives the same rows`(seed: UInt64) async throws {
        let place = try LogPlace()
        var log = try RandomLog(place, seed: seed)
        let views = RandomLog.statements
        try log.snapshot()
        // One daemon folds commit by commit; a second store is restarted at random places.
        for _ in 0..<2 {
            for _ in 0..<10 {
                try log.append()
                if log.chance(1, of: 3) { try apply(place, views, store: "restarted") }
            }
            let goal = log
            log = try await runDaemon(place, StatementCompiler(views)) { daemon async throws in
                var log = goal
                for _ in 0..<12 {
                    try log.append()
                    let lsn = place.log.frontier.source.lsn
                    #expect(await daemon.wait(for: lsn, view: nil, timeout: .seconds(60)) == .reached)
                    if log.chance(1, of: 4) {
                        #expect(try place.rows(of: "loose").count == log.looseCount)
                    }
                }
                return log
            }
        }
        try apply(place, views, store: "restarted")
        try apply(place, views, store: "at_once")
        let expected = try rows(place, views, store: "at_once")
        #expect(try rows(place, views, store: "views") == expected)
        #expect(try rows(place, views, store: "restarted") == expected)
        #expect(expected["loose"]?.count == log.looseCount)
        #expect(expected["perhaps_named"]?.count == log.itemCount)
        #expect(expected["sums"]?.first?.hasPrefix("\(log.noteCount)|") == true)
    }

    @Test(arguments: seeds)
    func `invariant 6: a view created before, during or after the load is the same view`(seed: UInt64) throws {
        let place = try LogPlace()
        var log = try RandomLog(place, seed: seed)
        try log.snapshot()
        var views = log.someViews()
        try apply(place, views, store: "grown")
        for _ in 0..<6 {
            for _ in 0..<5 { try log.append() }
            // Views come, go and come back while the log grows.
            views = log.someViews()
            try apply(place, views, store: "grown")
        }
        try apply(place, RandomLog.statements, store: "grown")
        try apply(place, RandomLog.statements, store: "after")
        let expected = try rows(place, RandomLog.statements, store: "after")
        #expect(try rows(place, RandomLog.statements, store: "grown") == expected)
        #expect(expected["perhaps_named"]?.count == log.itemCount)
    }

    @Test(arguments: seeds)
    func `invariant 4: a store put back to any earlier state catches up exactly`(seed: UInt64) throws {
        let place = try LogPlace()
        var log = try RandomLog(place, seed: seed)
        var generator = SeededGenerator(seed: seed &+ 1)
        try log.snapshot()
        var copies = 0
        for _ in 0..<14 {
            try log.append()
            try apply(place, RandomLog.statements, store: "restored")
            try copy(place, "restored", "copy\(copies)")
            copies += 1
            if Int.random(in: 0..<3, using: &generator) == 0 {
                try copy(place, "copy\(Int.random(in: 0..<copies, using: &generator))", "restored")
            }
        }
        try copy(place, "copy\(Int.random(in: 0..<copies, using: &generator))", "restored")
        try apply(place, RandomLog.statements, store: "restored")
        try apply(place, RandomLog.statements, store: "at_once")
        let expected = try rows(place, RandomLog.statements, store: "at_once")
        #expect(try rows(place, RandomLog.statements, store: "restored") == expected)
    }

    @Test
    func `invariant 4: a daemon's file as it is at any commit, without the rest of the process, catches up exactly`()
        async throws
    {
        let place = try LogPlace()
        let start = try RandomLog(place, seed: 77)
        let views = RandomLog.statements
        try await runDaemon(place, StatementCompiler(views), DaemonSetup(waitsUntilBuilt: false)) {
            daemon async throws in
            var log = start
            try log.snapshot()
            try await daemon.waitUntilBuilt()
            for round in 0..<10 {
                try log.append()
                let lsn = place.log.frontier.source.lsn
                #expect(await daemon.wait(for: lsn, view: nil, timeout: .seconds(60)) == .reached)
                // The fold is idle now: these files are what a kill would leave.
                try copy(place, "views", "killed\(round)")
            }
        }
        try apply(place, views, store: "at_once")
        let expected = try rows(place, views, store: "at_once")
        for round in 0..<10 {
            try apply(place, views, store: "killed\(round)")
            #expect(try rows(place, views, store: "killed\(round)") == expected)
        }
    }

    /// Copies a store's files over another one's.
    private func copy(_ place: LogPlace, _ from: String, _ to: String) throws {
        let manager = FileManager.default
        for suffix in ["", "-wal", "-shm"] {
            let (source, target) = (place.path(from) + suffix, place.path(to) + suffix)
            if manager.fileExists(atPath: target) { try manager.removeItem(atPath: target) }
            if suffix != "-shm", manager.fileExists(atPath: source) {
                try manager.copyItem(atPath: source, toPath: target)
            }
        }
    }
}
