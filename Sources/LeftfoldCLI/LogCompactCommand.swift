import ArgumentParser
import Foundation
import ViewMaintenance

/// `leftfold log compact`: a run of compaction, now.
struct LogCompactCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compact",
        abstract: "Forget what later records have replaced, now; the daemon does it by itself every now and then.",
        discussion: """
            Works on the files that get no more records and lie below what every store has taken in. No view changes by it.
            """
    )

    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var output: OutputOptions

    @Option(
        name: .long,
        help:
            "Only this relation, up to its newest record, waiting for no store: so that deleted rows are gone from disk."
    )
    var now: String?

    @Flag(name: .long, help: "Read and count only; change nothing.")
    var dryRun = false

    func run() async throws {
        let installation = try Installation(options.load())
        let outcome = try await Self.compact(installation, now, isDryRun: dryRun)
        print(output.json ? try JSONText.render(outcome) : CompactionText.render(outcome))
    }

    /// Runs it in the daemon when there is one, else on the files.
    static func compact(
        _ installation: Installation,
        _ relation: String?,
        isDryRun: Bool
    ) async throws -> CompactionOutcome {
        let client = installation.controlClient
        guard client.isDaemonRunning else {
            return try await OwnThread.run("leftfold-compact") {
                try installation.compactAtRest(relation, isDryRun: isDryRun)
            }
        }
        return try await CompactionProgressPrinter(client: client).whileShowing {
            try await OwnThread.run("leftfold-compact") {
                try client.call("POST", path(relation, isDryRun), as: CompactionOutcome.self)
            }
        }
    }

    private static func path(_ relation: String?, _ isDryRun: Bool) -> String {
        var parameters: [String] = []
        if let relation {
            let escaped = relation.addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(["_", "."]))
            parameters.append("now=\(escaped ?? relation)")
        }
        if isDryRun { parameters.append("dry_run=yes") }
        return "/log/compact" + (parameters.isEmpty ? "" : "?" + parameters.joined(separator: "&"))
    }
}

/// Shows on a terminal how the daemon's run gets on.
private struct CompactionProgressPrinter {
    let client: ControlClient

    func whileShowing<Value: Sendable>(_ body: @Sendable () async throws -> Value) async throws -> Value {
        guard isatty(2) == 1 else { return try await body() }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            let client = client
            group.addTask {
                while !Task.isCancelled {
                    try? await Task.sleep(for: .milliseconds(500))
                    let status = try? await OwnThread.run("leftfold-status") {
                        try client.call("GET", "/status", as: Status.self)
                    }
                    if let progress = status?.log.compaction?.progress {
                        StandardError.write("\r\u{1B}[K\(progress)")
                    }
                }
            }
            defer {
                group.cancelAll()
                StandardError.write("\r\u{1B}[K")
            }
            return try await body()
        }
    }
}

/// A run of compaction for people.
enum CompactionText {
    static func render(_ outcome: CompactionOutcome) -> String {
        guard outcome.segmentsRead > 0 else {
            return "nothing to compact: no file that is ready has records which no run has seen"
        }
        let verb = outcome.isDryRun ? "would go" : "gone"
        let records = outcome.recordsBefore - outcome.recordsAfter
        var lines = [
            "records   \(outcome.recordsBefore), \(records) \(verb), \(outcome.recordsAfter) stay",
            "size      \(StatusText.bytes(outcome.bytesBefore)) before, \(StatusText.bytes(outcome.bytesAfter)) after, "
                + "in \(outcome.segmentsRead) segments read and \(outcome.segmentsWritten) written",
            "deletes   \(outcome.tombstonesDropped) \(verb), \(outcome.tombstonesLeft) stay",
        ]
        lines += holders(outcome)
        lines.append("horizon   \(outcome.horizon)")
        if !outcome.isDryRun { lines.append("took      \(outcome.durationMs) ms") }
        return lines.joined(separator: "\n")
    }

    /// Why deletes stay.
    private static func holders(_ outcome: CompactionOutcome) -> [String] {
        guard outcome.tombstonesLeft > 0 else { return [] }
        let holding = outcome.cursors.filter { !$0.isExpired && $0.offset < outcome.horizon }
        var lines = holding.map {
            "          held by \($0.name), which has taken in everything below offset \($0.offset)"
        }
        if lines.isEmpty {
            lines.append("          nobody needs them; they go with a later run, once they are old enough (min_age)")
        }
        return lines
    }

    /// Who reads the log.
    static func cursors(_ cursors: [CursorReport]) -> [String] {
        guard !cursors.isEmpty else { return [] }
        let rows = cursors.map { cursor in
            [
                cursor.name, "\(cursor.offset)", StatusText.bytes(cursor.bytesBehind), "\(cursor.ageSeconds) s",
                cursor.isExpired ? "expired" : "",
            ]
        }
        return TextTable.render(["reader", "offset", "behind", "moved", ""], rows)
    }
}
