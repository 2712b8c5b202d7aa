import Relational
import TestSupport
import Testing

@testable import EventLog

/// `SEALED` makes an opening faster and never changes what it finds.
@Suite struct RecoveryPointTests {
    private static let path = "\(LogWorkload.directory)/\(RecoveryPoint.name)"

    /// What an opening finds, in words.
    private static func findings(_ fileSystem: FaultyFileSystem) throws -> [String] {
        fileSystem.crash(.everything)
        let log = try EventLog.open(
            directory: LogWorkload.directory,
            fileSystem: fileSystem,
            options: LogOptions(createIfMissing: false)
        )
        let statistics = log.statistics
        let schemas = (0..<statistics.schemaCount).map { "\(String(describing: log.schema(SchemaID(UInt32($0)))))" }
        let groups = log.makeGroup()
        return try log.delivered().map(\.description) + schemas + [
            "\(statistics.frontier)", "\(statistics.segments)", "\(statistics.openGroupCount)",
            "\(statistics.droppedGroupCount)", "\(groups)", "\(String(describing: log.source))",
        ]
    }

    private static func sample(seed: UInt64) throws -> FaultyFileSystem {
        let workload = LogWorkload(seed: seed, fileSystem: FaultyFileSystem())
        for _ in 0..<60 { try workload.step() }
        try workload.flushAll()
        return workload.fileSystem
    }

    private static func point(_ fileSystem: FaultyFileSystem) throws -> RecoveryPoint? {
        let manifest = try Manifest.read(in: LogWorkload.directory, fileSystem: fileSystem)
        return try RecoveryPoint.read(in: LogWorkload.directory, try #require(manifest), fileSystem: fileSystem)
    }

    @Test(arguments: UInt64(500)..<512)
    func `an opening finds the same with the point and without it`(seed: UInt64) throws {
        let fileSystem = try Self.sample(seed: seed)
        let covered = try #require(try Self.point(fileSystem)?.segments.count, "seed \(seed)")
        let with = try Self.findings(fileSystem)
        fileSystem.destroy(Self.path)
        #expect(try Self.findings(fileSystem) == with, "seed \(seed)")
        // The walk has written it again.
        #expect(try Self.point(fileSystem)?.segments.count == covered, "seed \(seed)")
    }

    @Test func `a point that is damaged or does not fit the files is left aside`() throws {
        let fileSystem = try Self.sample(seed: 520)
        let expected = try Self.findings(fileSystem)
        let bytes = try #require(fileSystem.contents(Self.path))
        for index in stride(from: 0, to: bytes.count, by: 7) {
            var damaged = bytes
            damaged[index] ^= 1 << UInt8(index % 8)
            fileSystem.setContents(Self.path, damaged)
            #expect(try Self.point(fileSystem) == nil, "byte \(index)")
            fileSystem.setContents(Self.path, Array(bytes[..<index]))
            #expect(try Self.point(fileSystem) == nil, "cut off at \(index)")
        }
        #expect(try Self.findings(fileSystem) == expected)
        // A segment that became longer or shorter is not the one that was noted.
        fileSystem.setContents(Self.path, bytes)
        let segment = "\(LogWorkload.directory)/00000000000000000000.seg"
        let frames = try #require(fileSystem.contents(segment))
        fileSystem.setContents(segment, frames + [0])
        #expect(try Self.point(fileSystem) == nil)
        #expect(throws: LogError.self) { try Self.findings(fileSystem) }
        fileSystem.setContents(segment, Array(frames.dropLast()))
        #expect(throws: LogError.self) { try Self.findings(fileSystem) }
    }

    @Test func `a point of another log is left aside`() throws {
        let (one, other) = (try Self.sample(seed: 530), try Self.sample(seed: 531))
        #expect(one.contents(Self.path) != other.contents(Self.path))
        let expected = try Self.findings(one)
        let foreign = try #require(other.contents(Self.path))
        one.setContents(Self.path, foreign)
        #expect(try Self.point(one) == nil)
        #expect(try Self.findings(one) == expected)
    }
}
