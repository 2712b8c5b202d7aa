import EventLog
import Relational
import TestSupport

/// Bytes in memory, for exports that go nowhere else; refuses more than a limit.
struct MemorySink: ByteSink {
    var bytes: [UInt8] = []
    var byteLimit = Int.max

    mutating func write(_ bytes: UnsafeRawBufferPointer) throws(LogError) {
        guard self.bytes.count + bytes.count <= byteLimit else { throw LogError(.io, "the sink is full") }
        self.bytes += bytes
    }
}

/// Exported logs and what becomes of them.
enum Portable {
    static let path = "/backup.leftfoldlog"
    static let directory = "/restored/log"

    static func export(_ fileSystem: any FileSystem, _ directory: String = LogWorkload.directory) throws -> [UInt8] {
        var sink = MemorySink()
        try LogExport.write(directory: directory, fileSystem: fileSystem, to: &sink)
        return sink.bytes
    }

    /// A file system that holds nothing but an exported file.
    static func disk(_ bytes: [UInt8]) -> FaultyFileSystem {
        let fileSystem = FaultyFileSystem()
        fileSystem.setContents(path, bytes)
        return fileSystem
    }

    @discardableResult
    static func load(_ fileSystem: FaultyFileSystem, segmentByteTarget: Int = 700) throws(LogError) -> PortableLog {
        try LogImport.read(path, into: directory, fileSystem: fileSystem, segmentByteTarget: segmentByteTarget)
    }

    static func open(_ fileSystem: any FileSystem, _ directory: String = directory) throws -> EventLog {
        try EventLog.open(
            directory: directory,
            fileSystem: fileSystem,
            options: LogOptions(createIfMissing: false)
        )
    }

    /// A seeded log with everything in it, flushed, and its export.
    static func sample(
        seed: UInt64,
        stepCount: Int,
        on fileSystem: FaultyFileSystem = FaultyFileSystem()
    ) throws -> (log: EventLog, bytes: [UInt8]) {
        let workload = LogWorkload(seed: seed, fileSystem: fileSystem)
        for _ in 0..<stepCount { try workload.step() }
        guard let log = workload.log else { throw Violation(description: "no log after \(stepCount) steps") }
        try log.flush()
        return (log, try export(fileSystem))
    }
}
