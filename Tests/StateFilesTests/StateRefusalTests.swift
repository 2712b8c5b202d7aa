import EventLog
import TestSupport
import Testing

@testable import StateFiles

/// What a folder may look like, each with its own words and a next step; the answer is never wrong.
@Suite struct StateRefusalTests {
    private static func path(_ name: String) -> String { "\(StateSample.directory)/\(name)" }

    /// Opens a folder that must go on from the elder manifest, or from none.
    private static func expectRefused(
        _ fileSystem: FaultyFileSystem,
        left: [UInt64],
        _ code: StateError.Code,
        path: String,
        _ words: String
    ) throws {
        let before = fileSystem.paths
        let beside = try StateSample.openReadOnly(fileSystem)
        let folder = try StateSample.open(fileSystem)
        for folder in [beside, folder] {
            #expect(folder.manifests.map(\.number) == left)
            let error = try #require(folder.refused.first)
            #expect(error.code == code && error.path == path, "\(error)")
            #expect(error.message.contains(words), "\(error)")
            #expect(error.hint?.contains("leftfold state") == true, "\(error)")
            let faults = try folder.check().faults
            #expect(faults.contains(error), "\(faults)")
        }
        // Of a manifest that cannot be read any more, not even its runs are of use.
        if !path.contains("CHECKPOINT") || code != .corrupt {
            #expect(fileSystem.paths == before, "nothing goes before the next manifest")
        }
        let run = try StateSample.write(100..<105, in: folder)
        #expect(!before.contains(Self.path(StateNames.run(run.reference.id))))
        let manifest = try folder.publish(StateSample.manifest([run], offset: 50))
        #expect(folder.manifests.map(\.number) == [manifest.number] + left)
        #expect(try folder.check().isSound)
    }

    @Test func `the state of another log is not taken`() throws {
        let fileSystem = try StateSample.disk()
        let log = "00000000-0000-4000-8000-000000000001"
        let other = try StateSample.open(fileSystem, logID: log)
        try other.publish(StateSample.manifest([try StateSample.write(0..<5, in: other)]))
        fileSystem.crash(.everything)
        let words = "the state was made from another log"
        try Self.expectRefused(fileSystem, left: [], .foreign, path: Self.path("CHECKPOINT-1"), words)
    }

    @Test func `a run of another log does not open, whatever the manifest says`() throws {
        let fileSystem = try StateSample.disk()
        let (runs, _) = try StateSample.twoManifests(fileSystem)
        fileSystem.crash(.everything)
        let path = Self.path(StateNames.run(runs[1].reference.id))
        let foreign = try StateSample.disk()
        let other = try StateSample.open(foreign, logID: "another")
        for number in 0..<2 { _ = try StateSample.write(number..<number + 10, in: other) }
        fileSystem.setContents(path, try #require(foreign.contents(path)))
        try Self.expectRefused(
            fileSystem,
            left: [1],
            .corrupt,
            path: path,
            "CHECKPOINT-2 names a run that cannot be used"
        )
    }

    @Test func `the state of other rules is not taken`() throws {
        let fileSystem = try StateSample.disk()
        let other = try StateSample.open(fileSystem, semantics: StateSample.semantics + 1)
        try other.publish(StateSample.manifest([try StateSample.write(0..<5, in: other)]))
        fileSystem.crash(.everything)
        let words = "the state was made by other rules of evaluation"
        try Self.expectRefused(fileSystem, left: [], .otherSemantics, path: Self.path("CHECKPOINT-1"), words)
    }

    @Test func `the state of a newer version is not taken, and not touched by an opening`() throws {
        let fileSystem = try StateSample.disk()
        let (_, manifests) = try StateSample.twoManifests(fileSystem)
        fileSystem.crash(.everything)
        let text = String(decoding: manifests[0].bytes.dropLast(16), as: UTF8.self)
        let body = Array(text.replacing("leftfold-state 1", with: "leftfold-state 2").utf8)
        let checksum = body.withUnsafeBytes { Checksum.crc32c($0) }
        let seal = Array("crc32c \(StateNames.hexadecimal(checksum))\n".utf8)
        fileSystem.setContents(Self.path("CHECKPOINT-2"), body + seal)
        // A file of the newer version that only its manifest knows.
        fileSystem.setContents(Self.path("00000000000000aa.run"), [1, 2, 3])
        let words = "written by a newer version of leftfold"
        try Self.expectRefused(fileSystem, left: [1], .newerFormat, path: Self.path("CHECKPOINT-2"), words)
    }

    @Test func `a manifest that names a missing run is refused as a whole`() throws {
        let fileSystem = try StateSample.disk()
        let (runs, _) = try StateSample.twoManifests(fileSystem)
        fileSystem.crash(.everything)
        let path = Self.path(StateNames.run(runs[1].reference.id))
        fileSystem.destroy(path)
        try Self.expectRefused(
            fileSystem,
            left: [1],
            .notFound,
            path: path,
            "CHECKPOINT-2 names a run that cannot be used"
        )
    }

    @Test func `without the run that both name, neither is taken`() throws {
        let fileSystem = try StateSample.disk()
        let (runs, _) = try StateSample.twoManifests(fileSystem)
        fileSystem.crash(.everything)
        let path = Self.path(StateNames.run(runs[0].reference.id))
        fileSystem.destroy(path)
        try Self.expectRefused(
            fileSystem,
            left: [],
            .notFound,
            path: path,
            "CHECKPOINT-2 names a run that cannot be used"
        )
    }

    @Test func `a run that is cut off anywhere, or goes on, is refused`() throws {
        let made = try StateSample.disk()
        let (runs, _) = try StateSample.twoManifests(made)
        made.crash(.everything)
        let path = Self.path(StateNames.run(runs[1].reference.id))
        let bytes = try #require(made.contents(path))
        for count in Array(0..<bytes.count) + [bytes.count + 1] {
            made.setContents(path, count > bytes.count ? bytes + [0] : Array(bytes.prefix(count)))
            let folder = try StateSample.openReadOnly(made)
            #expect(folder.manifests.map(\.number) == [1], "\(count) bytes")
            #expect(folder.refused.map(\.path) == [path] && folder.refused[0].code == .corrupt, "\(count) bytes")
        }
        try Self.expectRefused(made, left: [1], .corrupt, path: path, "CHECKPOINT-2 names a run that cannot be used")
    }

    @Test func `a bit turned in any manifest or run is found by a check`() throws {
        let made = try StateSample.disk()
        _ = try StateSample.twoManifests(made)
        made.crash(.everything)
        #expect(try StateSample.openReadOnly(made).check().isSound)
        for path in made.paths where !path.hasSuffix("LOCK") {
            let bytes = try #require(made.contents(path))
            for index in bytes.indices {
                var altered = bytes
                altered[index] ^= 1 << UInt8(index % 8)
                made.setContents(path, altered)
                let folder = try StateSample.openReadOnly(made)
                let faults = try folder.check().faults
                #expect(!faults.isEmpty, "byte \(index) of \(path)")
                #expect(faults.allSatisfy { $0.hint != nil && $0.path == path }, "byte \(index) of \(path): \(faults)")
            }
            made.setContents(path, bytes)
        }
    }

    @Test func `a damaged manifest falls back to the elder one, and to none`() throws {
        let fileSystem = try StateSample.disk()
        _ = try StateSample.twoManifests(fileSystem)
        fileSystem.crash(.everything)
        for (name, left) in [("CHECKPOINT-2", [UInt64(1)]), ("CHECKPOINT-1", [])] {
            let path = Self.path(name)
            var bytes = try #require(fileSystem.contents(path))
            bytes[bytes.count / 2] ^= 1
            fileSystem.setContents(path, bytes)
            let folder = try StateSample.openReadOnly(fileSystem)
            #expect(folder.manifests.map(\.number) == left)
            #expect(folder.refused.count == 2 - left.count)
            #expect(folder.refused.allSatisfy { $0.message == "a manifest of state is damaged" })
        }
        fileSystem.setContents(Self.path("CHECKPOINT-2"), try #require(fileSystem.contents(Self.path("CHECKPOINT-1"))))
        #expect(try StateSample.open(fileSystem).refused.count == 2)
    }

    @Test func `a manifest under the name of another one is refused`() throws {
        let fileSystem = try StateSample.disk()
        _ = try StateSample.twoManifests(fileSystem)
        fileSystem.crash(.everything)
        let bytes = try #require(fileSystem.contents(Self.path("CHECKPOINT-1")))
        fileSystem.setContents(Self.path("CHECKPOINT-2"), bytes)
        let words = "has the name of another one"
        try Self.expectRefused(fileSystem, left: [1], .corrupt, path: Self.path("CHECKPOINT-2"), words)
    }
}
