import ArgumentParser
import EventLog
import Foundation
import Relational
import ViewMaintenance

/// `leftfold log`: what is in the event log.
struct LogCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log",
        abstract: "Look into the event log, take it to a file and back, and measure it.",
        subcommands: [
            LogTailCommand.self, LogStatCommand.self, LogCheckCommand.self, LogCompactCommand.self,
            LogExportCommand.self, LogImportCommand.self, LogBenchCommand.self,
        ]
    )
}

/// `leftfold log check`: reads every byte of the log.
struct LogCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check every checksum, offset and record; exit code 1 when something is wrong."
    )

    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var output: OutputOptions

    /// The result as JSON.
    struct Report: Codable {
        var isSound: Bool
        var segments: Int
        var frames: Int
        var records: Int
        var bytes: Int64
        var nextOffset: Int64
        var tornBytes: Int64
        var faults: [String]
        var foreignFiles: [String]
    }

    func run() async throws {
        let installation = try Installation(options.load())
        try installation.requireLog()
        let check = try EventLog.check(directory: installation.configuration.logDirectory)
        let report = Report(
            isSound: check.isSound,
            segments: check.segmentCount,
            frames: check.frameCount,
            records: check.recordCount,
            bytes: check.byteCount,
            nextOffset: check.nextOffset.rawValue,
            tornBytes: check.tornByteCount,
            faults: check.faults.map { "\($0)" },
            foreignFiles: check.foreignNames
        )
        if output.json {
            print(try JSONText.render(report))
        } else {
            print(
                "\(report.segments) segments, \(report.frames) frames, \(report.records) records, "
                    + "\(StatusText.bytes(report.bytes)), next offset \(report.nextOffset)"
            )
            if report.tornBytes > 0 { print("\(report.tornBytes) bytes at the end were never durable") }
            for name in report.foreignFiles { print("not of the log: \(name)") }
            for fault in report.faults { print("! \(fault)") }
            if report.isSound { print("sound") }
        }
        if !report.isSound { throw QuietExit(status: .foundProblem) }
    }
}

/// `leftfold log stat`: size and extent of the log.
struct LogStatCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stat",
        abstract: "Show the log's segments and extent."
    )

    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var output: OutputOptions

    @Flag(help: "Read the log and say how much of it compaction would keep.")
    var live = false

    func run() async throws {
        let installation = try Installation(options.load())
        let client = installation.controlClient
        var report =
            client.isDaemonRunning
            ? try client.call("GET", "/log/stat", as: LogReport.self)
            : try installation.logReport()
        if live {
            let outcome = try await LogCompactCommand.compact(installation, nil, isDryRun: true)
            report.liveBytes = report.bytes - (outcome.bytesBefore - outcome.bytesAfter)
        }
        if output.json { return print(try JSONText.render(report)) }
        print("log       \(report.id)")
        if let source = report.source { print("source    \(source)") }
        print("offsets   \(report.firstOffset) up to \(report.nextOffset)")
        print("durable   \(report.durableLsn)")
        print("size      \(StatusText.bytes(report.bytes)) in \(report.segments.count) segments")
        if let live = report.liveBytes {
            let share = Double(live) / Double(max(1, report.bytes)) * 100
            print("live      \(StatusText.bytes(live)), \(String(format: "%.1f", share)) % of it")
        }
        print(
            "compacted \(report.horizon == 0 ? "nothing" : "up to offset \(report.horizon), LSN \(report.horizonLsn)"); "
                + "\(StatusText.bytes(report.dirtyBytes)) of sealed segments not seen yet, "
                + "\(StatusText.bytes(report.cleanBytes)) seen"
        )
        print("deletes   \(report.tombstones) kept below offset \(report.clean); some left below \(report.floor)")
        for line in CompactionText.cursors(report.cursors) { print(line) }
        if let oldest = report.cursors.first(where: { !$0.isExpired }) {
            print("oldest    \(oldest.name) at offset \(oldest.offset)")
        }
        let rows = report.segments.map { segment in
            [
                segment.file, "\(segment.firstOffset)", "\(segment.endOffset)", StatusText.bytes(segment.bytes),
                segment.isRewritten ? "compacted" : segment.isSealed ? "sealed" : "active",
            ]
        }
        for line in TextTable.render(["segment", "first", "end", "size", "state"], rows) { print(line) }
        let tables = report.relations.map { ["\($0.name)", "\($0.columns)", $0.key, $0.retention.retention.text] }
        for line in TextTable.render(["relation", "columns", "key", "retention"], tables) { print(line) }
    }
}
