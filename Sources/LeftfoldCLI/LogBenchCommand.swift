import ArgumentParser
import EventLog
import Foundation

/// `leftfold log bench`: what this machine's disk gives the log, beside what it gives a bare loop.
struct LogBenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract:
            "Measure appending and reading against a bare loop over as many bytes, in the data folder's file system.",
        discussion: """
            Commits of 1000 records of 150 bytes go into a scratch folder inside the data folder, one sync for ten of them; the log itself is
            not touched. Medians of three runs, log and baseline alternating. Stop the daemon for figures that mean something.
            """
    )

    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var output: OutputOptions

    @Option(help: "How many records, in whole batches of 1000 (default: 1000000).")
    var records: Int?

    @Option(help: "How long the first run appends; the others append as much.")
    var seconds: Double?

    func run() async throws {
        let extent = try resolvedExtent()
        let data = try options.load().data
        let scratch = try Scratch(in: data)
        defer { scratch.remove() }
        let report = try LogBenchmark(folder: scratch.path).run(extent)
        if output.json { return print(try JSONText.render(report)) }
        print(
            "\(report.records) records of \(report.recordBytes) bytes, \(report.batchRecords) in a commit, "
                + "a sync for \(report.batchesPerSync) commits, medians of \(report.runs) runs"
        )
        let rows = [("append", report.append), ("read", report.read)].map { name, figure in
            [
                name, Self.rate(figure.recordsPerSecond, figure.bytesPerSecond),
                Self.rate(figure.baselineRecordsPerSecond, figure.baselineBytesPerSecond),
                String(format: "%.2f", figure.ratio),
            ]
        }
        for line in TextTable.render(["", "log", "bare loop", "ratio"], rows) { print(line) }
    }

    private func resolvedExtent() throws -> LogBenchmark.Extent {
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

/// The folder `log-bench` inside the data folder, for one process at a time.
private final class Scratch {
    let path: String
    private let data: String
    private let isDataNew: Bool
    private let lock: any FileLock

    init(in data: String) throws {
        let files = FileManager.default
        self.data = data
        isDataNew = !files.fileExists(atPath: data)
        path = data + "/log-bench"
        try files.createDirectory(
            atPath: path,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        lock = try Self.lock(path)
        // What a killed run has left.
        for name in try files.contentsOfDirectory(atPath: path) where name != "LOCK" {
            try files.removeItem(atPath: "\(path)/\(name)")
        }
    }

    /// Removes what was made.
    func remove() {
        try? FileManager.default.removeItem(atPath: path)
        // Fails when somebody has put something into it meanwhile, which is right.
        if isDataNew { try? PosixFileSystem().removeDirectory(data) }
    }

    private static func lock(_ folder: String) throws -> any FileLock {
        do throws(LogError) {
            return try PosixFileSystem().lock("\(folder)/LOCK")
        } catch {
            guard error.code == .locked else { throw error }
            throw CommandFailure(
                .dataError,
                "another log bench is under way in \(folder)",
                hint: "wait until it ends"
            )
        }
    }
}
