import Dispatch
import EventLog
import Foundation
import Synchronization

/// Measures compaction of a log of many records over few keys: against a bare copy of the same files with `fsync`, and by what it takes
/// from appending.
struct CompactionBenchmark {
    static let runCount = 3
    static let pairCount = 5
    /// How many records each key has.
    static let recordsPerKey = 10
    /// What is appended at most beside one compaction: a limited one would let a disk run full.
    static let appendByteLimit = 4 << 30

    private let folder: String
    private let options: CompactionOptions
    private let recordCount: Int
    private let clock = ContinuousClock()
    private let fileSystem = PosixFileSystem()
    private let bare: BareLoop

    /// `options` say what the key map may take and how fast the compaction beside the appending may be.
    init(folder: String, options: CompactionOptions, recordCount: Int) {
        self.folder = folder
        self.options = options
        self.recordCount = BenchWorkload.batchCount(recordCount) * BenchWorkload.batchRecordCount
        bare = BareLoop(fileSystem: fileSystem)
    }

    private var keyCount: Int { max(1, recordCount / Self.recordsPerKey) }

    func run() throws -> CompactionBenchReport {
        var workload = BenchWorkload()
        var runs: [(compaction: Duration, copy: Duration, report: CompactionReport)] = []
        // The run before is not counted: it touches memory and disk for the first time.
        for number in 0...Self.runCount {
            let run = try measure(&workload, number: number)
            if number > 0 { runs.append(run) }
        }
        let compaction = LogBenchReport.median(runs.map(\.compaction))
        var pairs: [Pair] = []
        // A disk takes more in a second than in ten: both sides append for as long.
        var time = Duration.zero
        for number in 0..<Self.pairCount {
            pairs.append(try measurePair(&workload, number: number, for: &time))
        }
        let copy = LogBenchReport.median(runs.map(\.copy))
        guard let report = runs.last?.report else { preconditionFailure("there is a run") }
        return CompactionBenchReport(
            records: recordCount,
            keys: keyCount,
            runs: runs.count,
            seconds: compaction,
            copySeconds: copy,
            timesCopy: compaction / copy,
            passes: report.passes,
            bytesBefore: report.bytesBefore,
            bytesAfter: report.bytesAfter,
            recordsAfter: report.recordsAfter,
            keyMapPeakBytes: report.keyMapPeakByteCount,
            keyMapBytesPerKey: Double(report.keyMapPeakByteCount) / Double(keyCount),
            pairs: pairs.count,
            appendAlone: CompactionBenchReport.median(pairs.map(\.alone)),
            appendMeanwhile: CompactionBenchReport.median(pairs.map(\.meanwhile)),
            appendRatio: CompactionBenchReport.median(pairs.map { $0.meanwhile / $0.alone })
        )
    }

    /// A new log: each key once, then keys at random.
    private func makeLog(_ workload: inout BenchWorkload, number: Int) throws -> EventLog {
        let log = try BenchWorkload.makeLog("\(folder)/log\(number)", fileSystem)
        var state: UInt64 = 1
        var next = 0
        for batch in 1...(recordCount / BenchWorkload.batchRecordCount) {
            workload.setKeys { _ in
                defer { next += 1 }
                return next < keyCount ? Int64(next) : Int64(Self.random(&state) % UInt64(keyCount))
            }
            try workload.appendCommit(to: log)
            if batch.isMultiple(of: BenchWorkload.batchesPerSync) { try log.flush() }
        }
        try log.flush()
        return log
    }

    /// SplitMix64 by G. Steele, D. Lea and C. Flood (2014).
    private static func random(_ state: inout UInt64) -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }

    private func measure(
        _ workload: inout BenchWorkload,
        number: Int
    ) throws -> (compaction: Duration, copy: Duration, report: CompactionReport) {
        let log = try makeLog(&workload, number: number)
        defer { remove(log) }
        let paths = log.statistics.segments.map(\.path)
        let isLogFirst = number.isMultiple(of: 2)
        var copy = isLogFirst ? Duration.zero : try bare.copy(paths, into: folder)
        let kept = isLogFirst ? try keep(paths) : []
        var options = options
        options.isForced = true
        options.bytesPerSecond = nil
        let start = clock.now
        let report = try log.compact(options)
        let compaction = clock.now - start
        if isLogFirst { copy = try bare.copy(kept, into: folder) }
        for path in kept { try fileSystem.remove(path) }
        return (compaction, copy, report)
    }

    /// Second names for the files, which compaction is going to replace.
    private func keep(_ paths: [String]) throws -> [String] {
        try paths.enumerated().map { index, path in
            let kept = "\(folder)/kept\(index)"
            try FileManager.default.linkItem(atPath: path, toPath: kept)
            return kept
        }
    }

    // MARK: Appending meanwhile

    /// Records appended in a second.
    private struct Pair {
        var alone = 0.0
        var meanwhile = 0.0
    }

    /// `time` is what the compaction of the pair before took, and then this one's.
    private func measurePair(_ workload: inout BenchWorkload, number: Int, for time: inout Duration) throws -> Pair {
        let log = try makeLog(&workload, number: number)
        defer { remove(log) }
        var pair = Pair()
        let isAloneFirst = !number.isMultiple(of: 2)
        if isAloneFirst { pair.alone = try appendAlone(&workload, number: number, for: time) }
        let start = clock.now
        pair.meanwhile = try appendMeanwhile(&workload, to: log)
        time = clock.now - start
        if !isAloneFirst { pair.alone = try appendAlone(&workload, number: number, for: time) }
        return pair
    }

    /// Appends to a log of its own, so that the compaction of the pair has no more to do.
    private func appendAlone(_ workload: inout BenchWorkload, number: Int, for time: Duration) throws -> Double {
        let log = try BenchWorkload.makeLog("\(folder)/alone\(number)", fileSystem)
        defer { remove(log) }
        let start = clock.now
        return try append(&workload, to: log) { clock.now - start < time }
    }

    /// Appends as long as a compaction on another thread goes on.
    private func appendMeanwhile(_ workload: inout BenchWorkload, to log: EventLog) throws -> Double {
        let compaction = CompactionThread(log, options)
        defer { compaction.stop() }
        let rate = try append(&workload, to: log) { !compaction.isDone }
        compaction.stop()
        try compaction.check()
        return rate
    }

    /// Records appended in a second.
    private func append(_ workload: inout BenchWorkload, to log: EventLog, while goesOn: () -> Bool) throws -> Double {
        var time = Duration.zero
        var recordCount = 0
        while goesOn(), recordCount * BenchWorkload.recordByteCount < Self.appendByteLimit {
            time += try workload.append(BenchWorkload.batchesPerSync, to: log)
            recordCount += BenchWorkload.batchesPerSync * BenchWorkload.batchRecordCount
        }
        return Double(recordCount) / (time / .seconds(1))
    }

    private func remove(_ log: EventLog) {
        try? log.close()
        try? FileManager.default.removeItem(atPath: log.directory)
    }
}

/// One compaction on a thread of its own.
private final class CompactionThread: Sendable {
    private let outcome = Mutex<Result<CompactionReport, LogError>?>(nil)
    private let isStopping = Atomic(false)
    private let end = DispatchSemaphore(value: 0)

    init(_ log: EventLog, _ options: CompactionOptions) {
        var forced = options
        forced.isForced = true
        let options = forced
        Thread.detachNewThread { [self] in
            let result = Result { () throws(LogError) in
                try log.compact(options) { _ in !self.isStopping.load(ordering: .relaxed) }
            }
            outcome.withLock { $0 = result }
            end.signal()
        }
    }

    var isDone: Bool { outcome.withLock { $0 != nil } }

    /// Ends the compaction and waits for that.
    func stop() {
        isStopping.store(true, ordering: .relaxed)
        end.wait()
        end.signal()
    }

    /// Throws what the compaction has thrown.
    func check() throws { _ = try outcome.withLock { $0 }?.get() }
}

/// What `leftfold log bench --compaction` has measured.
struct CompactionBenchReport: Codable {
    var records: Int
    var keys: Int
    var runs: Int
    var seconds: Double
    /// Reading and writing the same files, with `fsync`.
    var copySeconds: Double
    var timesCopy: Double
    var passes: Int
    var bytesBefore: Int64
    var bytesAfter: Int64
    var recordsAfter: Int
    var keyMapPeakBytes: Int
    var keyMapBytesPerKey: Double
    var pairs: Int
    /// Records appended in a second, with nobody else there and while a compaction is under way.
    var appendAlone: Double
    var appendMeanwhile: Double
    var appendRatio: Double

    static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
}
