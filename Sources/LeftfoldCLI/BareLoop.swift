import EventLog
import Relational

/// What a program does that only writes the bytes, with one write and one sync where the log has one flush: the baseline of appending.
struct BareWriter: ~Copyable {
    private let file: any LogFile
    private var position: Int64 = 0
    private let frameByteCount: Int
    /// The frames of one sync.
    private var bytes: ByteSlab
    private let clock = ContinuousClock()

    init(_ path: String, _ workload: borrowing BenchWorkload, _ fileSystem: PosixFileSystem) throws {
        frameByteCount = 64 + workload.records.count
        bytes = ByteSlab(capacity: BenchWorkload.batchesPerSync * frameByteCount)
        for _ in 0..<BenchWorkload.batchesPerSync {
            for _ in 0..<8 { bytes.append(integer: UInt64(0)) }
            bytes.append(workload.records.bytes)
        }
        file = try fileSystem.open(path, .create)
    }

    /// Writes as many bytes as the log has frames for.
    mutating func write(_ batchCount: Int) throws -> Duration {
        let start = clock.now
        var left = batchCount
        while left > 0 {
            let count = min(left, BenchWorkload.batchesPerSync) * frameByteCount
            try file.write(UnsafeRawBufferPointer(rebasing: bytes.bytes[..<count]), at: position)
            try file.synchronizeData()
            position += Int64(count)
            left -= BenchWorkload.batchesPerSync
        }
        return clock.now - start
    }
}

/// What a program does that only moves the bytes of files: the baseline of reading and compaction.
struct BareLoop {
    let fileSystem: PosixFileSystem
    private let clock = ContinuousClock()

    init(fileSystem: PosixFileSystem) { self.fileSystem = fileSystem }

    /// Reads files from beginning to end with `pread` and a buffer of 1 MiB.
    func read(_ paths: [String]) throws -> Duration {
        let start = clock.now
        try withBuffer { buffer in
            for path in paths { try read(path, buffer) { _, _ in } }
        }
        return clock.now - start
    }

    /// Copies files, each with an `fsync`, into files of the same number in `folder`, which are removed again untimed.
    func copy(_ paths: [String], into folder: String) throws -> Duration {
        let start = clock.now
        try withBuffer { buffer in
            for (index, path) in paths.enumerated() {
                let target = try fileSystem.open("\(folder)/copy\(index)", .create)
                try read(path, buffer) { try target.write($0, at: $1) }
                try target.synchronize()
            }
        }
        let time = clock.now - start
        for index in paths.indices { try fileSystem.remove("\(folder)/copy\(index)") }
        return time
    }

    private func withBuffer(_ body: (UnsafeMutableRawBufferPointer) throws -> Void) rethrows {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        try body(buffer)
    }

    private func read(
        _ path: String,
        _ buffer: UnsafeMutableRawBufferPointer,
        _ take: (UnsafeRawBufferPointer, Int64) throws -> Void
    ) throws {
        let file = try fileSystem.open(path, .read)
        var position: Int64 = 0
        while true {
            let count = try file.read(into: buffer, at: position)
            if count == 0 { return }
            try take(UnsafeRawBufferPointer(rebasing: buffer[..<count]), position)
            position += Int64(count)
        }
    }
}
