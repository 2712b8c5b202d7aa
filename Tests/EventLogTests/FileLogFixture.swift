import EventLog
import Synchronization
import TestSupport

/// A log in the files of a `FaultyFileSystem`, with small segments and buffers of sizes that follow from the seed.
final class FileLogFixture: LogFixture, LogFaults {
    static let directory = "/data/deep/log"

    let fileSystem = FaultyFileSystem()
    let activity = Activity()
    private let options: LogOptions
    static let isCompacting = true

    /// What the suite is doing, shared with the file system's faults.
    final class Activity: Sendable {
        private let activity = Mutex(LogActivity.creating)

        var value: LogActivity {
            get { activity.withLock { $0 } }
            set { activity.withLock { $0 = newValue } }
        }
    }

    init(seed: UInt64) {
        var random = SeededGenerator(seed: seed ^ 0x5EED)
        options = LogOptions(
            segmentByteTarget: Int.random(in: 500...5000, using: &random),
            bufferByteLimit: Int.random(in: 1500...6000, using: &random),
            newID: LogID(high: 0x1111_2222_3333_4444, low: seed)
        )
    }

    var isCompacting: Bool { Self.isCompacting }

    var faults: (any LogFaults)? { self }

    func willBegin(_ activity: LogActivity) { self.activity.value = activity }

    func open() throws -> EventLog {
        try EventLog.open(directory: Self.directory, fileSystem: fileSystem, options: options)
    }

    // MARK: Faults

    var callCount: Int { fileSystem.stepCount }

    func stop(atCall call: Int) { fileSystem.stop(atStep: call) }

    var isStopped: Bool { fileSystem.isStopped }

    func crash(seed: UInt64) {
        switch seed % 4 {
        case 0: fileSystem.crash(.everything)
        case 1: fileSystem.crash(.nothing)
        default: fileSystem.crash(.random(seed: seed))
        }
    }

    var allocationCount: Int { fileSystem.allocationCount }

    func fill(atAllocation allocation: Int) { fileSystem.fillDisk(atAllocation: allocation) }

    var isFull: Bool { fileSystem.isFull }

    func free() { fileSystem.freeDisk() }
}

extension LogConformance where Fixture == FileLogFixture, Reader == LogReader {
    /// The suite over logs in files.
    static var ofFiles: Self { LogConformance(reading: LogReader.self) { FileLogFixture(seed: $0) } }
}
