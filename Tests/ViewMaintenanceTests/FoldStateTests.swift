import EventLog
import Foundation
import Relational
import StateFiles
import TestSupport
import Testing
import ViewStores

@testable import ViewMaintenance

/// What a start makes of state that does not belong to the log as it is.
@Suite struct FoldStateTests {
    private static let byCustomer: Statement = (
        "by_customer", "SELECT customer, count(*) AS n, sum(price) AS total FROM orders GROUP BY customer"
    )

    private func wait(_ daemon: Daemon, for place: LogPlace) async {
        let lsn = place.log.frontier.source.lsn
        #expect(await daemon.wait(for: lsn, view: "by_customer", timeout: .seconds(60)) == .reached)
    }

    @Test func `a checkpoint from before two views changed places knows each by its definition`() throws {
        let place = try RandomLog(LogPlace(), seed: 1).place
        let (first, second) = ("SELECT g, w FROM notes", "SELECT w FROM notes")
        let folded = try [("a", first), ("b", second), ("a", second), ("b", first)].map { statement in
            let compiled = try StatementCompiler([statement]).compile(place.log.newestSchemas)
            return FoldedView(try #require(compiled.first).result.get())
        }
        var note = FoldNote(schemaIDs: [:])
        for (number, view) in folded[..<2].enumerated() {
            let count = Int64(number + 1)
            note.views[view.name] = FoldNote.View(rowCount: count, changedThrough: 0, version: view.table.version)
        }
        let read = try #require(FoldNote(note.bytes))
        #expect(folded.map { read.known(of: $0)?.rowCount } == [1, 2, 2, 1])
    }

    @Test func `state ahead of a log that was put back is not used when the log has grown over it`() async throws {
        let disk = FaultyFileSystem()
        let orders = try OrdersLog()
        let place = orders.place
        for number in 0..<10 { try orders.commitPair(Int64(number)) }
        let copy = place.folder + "/copy"
        try FileManager.default.copyItem(atPath: place.folder + "/log", toPath: copy)
        for number in 10..<20 { try orders.commitPair(Int64(number)) }
        let first = try DaemonSetup(place, stateOn: disk, every: .milliseconds(1))
        let folder = try #require(first.state)
        try await runDaemon(place, StatementCompiler([Self.byCustomer]), first) { daemon in
            await wait(daemon, for: place)
            let end = place.log.frontier.nextOffset
            let isTaken = try await daemon.eventually { _ in folder.manifests.first?.offset == end }
            #expect(isTaken)
        }
        // The same log as it was before, which goes on with other commits.
        let restored = try LogPlace(logFrom: copy, storesFrom: place)
        let others = try OrdersLog(restored, after: 10_000)
        try await runDaemon(
            restored,
            StatementCompiler([Self.byCustomer]),
            try DaemonSetup(restored, stateOn: disk, every: .seconds(3600))
        ) { daemon in
            // Commits as long as those that the state knows, so that its offset is one of theirs too.
            for number in Int64(100)..<140 {
                try others.commit([
                    (.insert, OrdersLog.row(2 * number, number % 5, 300), nil),
                    (.insert, OrdersLog.row(2 * number + 1, (number + 1) % 5, 350), nil),
                ])
            }
            await wait(daemon, for: restored)
            // It leaves no checkpoint of its own.
            disk.stop(atStep: 0)
        }
        #expect(restored.log.frontier.nextOffset > place.log.frontier.nextOffset)
        try await runDaemon(
            restored,
            StatementCompiler([Self.byCustomer]),
            try DaemonSetup(restored, stateOn: disk, every: .seconds(3600))
        ) { daemon in
            try others.commitPair(200)
            await wait(daemon, for: restored)
        }
        _ = try restored.fold([Self.byCustomer], store: "at_once").apply(allowDrops: true)
        #expect(try restored.rows(of: "by_customer") == restored.rows(of: "by_customer", store: "at_once"))
    }
}
