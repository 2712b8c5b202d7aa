import ArgumentParser
import EventLog
import Foundation
import ViewMaintenance

/// `leftfold log bench`: what this machine's disk gives the log, beside what it gives a bare loop.
struct LogBenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract:
            "Measure appending and reading against a bare loop over as many bytes, in the data folder's file system.",
        discussion: """
            Commits of 1000 records of 150 bytes go into a scratch folder inside the data folder, one sync for ten of them; the log itself is
            not touched. Medians of five runs, log and baseline taking turns. Stop the daemon for figures that mean something.

            With --compaction, a log of ten records for each key is compacted: against a copy of its files with fsync, and beside a thread
            that appends (five pairs). The configuration's compaction section says what the map of keys may take, and how fast the
            compaction beside the appending may be.
            """
    )

    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var output: OutputOptions

    @Flag(help: "Measure compaction instead.")
    var compaction = false

    @Option(help: "How many records, in whole batches of 1000 (default: 1000000; with --compaction 5000000).")
    var records: Int?

    @Option(help: "How long a first run appends, which is not counted; the others append as much.")
    var seconds: Double?

    func run() async throws {
        let extent = try resolvedExtent()
        let configuration = try options.load()
        let scratch = try BenchScratch(in: configuration.data)
        defer { scratch.remove() }
        if compaction { return try measureCompaction(configuration, scratch) }
        let report = try LogBenchmark(folder: scratch.path).run(extent)
        if output.json { return print(try JSONText.render(report)) }
        print(
            "\(report.records) records of \(report.recordBytes) bytes, \(report.batchRecords) in a commit, "
                + "a sync for \(report.batchesPerSync) commits, medians of \(report.runs) runs"
        )
        let figures = [("append", report.append), ("read, warm", report.read)]
        let rows = (figures + (report.readCold.map { [("read, cold", $0)] } ?? [])).map { name, figure in
            [
                name, Self.rate(figure.recordsPerSecond, figure.bytesPerSecond),
                Self.rate(figure.baselineRecordsPerSecond, figure.baselineBytesPerSecond),
                String(format: "%.2f", figure.ratio),
            ]
        }
        for line in TextTable.render(["", "log", "bare loop", "ratio"], rows) { print(line) }
        print(
            String(format: "opening the log of %.0f MB: %.3f s", Double(report.open.bytes) / 1e6, report.open.seconds)
        )
        if let note = report.note { print(note) }
    }

    private func measureCompaction(_ configuration: Configuration, _ scratch: BenchScratch) throws {
        let now = Int64((Date().timeIntervalSince1970 - 946_684_800) * 1e6)
        var compactionOptions = configuration.compactionOptions(now: now)
        compactionOptions.retention = LogRetention()
        // Beside the appending, compaction goes as it does in the daemon.
        compactionOptions.bytesPerSecond = compactionOptions.bytesPerSecond ?? CompactionSettings.bytesPerSecond
        let report = try CompactionBenchmark(
            folder: scratch.path,
            options: compactionOptions,
            recordCount: records ?? 5_000_000
        ).run()
        if output.json { return print(try JSONText.render(report)) }
        print(
            "\(report.records) records over \(report.keys) keys, medians of \(report.runs) runs and \(report.pairs) pairs"
        )
        let megabytes = { (bytes: Int64) in String(format: "%.0f MB", Double(bytes) / 1e6) }
        let rows = [
            [
                "compaction", String(format: "%.2f s", report.seconds),
                String(format: "%.2f s", report.copySeconds) + " (copy of \(megabytes(report.bytesBefore)), fsync)",
                String(format: "%.2f", report.timesCopy),
            ],
            [
                "append meanwhile", String(format: "%.2f M records/s", report.appendMeanwhile / 1e6),
                String(format: "%.2f M records/s (alone)", report.appendAlone / 1e6),
                String(format: "%.2f", report.appendRatio),
            ],
        ]
        for line in TextTable.render(["", "log", "baseline", "by baseline"], rows) { print(line) }
        print(
            "\(megabytes(report.bytesBefore)) became \(megabytes(report.bytesAfter)) with \(report.recordsAfter) records; "
                + "passes \(report.passes), map of keys at most "
                + String(format: "%.0f bytes a key", report.keyMapBytesPerKey)
        )
    }

    private func resolvedExtent() throws -> LogBenchmark.Extent {
        if compaction, seconds != nil {
            throw CommandFailure(.usage, "--compaction takes no --seconds", hint: "write --records 5000000")
        }
        switch (records, seconds) {
        case (.some, .some):
            throw CommandFailure(.usage, "--records and --seconds say different things", hint: "leave one of them out")
        case (let records?, nil):
            guard records > 0 else {
                throw CommandFailure(.usage, "--records \(records) is not a count", hint: "write 1000000")
            }
            return .records(records)
        case (nil, let seconds?):
            guard seconds > 0, seconds <= 3600 else {
                throw CommandFailure(.usage, "--seconds \(seconds) is not between 0 and 3600", hint: "write 5")
            }
            return .time(.seconds(seconds))
        case (nil, nil): return .records(1_000_000)
        }
    }

    private static func rate(_ records: Double, _ bytes: Double) -> String {
        String(format: "%.2f M records/s, %.0f MB/s", records / 1e6, bytes / 1e6)
    }
}
