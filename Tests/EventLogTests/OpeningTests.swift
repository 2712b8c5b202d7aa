import Foundation
import Relational
import TestSupport
import Testing

@testable import EventLog

@Suite struct OpeningTests {
    @Test func `a missing log is an error unless it may be created`() throws {
        let fileSystem = FaultyFileSystem()
        let error = #expect(throws: LogError.self) {
            try EventLog.open(directory: "/log", fileSystem: fileSystem, options: LogOptions(createIfMissing: false))
        }
        #expect(error?.code == .notFound && error?.hint != nil)
        #expect(fileSystem.paths.isEmpty)
    }

    @Test func `a log keeps its identity and refuses another source or an older timeline`() throws {
        let fileSystem = FaultyFileSystem()
        let first = try EventLog.open(directory: "/log", fileSystem: fileSystem)
        let id = first.id
        #expect(first.source == nil)
        try first.follow(SourceIdentity(systemIdentifier: "71", timeline: 2))
        try first.close()
        let second = try EventLog.open(directory: "/log", fileSystem: fileSystem)
        #expect(second.id == id && second.source == SourceIdentity(systemIdentifier: "71", timeline: 2))
        for source in [
            SourceIdentity(systemIdentifier: "72", timeline: 2), SourceIdentity(systemIdentifier: "71", timeline: 1),
        ] {
            let error = #expect(throws: LogError.self) { try second.follow(source) }
            #expect(error?.code == .foreign && error?.hint != nil)
        }
        try second.follow(SourceIdentity(systemIdentifier: "71", timeline: 3))
        #expect(second.source?.timeline == 3)
        #expect(throws: LogError.self) { try second.follow(SourceIdentity(systemIdentifier: "7\n1", timeline: 3)) }
    }

    @Test func `files of a newer format are refused, not damaged`() throws {
        let log = try ClosedLog(commitCount: 3)
        let manifest = "\(ClosedLog.directory)/MANIFEST"
        let text = String(decoding: log.fileSystem.contents(manifest) ?? [], as: UTF8.self)
        let newer = text.replacing("leftfold-log 2", with: "leftfold-log 3")
        log.fileSystem.setContents(manifest, Array(newer.utf8))
        #expect(#expect(throws: LogError.self) { try log.readAll() }?.code == .newerFormat)
        log.fileSystem.setContents(manifest, Array(text.utf8))
        let segment = "\(ClosedLog.directory)/00000000000000000000.seg"
        var bytes = try #require(log.fileSystem.contents(segment))
        bytes[8] = 3
        log.fileSystem.setContents(segment, bytes)
        #expect(#expect(throws: LogError.self) { try log.readAll() }?.code == .newerFormat)
    }

    @Test func `a manifest of the older format is read`() throws {
        let log = try ClosedLog(commitCount: 3)
        let path = "\(ClosedLog.directory)/MANIFEST"
        let expected = try log.readAll()
        let manifest = try #require(try Manifest.read(in: ClosedLog.directory, fileSystem: log.fileSystem))
        let source = try #require(manifest.source)
        let follows = "source \(source.systemIdentifier) timeline \(source.timeline)"
        let body = "leftfold-log 1\nid \(manifest.id)\n\(follows)\n"
        log.fileSystem.setContents(path, Array(ReplacedText.sealed(body).utf8))
        #expect(try log.readAll() == expected)
    }

    @Test func `a segment of another log is refused`() throws {
        let log = try ClosedLog(commitCount: 3)
        let other = try ClosedLog(commitCount: 3)
        let segment = "\(ClosedLog.directory)/00000000000000000000.seg"
        log.fileSystem.setContents(segment, try #require(other.fileSystem.contents(segment)))
        let error = #expect(throws: LogError.self) { try log.readAll() }
        #expect(error?.code == .foreign && error?.place?.path == segment)
    }

    @Test func `a foreign file is left alone and named by check, unless it looks like a segment`() throws {
        let log = try ClosedLog(commitCount: 3)
        log.fileSystem.setContents("\(ClosedLog.directory)/notes.txt", [1, 2, 3])
        #expect(try log.readAll() == log.deliveries)
        #expect(log.fileSystem.contents("\(ClosedLog.directory)/notes.txt") == [1, 2, 3])
        let check = try EventLog.check(directory: ClosedLog.directory, fileSystem: log.fileSystem)
        #expect(check.foreignNames == ["notes.txt"])
        log.fileSystem.setContents("\(ClosedLog.directory)/copy.seg", [1])
        #expect(#expect(throws: LogError.self) { try log.readAll() }?.code == .foreign)
    }

    @Test func `a second opening is refused and told who holds the log`() throws {
        let folder = TemporaryFolder()
        let log = try EventLog.open(directory: folder.path + "/log")
        let error = #expect(throws: LogError.self) { try EventLog.open(directory: folder.path + "/log") }
        #expect(error?.code == .locked)
        #expect(error?.message.contains("process \(ProcessInfo.processInfo.processIdentifier)") == true)
        try log.close()
        try EventLog.open(directory: folder.path + "/log").close()
    }

    @Test func `another process's lock keeps the log closed`() throws {
        let folder = TemporaryFolder()
        try EventLog.open(directory: folder.path).close()
        let holder = Process()
        holder.executableURL = URL(fileURLWithPath: "/usr/bin/flock")
        // Says "held" once it has the lock, and ends with its input.
        holder.arguments = ["-n", folder.path + "/LOCK", "sh", "-c", "echo held; read line"]
        let input = Pipe()
        let output = Pipe()
        holder.standardInput = input
        holder.standardOutput = output
        try holder.run()
        _ = output.fileHandleForReading.availableData
        let error = #expect(throws: LogError.self) { try EventLog.open(directory: folder.path) }
        #expect(error?.code == .locked)
        try input.fileHandleForWriting.close()
        holder.waitUntilExit()
        try EventLog.open(directory: folder.path).close()
    }

    @Test func `identities survive their printed form`() {
        var random = SeededGenerator(seed: 3)
        for _ in 0..<100 {
            let id = LogID.random(using: &random)
            #expect(LogID(parsing: id.description) == id)
        }
        for text in ["", "6f3c2a52", "6f3c2a52-7f0e-4b0c-9d5b-0d3a8f6f1c1", "6f3c2a52-7f0e-4b0c-9d5b-0d3a8f6f1cgg"] {
            #expect(LogID(parsing: text) == nil)
        }
    }
}

/// A folder that is removed with its contents at the end of a test.
final class TemporaryFolder {
    let path: String

    init() {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("leftfold-\(UUID())").path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
