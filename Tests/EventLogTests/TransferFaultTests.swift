import Relational
import TestSupport
import Testing

@testable import EventLog

/// One call of an import that makes something durable; leaving it out must show.
enum ImportSyncSite: String, CaseIterable, Sendable {
    case frames, mark, manifest, names, folder

    func matches(_ kind: FaultyFileSystem.SyncKind, _ path: String) -> Bool {
        switch self {
        // By the name it was opened with.
        case .frames: kind == .file && path.hasSuffix(".seg.tmp")
        case .mark: kind == .file && path.hasSuffix("SYNCED")
        case .manifest: kind == .file && path.hasSuffix("MANIFEST.tmp")
        case .names: kind == .directory && path == Portable.directory + ".import"
        case .folder: kind == .directory && path == "/restored"
        }
    }
}

@Suite struct TransferFaultTests {
    private static let survivals: [FaultyFileSystem.Survival] = [
        .everything, .nothing, .random(seed: 1), .random(seed: 2), .random(seed: 3),
    ]

    /// Imports altered bytes, which must be refused and leave nothing.
    private static func expectRefused(_ bytes: [UInt8], _ what: String) {
        let fileSystem = Portable.disk(bytes)
        do {
            try Portable.load(fileSystem)
            Issue.record("\(what) was imported")
        } catch {
            #expect(error.code == .corrupt || error.code == .newerFormat, "\(what): \(error)")
            #expect(error.hint != nil && error.hint != LogError.corruptHint, "\(what): \(error)")
        }
        let left = fileSystem.paths.filter { $0 != Portable.path }
        #expect(left == [], "\(what) left \(left)")
        #expect((try? fileSystem.list(Portable.directory)) == nil, "\(what) left a folder")
        #expect((try? fileSystem.list(Portable.directory + ".import")) == nil, "\(what) left a folder")
    }

    @Test(arguments: UInt64(300)..<301)
    func `a file that is cut off at any byte, or goes on, is refused and leaves nothing`(seed: UInt64) throws {
        let (_, bytes) = try Portable.sample(seed: seed, stepCount: 40)
        for count in 0..<bytes.count { Self.expectRefused(Array(bytes.prefix(count)), "seed \(seed), \(count) bytes") }
        for more in [1, 8, 64] {
            Self.expectRefused(bytes + [UInt8](repeating: 0, count: more), "seed \(seed), \(more) bytes more")
        }
        Self.expectRefused(bytes + bytes, "seed \(seed), the file twice")
    }

    @Test(arguments: UInt64(310)..<311)
    func `a file with any bit turned is refused and leaves nothing`(seed: UInt64) throws {
        let (_, bytes) = try Portable.sample(seed: seed, stepCount: 25)
        for index in bytes.indices {
            for bit in 0..<8 {
                var altered = bytes
                altered[index] ^= 1 << UInt8(bit)
                Self.expectRefused(altered, "seed \(seed), byte \(index), bit \(bit)")
            }
        }
    }

    /// Checksums do not tell who wrote a file: what they cover is checked as well.
    @Test func `a file with right checksums and a false content is refused`() throws {
        let (_, bytes) = try Portable.sample(seed: 320, stepCount: 40)
        let parts = try PortableLog(header: try Portable.disk(bytes).open(Portable.path, .read), path: Portable.path)
        let frames = Array(bytes[parts.header.count..<bytes.count - PortableLog.trailerByteCount])
        func file(_ header: PortableLog, _ trailer: PortableLog) -> [UInt8] {
            var bytes = header.header + frames + trailer.trailer
            withUnsafeBytes(of: bytes.checksum().littleEndian) { bytes += $0 }
            return bytes
        }
        let disk = Portable.disk(bytes)
        let true_ = try Portable.load(disk)
        try #require(file(true_, true_) == bytes)
        var other = true_
        other.endOffset = Offset(true_.endOffset.rawValue - 1)
        Self.expectRefused(file(other, true_), "an end inside the frames")
        other.endOffset = Offset(true_.endOffset.rawValue + 1)
        Self.expectRefused(file(other, true_), "an end beyond the frames")
        other = true_
        other.firstOffset = Offset(1)
        Self.expectRefused(file(other, true_), "a first offset that is not zero")
        other = true_
        other.manifest.id = LogID(high: 1, low: 2)
        Self.expectRefused(file(other, true_), "frames of another log")
        for change in [\PortableLog.frameCount, \.recordCount] {
            other = true_
            other[keyPath: change] += 1
            Self.expectRefused(file(true_, other), "a false count")
        }
    }

    @Test(arguments: UInt64(330)..<333)
    func `a crash at any call of an import leaves no log or the whole one`(seed: UInt64) throws {
        let (log, bytes) = try Portable.sample(seed: seed, stepCount: 60)
        let expected = try log.delivered()
        let whole = Portable.disk(bytes)
        let end = try Portable.load(whole).endOffset
        #expect(whole.stepCount > 20)
        for stop in 0...whole.stepCount {
            for survival in Self.survivals {
                let place = "seed \(seed), stopped at call \(stop), \(survival)"
                let fileSystem = Portable.disk(bytes)
                fileSystem.stop(atStep: stop)
                let isDone = (try? Portable.load(fileSystem)) != nil
                fileSystem.crash(survival)
                let names = try fileSystem.list(Portable.directory) ?? []
                if names.isEmpty {
                    #expect(!isDone, "\(place): an import that has ended is forgotten")
                    try Portable.load(fileSystem)
                }
                try Self.expectWhole(fileSystem, expected, end, place)
            }
        }
    }

    private static func expectWhole(
        _ fileSystem: FaultyFileSystem,
        _ expected: [Delivery],
        _ end: Offset,
        _ place: String
    ) throws {
        let directory = Portable.directory
        let check = try EventLog.check(directory: directory, fileSystem: fileSystem)
        #expect(check.isSound && check.tornByteCount == 0, "\(place): \(check.faults)")
        let log = try Portable.open(fileSystem)
        #expect(try log.delivered() == expected, "\(place)")
        let mark = try SyncedMark.read(in: directory, seed: Checksum.seed(log.id), fileSystem: fileSystem)
        #expect(mark == end, "\(place): marked up to \(mark)")
    }

    @Test(arguments: ImportSyncSite.allCases)
    func `leaving out any sync of an import breaks the promise`(site: ImportSyncSite) throws {
        let (log, bytes) = try Portable.sample(seed: 340, stepCount: 60)
        let fileSystem = Portable.disk(bytes)
        fileSystem.leaveOut { site.matches($0, $1) }
        try Portable.load(fileSystem)
        fileSystem.crash(.nothing)
        let mark = try SyncedMark.read(in: Portable.directory, seed: Checksum.seed(log.id), fileSystem: fileSystem)
        let expected = try log.delivered()
        let isWhole = mark > .zero && (try? Portable.open(fileSystem).delivered()) == expected
        #expect(!isWhole, "no crash shows that the sync of \(site) is missing")
    }

    @Test func `a log that is there is not touched`() throws {
        let (_, bytes) = try Portable.sample(seed: 350, stepCount: 40)
        let fileSystem = Portable.disk(bytes)
        let log = try EventLog.open(directory: Portable.directory, fileSystem: fileSystem)
        for isOpen in [true, false] {
            if !isOpen { try log.close() }
            let steps = fileSystem.stepCount
            let error = #expect(throws: LogError.self) { try Portable.load(fileSystem) }
            #expect(error?.code == .exists && error?.place?.path == Portable.directory)
            #expect(error?.hint?.contains("--data FOLDER") == true)
            #expect(fileSystem.stepCount == steps, "nothing was written")
        }
        #expect(try Portable.open(fileSystem).id == log.id)
    }

    @Test func `a full disk or a missing file is said, and leaves nothing`() throws {
        let (_, bytes) = try Portable.sample(seed: 360, stepCount: 60)
        let fileSystem = Portable.disk(bytes)
        fileSystem.setFreeByteCount(bytes.count / 2)
        let full = #expect(throws: LogError.self) { try Portable.load(fileSystem) }
        #expect(full?.code == .diskFull)
        #expect(fileSystem.paths == [Portable.path])
        fileSystem.destroy(Portable.path)
        let missing = #expect(throws: LogError.self) { try Portable.load(fileSystem) }
        #expect(missing?.code == .notFound && missing?.hint?.contains("leftfold log export") == true)
    }

    /// Beside what an import makes of it, a cut after the import must be corruption, not a torn tail.
    @Test func `an imported log knows that it was durable to its end`() throws {
        let (_, bytes) = try Portable.sample(seed: 370, stepCount: 60)
        let fileSystem = Portable.disk(bytes)
        try Portable.load(fileSystem)
        let last = try #require(fileSystem.paths.last { $0.hasSuffix(".seg") })
        fileSystem.setContents(last, Array(try #require(fileSystem.contents(last)).dropLast(8)))
        let error = #expect(throws: LogError.self) { try Portable.open(fileSystem) }
        #expect(error?.code == .corrupt)
    }

    @Test func `an export that fails or crashes anywhere leaves the file that was there`() throws {
        let source = FaultyFileSystem()
        let (_, bytes) = try Portable.sample(seed: 380, stepCount: 30, on: source)
        let old: [UInt8] = [1, 2, 3]
        func disk() throws -> FaultyFileSystem {
            let fileSystem = FaultyFileSystem()
            for folder in ["/data", "/data/deep", LogWorkload.directory] {
                _ = try fileSystem.createDirectory(folder)
                try fileSystem.synchronizeDirectory(LogFolder.parent(of: folder))
            }
            for path in source.paths { fileSystem.setContents(path, source.contents(path) ?? []) }
            fileSystem.setContents(Portable.path, old)
            return fileSystem
        }
        func export(_ fileSystem: FaultyFileSystem) throws {
            let directory = LogWorkload.directory
            try LogExport.write(directory: directory, fileSystem: fileSystem, toFile: Portable.path)
        }
        let whole = try disk()
        let before = whole.stepCount
        try export(whole)
        #expect(whole.contents(Portable.path) == bytes)
        #expect(whole.contents(Portable.path + ".tmp") == nil)
        for stop in 0...whole.stepCount - before {
            for survival in Self.survivals {
                let fileSystem = try disk()
                fileSystem.stop(atStep: stop)
                let isDone = (try? export(fileSystem)) != nil
                fileSystem.crash(survival)
                let found = fileSystem.contents(Portable.path)
                #expect(found == bytes || !isDone && found == old, "stopped at call \(stop), \(survival)")
            }
        }
        let full = try disk()
        full.setFreeByteCount(100)
        #expect(throws: LogError.self) { try export(full) }
        #expect(full.contents(Portable.path) == old && full.contents(Portable.path + ".tmp") == nil)
    }
}
