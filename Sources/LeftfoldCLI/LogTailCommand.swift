import ArgumentParser
import EventLog
import Foundation
import Relational
import ViewMaintenance

/// `leftfold log tail`: the changes in the log, oldest first.
struct LogTailCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail",
        abstract:
            "Print changes from the log as JSON lines in Debezium's envelope; 'transaction' is absent in snapshot rows."
    )

    @OptionGroup var options: ConfigurationOptions

    @Flag(name: .long, help: "Print JSON lines (this is the only format; the flag is for symmetry).")
    var json = false

    @Option(name: .long, help: "The first offset; default: the last 10 records.")
    var from: Int64?

    @Option(name: [.short, .long], help: "How many records; with --follow: before following.")
    var limit = 10

    @Flag(name: .long, help: "Go on as changes come in.")
    var follow = false

    func run() async throws {
        guard limit > 0 else { throw CommandFailure(.usage, "--limit \(limit) is not a count", hint: "write 10") }
        let installation = try Installation(options.load())
        let client = installation.controlClient
        let log = client.isDaemonRunning ? nil : try installation.openLog(.existing)
        defer { try? log?.close() }
        let slot = installation.postgres.slot
        let pageSize = min(limit, 1000)
        func page(_ offset: Int64, patience: Double) throws -> LogTailPage {
            if let log {
                return try LogTailPage.read(
                    log,
                    from: Offset(offset),
                    limit: pageSize,
                    patience: .seconds(patience),
                    sourceName: slot,
                    version: Leftfold.version
                )
            }
            return try client.call(
                "GET",
                "/log/tail?from=\(offset)&limit=\(pageSize)&patience=\(patience)",
                as: LogTailPage.self
            )
        }
        var offset: Int64
        var left = limit
        if let from {
            offset = from
        } else {
            let report =
                try log.map { LogReport($0, installation.compaction) }
                ?? client.call("GET", "/log/stat", as: LogReport.self)
            let last = try lastLines(before: report.nextOffset, floor: report.floor) { try page($0, patience: 0) }
            for line in last.lines { StandardOutput.write(line + "\n") }
            offset = last.nextOffset
            left = 0
        }
        while follow || left > 0 {
            let read = try page(offset, patience: follow ? 10 : 0)
            for line in read.lines.prefix(follow ? Int.max : left) { StandardOutput.write(line + "\n") }
            if read.nextOffset == offset, !follow { return }
            left -= read.lines.count
            offset = read.nextOffset
        }
    }

    /// The last records before `end`, and where to go on. Frames without records have offsets too, so it looks back further and
    /// further until there are enough. Below the floor a reader can begin at the log's start alone.
    private func lastLines(
        before end: Int64,
        floor: Int64,
        page: (Int64) throws -> LogTailPage
    ) throws -> (lines: [String], nextOffset: Int64) {
        var span = Int64(limit)
        while true {
            let start = end - span < floor ? 0 : max(end - span, 0)
            var lines: [String] = []
            var offset = start
            while offset < end {
                let read = try page(offset)
                if read.nextOffset == offset { break }
                lines += read.lines
                offset = read.nextOffset
            }
            if lines.count >= limit || start == 0 { return (Array(lines.suffix(limit)), offset) }
            span = span > Int64.max / 4 ? .max : span * 4
        }
    }
}
