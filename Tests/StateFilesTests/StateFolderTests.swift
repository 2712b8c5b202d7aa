import EventLog
import Foundation
import Relational
import Synchronization
import TestSupport
import Testing

@testable import StateFiles

@Suite struct StateFolderTests {
    @Test func `the newest manifest is found first, with the runs that it names`() throws {
        let fileSystem = try StateSample.disk()
        let (_, manifests) = try StateSample.twoManifests(fileSystem)
        let folder = try StateSample.open(fileSystem)
        #expect(folder.manifests == manifests && folder.refused.isEmpty)
        #expect(manifests.map(\.number) == [2, 1])
        #expect(manifests[0].logID == StateSample.logID && manifests[0].semantics == StateSample.semantics)
        let run = try folder.open(manifests[0].sections[0].runs[1], rule: .sum)
        #expect(run.reference.entryCount == 10)
        let again = try folder.open(manifests[0].sections[0].runs[1], rule: .sum)
        #expect(run === again)
        let check = try folder.check()
        #expect(check.isSound && check.manifestCount == 2 && check.runCount == 2 && check.entryCount == 30)
        let statistics = folder.statistics
        #expect(statistics.byteCount == check.byteCount && statistics.fileCount == 4 && statistics.runCount == 2)
        #expect(statistics.manifests.map(\.entryCount) == [30, 20])
        #expect(statistics.manifests[0].offset == Offset(9) && statistics.manifests[0].byteCount > 0)
    }

    @Test func `a run goes with the last manifest that names it and the last one who holds it`() throws {
        let fileSystem = try StateSample.disk()
        let folder = try StateSample.open(fileSystem)
        func path(_ run: RunReference) -> String { "\(StateSample.directory)/\(StateNames.run(run.id))" }
        var held: Run? = try StateSample.write(0..<5, in: folder)
        let reference = try #require(held?.reference)
        for round in 0..<4 {
            try folder.publish(StateSample.manifest(round == 0 ? [try #require(held)] : [], offset: Int64(round)))
            #expect(fileSystem.contents(path(reference)) != nil, "round \(round)")
        }
        let unnamed = try StateSample.write(5..<9, in: folder).reference
        #expect(fileSystem.contents(path(unnamed)) != nil)
        held = nil
        try folder.publish(StateSample.manifest([], offset: 9))
        #expect(fileSystem.contents(path(reference)) == nil && fileSystem.contents(path(unnamed)) == nil)
        #expect(#expect(throws: StateError.self) { try folder.open(reference, rule: .sum) }?.code == .notFound)
        #expect(fileSystem.paths.count == 2, "\(fileSystem.paths)")
    }

    @Test func `a manifest that names a run that is gone is not published`() throws {
        let fileSystem = try StateSample.disk()
        let folder = try StateSample.open(fileSystem)
        let run = try StateSample.write(0..<5, in: folder)
        try folder.publish(StateSample.manifest([run]))
        try folder.drop()
        let steps = fileSystem.stepCount
        let error = #expect(throws: StateError.self) { try folder.publish(StateSample.manifest([run])) }
        #expect(error?.code == .notFound && error?.path?.hasSuffix("/0000000000000001.run") == true)
        #expect(fileSystem.stepCount == steps)
    }

    @Test func `a drop removes everything, and the folder stays usable with new ids`() throws {
        let fileSystem = try StateSample.disk()
        let (_, manifests) = try StateSample.twoManifests(fileSystem)
        let folder = try StateSample.open(fileSystem)
        let kept = try folder.open(manifests[0].sections[0].runs[0], rule: .sum)
        try folder.drop()
        #expect(fileSystem.paths.isEmpty && folder.manifests.isEmpty && folder.statistics.byteCount == 0)
        let run = try StateSample.write(0..<5, in: folder)
        #expect(run.reference.id == 3 && kept.reference.id == 1)
        #expect(try folder.publish(StateSample.manifest([run])).number == 3)
        #expect(try folder.check().isSound)
    }

    @Test func `a second opening is refused while the first one lasts`() throws {
        let directory = NSTemporaryDirectory() + "leftfold-state-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: directory) }
        var folder: StateFolder? = try StateFolder.open(directory, logID: "a", semantics: 1)
        let run = try StateSample.write(0..<5, in: #require(folder))
        try folder?.publish(StateSample.manifest([run]))
        let error = #expect(throws: StateError.self) { try StateFolder.open(directory, logID: "a", semantics: 1) }
        #expect(error?.code == .locked && error?.path == directory + "/LOCK")
        #expect(error?.message == "the state is in use by process \(getpid())")
        #expect(error?.hint?.contains("leftfold state stat") == true)
        let beside = try StateFolder.openReadOnly(directory, logID: "a", semantics: 1)
        #expect(beside.manifests == folder?.manifests && beside.manifests.count == 1)
        #expect(try beside.check().isSound)
        folder = nil
        #expect(try StateFolder.open(directory, logID: "a", semantics: 1).manifests.count == 1)
    }

    @Test func `what is open for reading only changes nothing`() throws {
        let fileSystem = try StateSample.disk()
        let missing = #expect(throws: StateError.self) { try StateSample.openReadOnly(fileSystem) }
        #expect(missing?.code == .notFound && missing?.hint?.contains("leftfold run") == true)
        let (runs, manifests) = try StateSample.twoManifests(fileSystem)
        fileSystem.setContents("\(StateSample.directory)/CHECKPOINT-9.tmp", [1])
        fileSystem.setContents("\(StateSample.directory)/00000000000000aa.run", [1])
        let steps = fileSystem.stepCount
        let folder = try StateSample.openReadOnly(fileSystem)
        #expect(folder.manifests == manifests)
        #expect(try folder.open(runs[0].reference, rule: .sum).reference == runs[0].reference)
        #expect(try folder.check().isSound)
        for call in [
            { try folder.drop() }, { _ = try folder.publish(manifests[0]) },
            { _ = try StateSample.write(0..<1, in: folder) }, { _ = try folder.merge(runs, isWhole: true) },
        ] {
            let error = #expect(throws: StateError.self) { try call() }
            #expect(error?.message == "the state is open for reading only")
        }
        #expect(fileSystem.stepCount == steps)
    }

    @Test func `what an interrupted step left is cleared away, and strangers are let alone`() throws {
        let fileSystem = try StateSample.disk()
        _ = try StateSample.twoManifests(fileSystem)
        let before = fileSystem.paths
        let strange = ["CHECKPOINT-x", "notes.tmp", "ffffffffffffffff.run"].map { "\(StateSample.directory)/\($0)" }
        for name in ["CHECKPOINT-7.tmp", "0000000000000009.run.tmp", "0000000000000008.run"] {
            fileSystem.setContents("\(StateSample.directory)/\(name)", [1, 2, 3])
        }
        for path in strange { fileSystem.setContents(path, [1]) }
        let folder = try StateSample.open(fileSystem)
        #expect(fileSystem.paths == (before + strange).sorted() && folder.refused.isEmpty)
        #expect(try folder.check().foreignNames == ["CHECKPOINT-x", "ffffffffffffffff.run", "notes.tmp"])
        // The id of the removed file is not given again.
        #expect(try StateSample.write(0..<1, in: folder).reference.id == 9)
    }

    #if os(Linux)
        @Test func `a folder that may not be written is said with what to do`() throws {
            let error = #expect(throws: StateError.self) { try StateFolder.open("/sys", logID: "a", semantics: 1) }
            #expect(error?.code == .io && error?.path == "/sys/LOCK")
            #expect(error?.hint?.contains("make /sys writable") == true)
        }
    #endif

    /// Runs that are written and opened while manifests are published stay, whoever is faster.
    @Test func `many may write while one publishes`() throws {
        let fileSystem = try StateSample.disk()
        let folder = try StateSample.open(fileSystem)
        let failures = Mutex<[String]>([])
        DispatchQueue.concurrentPerform(iterations: 4) { worker in
            do {
                var runs: [Run] = []
                for round in 0..<50 {
                    runs.append(try StateSample.write(round * 5..<round * 5 + 5, in: folder))
                    if worker == 0 { try folder.publish(StateSample.manifest(runs, offset: Int64(round))) }
                    if round % 8 == 7 { runs = [try folder.merge(runs, isWhole: true)].compactMap { $0 } }
                    for run in runs where fileSystem.contents(run.path) == nil {
                        throw StateError(.notFound, "a held run is gone", path: run.path)
                    }
                    if let found = folder.manifests.first, let reference = found.sections[0].runs.first, worker > 1 {
                        do throws(StateError) {
                            try RunFile.check(try folder.open(reference, rule: .sum))
                        } catch {
                            // Two manifests later it may be gone.
                            if folder.manifests.contains(found) { throw error }
                        }
                    }
                }
            } catch {
                failures.withLock { $0.append("worker \(worker): \(error)") }
            }
        }
        #expect(failures.withLock { $0 } == [])
        #expect(try folder.check().isSound)
        let last = try folder.publish(StateSample.manifest([], offset: 100))
        try folder.publish(StateSample.manifest([], offset: 101))
        #expect(folder.statistics.runCount == 0 && folder.manifests.contains(last))
    }

    /// Who finds no space clears away what nobody needs; what is on its way to the disk is needed.
    @Test func `a shortage in the middle of a publication takes nothing of it`() throws {
        let fileSystem = try StateSample.disk()
        var options = StateSample.options
        options.headroomByteCount = 1 << 30
        let folder = try StateSample.open(fileSystem, options: options)
        let run = try StateSample.write(0..<5, in: folder)
        fileSystem.setFreeByteCount(1 << 29)
        let failures = Mutex<[String]>([])
        let isOver = Atomic(false)
        DispatchQueue.concurrentPerform(iterations: 2) { worker in
            do {
                if worker == 0 {
                    defer { isOver.store(true, ordering: .relaxed) }
                    for round in 0..<1000 {
                        let done = try folder.publish(StateSample.manifest([run], offset: Int64(round)))
                        let path = "\(StateSample.directory)/\(StateNames.manifest(done.number))"
                        if fileSystem.contents(path) == nil { throw StateError(.notFound, "it is gone", path: path) }
                    }
                } else {
                    while !isOver.load(ordering: .relaxed) {
                        do throws(StateError) {
                            _ = try folder.merge([run], isWhole: true)
                            throw StateError(.io, "there was space")
                        } catch {
                            if error.code != .diskFull { throw error }
                        }
                    }
                }
            } catch {
                failures.withLock { $0.append("worker \(worker): \(error)") }
            }
        }
        #expect(failures.withLock { $0 } == [])
        #expect(try folder.check().isSound)
    }

    @Test func `a reader beside the writer always finds whole manifests`() throws {
        let fileSystem = try StateSample.disk()
        let (_, manifests) = try StateSample.twoManifests(fileSystem)
        let folder = try StateSample.open(fileSystem)
        let failures = Mutex<[String]>([])
        let isOver = Atomic(false)
        DispatchQueue.concurrentPerform(iterations: 2) { worker in
            do {
                if worker == 0 {
                    defer { isOver.store(true, ordering: .relaxed) }
                    for round in 0..<300 {
                        let run = try StateSample.write(round..<round + 5, in: folder)
                        try folder.publish(StateSample.manifest([run], offset: Int64(round)))
                    }
                } else {
                    while !isOver.load(ordering: .relaxed) {
                        let beside = try StateSample.openReadOnly(fileSystem)
                        let (found, check) = (beside.manifests, try beside.check())
                        guard !found.isEmpty, beside.refused.isEmpty, check.isSound, check.manifestCount > 0 else {
                            throw StateError(.corrupt, "found \(found), refused \(beside.refused), \(check)")
                        }
                    }
                }
            } catch {
                failures.withLock { $0.append("worker \(worker): \(error)") }
            }
        }
        #expect(failures.withLock { $0 } == [])
        #expect(folder.manifests[0].number == manifests[0].number + 300)
    }

    @Test func `the limit and the headroom refuse a run before it is written, and never a merge that frees space`()
        throws
    {
        let fileSystem = try StateSample.disk()
        var options = StateSample.options
        options.byteMax = 4000
        options.headroomByteCount = 5000
        let folder = try StateSample.open(fileSystem, options: options)
        var runs: [Run] = []
        var shortage: StateError?
        while shortage == nil, runs.count < 1000 {
            let number = runs.count * 5
            do {
                runs.append(try StateSample.write(number..<number + 5, in: folder))
            } catch let error as StateError {
                shortage = error
            }
        }
        #expect(shortage?.code == .diskFull && shortage?.message.contains("the limit is 3 kB") == true)
        #expect(folder.statistics.byteCount > 3000 && runs.count > 2)
        #expect(shortage?.hint != nil && shortage?.path == StateSample.directory)
        let merged = try #require(try folder.merge(runs, isWhole: true))
        runs = []
        // The inputs go to make space, before any manifest.
        let more = try StateSample.write(0..<5, in: folder)
        #expect(folder.statistics.runCount == 2)
        fileSystem.setFreeByteCount(5100)
        let low = #expect(throws: StateError.self) { try StateSample.write(0..<50, in: folder) }
        #expect(low?.code == .diskFull && low?.message.contains("4 kB are kept free") == true)
        try folder.publish(StateSample.manifest([merged, more]))
        fileSystem.setFreeByteCount(nil)
        _ = try StateSample.write(0..<5, in: folder)
    }

    @Test func `where there is no space for a run the elder manifest gives way, and the newest never`() throws {
        let fileSystem = try StateSample.disk()
        var options = StateSample.options
        options.byteMax = 6000
        let folder = try StateSample.open(fileSystem, options: options)
        for offset in 1...2 {
            let run = try StateSample.write(offset * 10..<offset * 10 + 5, in: folder)
            try folder.publish(StateSample.manifest([run], offset: Int64(offset)))
        }
        #expect(folder.manifests.map(\.number) == [2, 1])
        var runs: [Run] = []
        while runs.count < 1000, let run = try? StateSample.write(runs.count * 5..<runs.count * 5 + 5, in: folder) {
            runs.append(run)
        }
        #expect(runs.count > 2 && folder.manifests.map(\.number) == [2])
        #expect(try StateSample.openReadOnly(fileSystem).manifests.map(\.number) == [2])
        #expect(try folder.check().isSound)
    }

    @Test func `a manifest whose runs turned out to be damaged is refused by who reads them`() throws {
        let fileSystem = try StateSample.disk()
        let (_, manifests) = try StateSample.twoManifests(fileSystem)
        let folder = try StateSample.open(fileSystem)
        let damage = StateError(.corrupt, "damaged")
        folder.refuse(manifests[0], because: damage)
        #expect(folder.manifests == [manifests[1]] && folder.refused == [damage])
        try folder.publish(StateSample.manifest([], offset: 10))
        #expect(folder.manifests.map(\.number) == [3, 1])
        #expect(try StateSample.openReadOnly(fileSystem).manifests.map(\.number) == [3, 1])
    }

    @Test func `every manifest that names a damaged run is refused with it`() throws {
        let folder = try StateSample.open(try StateSample.disk())
        let shared = try StateSample.write(0..<5, in: folder)
        let other = try StateSample.write(5..<10, in: folder)
        for (offset, runs) in [(1, [shared]), (2, [shared, other])] {
            try folder.publish(StateSample.manifest(runs, offset: Int64(offset)))
        }
        let (elder, newest) = (folder.manifests[1], folder.manifests[0])
        folder.refuse(newest, because: StateError(.corrupt, "damaged", path: other.path))
        #expect(folder.manifests == [elder])
        try folder.publish(StateSample.manifest([shared, other], offset: 3))
        folder.refuse(folder.manifests[0], because: StateError(.corrupt, "damaged", path: shared.path))
        #expect(folder.manifests.isEmpty)
    }
}
