import EventLog
import TestSupport
import Testing

@testable import ViewMaintenance

@Suite struct RebuildLedgerTests {
    private static let note = UnfinishedRebuild(
        asked: ["b", "a"],
        views: ["b", "a"],
        reason: .rebuild,
        bytesPerSecond: 4096,
        since: "2026-01-02T03:04:05Z"
    )

    private static func disk() throws -> FaultyFileSystem {
        let disk = FaultyFileSystem()
        _ = try disk.createDirectory("/data")
        try disk.synchronizeDirectory("/")
        return disk
    }

    @Test func `a note is kept until it is removed`() throws {
        let ledger = RebuildLedger(directory: "/data/state", fileSystem: try Self.disk())
        #expect(try ledger.read() == nil)
        try ledger.remove()
        try ledger.write(Self.note)
        #expect(try ledger.read() == Self.note)
        var further = Self.note
        further.done = ["a"]
        try ledger.write(further)
        #expect(try ledger.read()?.left == ["b"])
        try ledger.remove()
        #expect(try ledger.read() == nil)
    }

    @Test(arguments: [FaultyFileSystem.Survival.everything, .nothing, .random(seed: 5)])
    func `stopped at any call, the note is the old one or the new one, and what was written stays`(
        survival: FaultyFileSystem.Survival
    ) throws {
        var further = Self.note
        further.done = ["a"]
        for step in 0..<40 {
            let disk = try Self.disk()
            let ledger = RebuildLedger(directory: "/data/state", fileSystem: disk)
            var wanted: [UnfinishedRebuild?] = [nil]
            disk.stop(atStep: step)
            for next in [Self.note, further, nil] {
                do {
                    if let next { try ledger.write(next) } else { try ledger.remove() }
                    wanted = [next]
                } catch {
                    wanted.append(next)
                    break
                }
            }
            let wasStopped = disk.isStopped
            disk.crash(survival)
            let left = try ledger.read()
            #expect(wanted.contains(left), "step \(step): \(String(describing: left))")
            if !wasStopped {
                #expect(step > 8)
                return
            }
        }
        Issue.record("more steps than expected")
    }

    @Test func `a file that is no note is told, with what to do`() throws {
        let disk = try Self.disk()
        let ledger = RebuildLedger(directory: "/data/state", fileSystem: disk)
        try ledger.write(Self.note)
        let file = try disk.open(ledger.path, .create)
        try Array("{\"asked\":".utf8).withUnsafeBytes { try file.write($0, at: 0) }
        let error = #expect(throws: MaintenanceError.self) { try ledger.read() }
        #expect(error?.hint?.contains("leftfold rebuild --cancel") == true)
        try ledger.remove()
        #expect(try ledger.read() == nil)
    }

    @Test func `the same request takes up what is left, another one takes it along`() {
        var note = Self.note
        note.done = ["a"]
        #expect(note.takenUp(by: RebuildRequest(["a", "b"])) == RebuildRequest(["b"], bytesPerSecond: 4096))
        #expect(
            note.takenUp(by: RebuildRequest(["b", "a"], bytesPerSecond: 9)) == RebuildRequest(["b"], bytesPerSecond: 9)
        )
        #expect(note.takenUp(by: RebuildRequest(["a"])) == RebuildRequest(["a", "b"], bytesPerSecond: 4096))
        #expect(note.takenUp(by: RebuildRequest([])) == RebuildRequest([], bytesPerSecond: 4096))
        // What is to be built anew is not only brought right.
        #expect(!note.takenUp(by: RebuildRequest(["c"], isRepair: true)).isRepair)
        let same = note.next(RebuildRequest(["a", "b"]), views: ["b"], at: "later")
        #expect(same == note)
        let other = note.next(RebuildRequest(["c"]), views: ["b", "c"], at: "later")
        #expect(other.left == ["b", "c"] && other.since == "later" && other.asked == ["c"])
    }
}
