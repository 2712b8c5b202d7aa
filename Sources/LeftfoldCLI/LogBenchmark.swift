import EventLog
import Relational

/// Measures the event log against a bare loop over as many bytes, with the same syncs, in one scratch folder.
///
/// Each run does four things, so that log and baseline alternate: append to a new log, write a file, read the log, read its files with
/// `pread` and a buffer of 1 MiB. The files are gone after each run. Reading is from the page cache.
struct LogBenchmark {
    /// How much is appended.
    enum Extent {
        case records(Int)
        /// Until this time is over in the first run; the others do as much.
        case time(Duration)
    }

    /// A median of the log beside the baseline's.
    struct Figure: Codable {
        var recordsPerSecond: Double
        var bytesPerSecond: Double
        var baselineRecordsPerSecond: Double
        var baselineBytesPerSecond: Double
        /// The log's rate by the baseline's.
        var ratio: Double
    }

    struct Report: Codable {
        var records: Int
        var recordBytes: Int
        var batchRecords: Int
        var batchesPerSync: Int
        var runs: Int
        var append: Figure
        var read: Figure
    }

    static let batchRecordCount = 1000
    static let batchesPerSync = 10
    static let runCount = 3
    /// Makes a record of 150 bytes, which are 152 with padding.
    private static let labelByteCount = 110

    private let folder: String
    private let fileSystem = PosixFileSystem()
    private let clock = ContinuousClock()
    private let schema = RelationSchema(
        relation: RelationID(1),
        name: QualifiedName(schema: "public", name: "bench"),
        columns: [
            Column(name: "id", attributeNumber: 1, type: .int8, isNotNull: true),
            Column(name: "label", attributeNumber: 2, type: .text),
        ],
        primaryKey: [0]
    )

    init(folder: String) { self.folder = folder }

    /// What one run took.
    private struct Times {
        var batchCount: Int
        var byteCount: Int64
        var append: Duration
        var write: Duration
        var read: Duration
        var readFiles: Duration
    }

    func run(_ extent: Extent) throws -> Report {
        let batch = makeBatch()
        let first = try measure(extent, batch, number: 0)
        let records = first.batchCount * Self.batchRecordCount
        var runs = [first]
        // The first run has found out how much it is.
        for number in 1..<Self.runCount { runs.append(try measure(.records(records), batch, number: number)) }
        return Report(
            records: records,
            recordBytes: batch.count / Self.batchRecordCount,
            batchRecords: Self.batchRecordCount,
            batchesPerSync: Self.batchesPerSync,
            runs: Self.runCount,
            append: Self.figure(records, first.byteCount, runs.map(\.append), runs.map(\.write)),
            read: Self.figure(records, first.byteCount, runs.map(\.read), runs.map(\.readFiles))
        )
    }

    private func measure(_ extent: Extent, _ batch: borrowing ByteSlab, number: Int) throws -> Times {
        let log = try EventLog.open(directory: "\(folder)/log\(number)", fileSystem: fileSystem)
        let (append, batchCount) = try append(extent, batch, to: log)
        let barePath = "\(folder)/bare\(number)"
        let write = try writeBare(batchCount, batch, barePath)
        try fileSystem.remove(barePath)
        let read = try read(log, recordCount: batchCount * Self.batchRecordCount)
        let paths = log.statistics.segments.map(\.path)
        let readFiles = try readBare(paths)
        try log.close()
        for path in paths { try fileSystem.remove(path) }
        return Times(
            batchCount: batchCount,
            byteCount: log.frontier.byteCount,
            append: append,
            write: write,
            read: read,
            readFiles: readFiles
        )
    }

    private static func figure(_ records: Int, _ bytes: Int64, _ log: [Duration], _ bare: [Duration]) -> Figure {
        let (log, bare) = (median(log), median(bare))
        return Figure(
            recordsPerSecond: Double(records) / log,
            bytesPerSecond: Double(bytes) / log,
            baselineRecordsPerSecond: Double(records) / bare,
            baselineBytesPerSecond: Double(bytes) / bare,
            ratio: bare / log
        )
    }

    private static func median(_ times: [Duration]) -> Double { times.sorted()[times.count / 2] / .seconds(1) }

    private func makeBatch() -> ByteSlab {
        var slab = ByteSlab(capacity: 256 << 10)
        let label = [UInt8](repeating: UInt8(ascii: "x"), count: Self.labelByteCount)
        for id in 0..<Self.batchRecordCount { Self.append(Int64(id), label, to: &slab) }
        return slab
    }

    private static func append(_ id: Int64, _ label: [UInt8], to slab: inout ByteSlab) {
        let record = slab.beginRecord(.insert, schema: SchemaID(0), hasNew: true, hasOld: false)
        let row = slab.beginRow(columnCount: 2)
        slab.set(0, int: id, in: row)
        label.withUnsafeBytes { slab.set(1, bytes: $0, in: row) }
        slab.endRow(row)
        slab.endRecord(record)
    }

    // MARK: The four things

    /// Appends a commit for each batch and flushes every few of them.
    private func append(
        _ extent: Extent,
        _ batch: borrowing ByteSlab,
        to log: EventLog
    ) throws -> (time: Duration, batchCount: Int) {
        _ = try log.register(schema, readAt: SourcePosition(timeline: 1, lsn: LSN(1)))
        try log.flush()
        let start = clock.now
        var batchCount = 0
        while !isDone(extent, batchCount, since: start) {
            batchCount += 1
            let end = SourcePosition(timeline: 1, lsn: LSN(UInt64(8 + 8 * batchCount)))
            try log.append(
                kind: .commit,
                header: TransactionHeader(xid: 1, commitEnd: end, commitTime: 0),
                records: batch,
                recordCount: Self.batchRecordCount
            )
            if batchCount % Self.batchesPerSync == 0 { try log.flush() }
        }
        try log.flush()
        return (clock.now - start, batchCount)
    }

    private func isDone(_ extent: Extent, _ batchCount: Int, since start: ContinuousClock.Instant) -> Bool {
        switch extent {
        case .records(let count): batchCount * Self.batchRecordCount >= count
        case .time(let time): batchCount % Self.batchesPerSync == 0 && clock.now - start >= time
        }
    }

    /// Writes as many bytes with one write and one sync where the log has one flush.
    private func writeBare(_ batchCount: Int, _ batch: borrowing ByteSlab, _ path: String) throws -> Duration {
        let frameByteCount = 64 + batch.count
        var bytes = ByteSlab(capacity: Self.batchesPerSync * frameByteCount)
        for _ in 0..<Self.batchesPerSync {
            for _ in 0..<8 { bytes.append(integer: UInt64(0)) }
            bytes.append(batch.bytes)
        }
        let file = try fileSystem.open(path, .create)
        let start = clock.now
        var position: Int64 = 0
        var left = batchCount
        while left > 0 {
            let count = min(left, Self.batchesPerSync) * frameByteCount
            try file.write(UnsafeRawBufferPointer(rebasing: bytes.bytes[..<count]), at: position)
            try file.synchronizeData()
            position += Int64(count)
            left -= Self.batchesPerSync
        }
        return clock.now - start
    }

    private func read(_ log: EventLog, recordCount: Int) throws -> Duration {
        let start = clock.now
        var reader = try LogReader(log, from: .zero)
        var count = 0
        while let frame = try reader.next() { count += frame.header.recordCount }
        let time = clock.now - start
        guard count == recordCount else {
            throw CommandFailure(.dataError, "\(recordCount) records were appended and \(count) read back")
        }
        return time
    }

    private func readBare(_ paths: [String]) throws -> Duration {
        let start = clock.now
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
        defer { buffer.deallocate() }
        for path in paths {
            let file = try fileSystem.open(path, .read)
            var position: Int64 = 0
            while true {
                let count = try file.read(into: buffer, at: position)
                if count == 0 { break }
                position += Int64(count)
            }
        }
        return clock.now - start
    }
}
