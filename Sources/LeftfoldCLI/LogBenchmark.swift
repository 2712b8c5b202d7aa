import EventLog
import Foundation
import Relational

/// Measures the event log against a bare loop over as many bytes, with the same syncs, in one scratch folder.
///
/// Log and baseline take turns, and each goes first as often as the other. They append in slices of a tenth of a second or so, because the
/// speed of a disk that others use, too, changes with every second; then they read it all from the page cache, and from the device,
/// a few times each. A run before those that count finds out how much there is to do, and touches memory and disk for the first time. The
/// files are gone after each run.
struct LogBenchmark {
    /// How much is appended.
    enum Extent {
        case records(Int)
        /// Until this time is over in the run before; the others do as much.
        case time(Duration)
    }

    static let runCount = 5
    /// How often a run reads, by either side.
    private static let warmReadCount = 4
    private static let coldReadCount = 2
    /// Syncs of one side before the other has its turn.
    private static let sliceSyncCount = 10

    private let folder: String
    private let clock = ContinuousClock()
    private let fileSystem = PosixFileSystem()
    private let bare: BareLoop

    init(folder: String) {
        self.folder = folder
        bare = BareLoop(fileSystem: fileSystem)
    }

    /// What one run took: one time for each reading, and the sum of all slices for appending.
    private struct Times {
        var batchCount = 0
        var byteCount: Int64 = 0
        var append = Duration.zero
        var write = Duration.zero
        var read: [Duration] = []
        var readFiles: [Duration] = []
        /// Empty when the page cache could not be emptied.
        var readCold: [Duration] = []
        var readFilesCold: [Duration] = []
        var open = Duration.zero
    }

    func run(_ extent: Extent) throws -> LogBenchReport {
        var workload = BenchWorkload()
        let before = try measure(extent, &workload, number: 0)
        let records = before.batchCount * BenchWorkload.batchRecordCount
        var runs: [Times] = []
        for number in 1...Self.runCount { runs.append(try measure(.records(records), &workload, number: number)) }
        let figure = { (log: [Duration], bare: [Duration]) in
            LogBenchReport.Figure(records: records, bytes: before.byteCount, log: log, bare: bare)
        }
        let cold = (runs.flatMap(\.readCold), runs.flatMap(\.readFilesCold))
        let isCold = runs.allSatisfy { $0.readCold.count == Self.coldReadCount }
        return LogBenchReport(
            records: records,
            recordBytes: BenchWorkload.recordByteCount,
            batchRecords: BenchWorkload.batchRecordCount,
            batchesPerSync: BenchWorkload.batchesPerSync,
            runs: runs.count,
            append: figure(runs.map(\.append), runs.map(\.write)),
            read: figure(runs.flatMap(\.read), runs.flatMap(\.readFiles)),
            readCold: isCold ? figure(cold.0, cold.1) : nil,
            note: isCold
                ? nil : "no figure for cold reading: the file system keeps its pages in memory when asked to drop them",
            open: LogBenchReport.Opening(
                seconds: LogBenchReport.median(runs.map(\.open)),
                bytes: before.byteCount
            )
        )
    }

    private func measure(_ extent: Extent, _ workload: inout BenchWorkload, number: Int) throws -> Times {
        let directory = "\(folder)/log\(number)"
        var times = Times()
        let log = try BenchWorkload.makeLog(directory, fileSystem)
        try append(extent, &workload, to: log, &times)
        times.byteCount = log.frontier.byteCount
        try read(log, &times)
        try log.close()
        let start = clock.now
        try EventLog.open(directory: directory, fileSystem: fileSystem).close()
        times.open = clock.now - start
        try FileManager.default.removeItem(atPath: directory)
        return times
    }

    private func append(
        _ extent: Extent,
        _ workload: inout BenchWorkload,
        to log: EventLog,
        _ times: inout Times
    ) throws {
        let path = "\(folder)/bare"
        var writer = try BareWriter(path, workload, fileSystem)
        var turn = 0
        while let count = Self.nextSlice(extent, times) {
            if turn.isMultiple(of: 2) { times.append += try workload.append(count, to: log) }
            times.write += try writer.write(count)
            if !turn.isMultiple(of: 2) { times.append += try workload.append(count, to: log) }
            times.batchCount += count
            turn += 1
        }
        try fileSystem.remove(path)
    }

    /// How many batches either side appends now; nil when it was enough.
    private static func nextSlice(_ extent: Extent, _ times: Times) -> Int? {
        let most = sliceSyncCount * BenchWorkload.batchesPerSync
        switch extent {
        case .records(let count):
            let left = BenchWorkload.batchCount(count) - times.batchCount
            return left > 0 ? min(left, most) : nil
        case .time(let time): return times.append < time ? most : nil
        }
    }

    private func read(_ log: EventLog, _ times: inout Times) throws {
        let paths = log.statistics.segments.map(\.path)
        let count = times.batchCount * BenchWorkload.batchRecordCount
        for turn in 0..<Self.warmReadCount {
            if turn.isMultiple(of: 2) { times.read.append(try read(log, recordCount: count)) }
            times.readFiles.append(try bare.read(paths))
            if !turn.isMultiple(of: 2) { times.read.append(try read(log, recordCount: count)) }
        }
        for turn in 0..<2 * Self.coldReadCount {
            guard paths.allSatisfy(PageCache.drop) else { return }
            // Log, baseline, baseline, log.
            if turn & 3 == 0 || turn & 3 == 3 {
                times.readCold.append(try read(log, recordCount: count))
            } else {
                times.readFilesCold.append(try bare.read(paths))
            }
        }
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
}
