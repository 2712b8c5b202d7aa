import ArgumentParser
import Foundation
import Relational
import ViewMaintenance

/// `leftfold wait`: read your own writes.
struct WaitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wait",
        abstract: "Return when a view (or every view) shows every commit up to an LSN.",
        discussion:
            "The LSN is what 'SELECT pg_current_wal_insert_lsn()' says after your commit. Exit code 1: the time is over; "
            + "4: a view is in error, or its store is still away when the time is over."
    )

    @OptionGroup var options: ConfigurationOptions

    @Option(name: .long, help: "The LSN, such as 0/16B3748.")
    var lsn: String

    @Option(name: .long, help: "One view instead of all.")
    var view: String?

    @Option(name: .long, help: "How long to wait, such as 5s, 500ms or 2m.")
    var timeout = "5s"

    func run() async throws {
        guard LSN(parsing: lsn) != nil else {
            throw CommandFailure(.usage, "--lsn \(lsn) is not an LSN", hint: "it looks like 0/16B3748")
        }
        let seconds = try DurationText.seconds(timeout, flag: "--timeout")
        var path = "/wait?lsn=\(lsn)&timeout=\(seconds)"
        if let view { path += "&view=\(view.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? view)" }
        let client = try Installation(options.load()).controlClient
        try ControlClient.check(client.send("GET", path))
    }
}

/// Durations as flags take them.
enum DurationText {
    static func seconds(_ text: String, flag: String) throws -> Double {
        let units: [(suffix: String, seconds: Double)] = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600)]
        for (suffix, factor) in units where text.hasSuffix(suffix) {
            if let number = Double(text.dropLast(suffix.count)), number >= 0, number.isFinite { return number * factor }
            break
        }
        throw CommandFailure(.usage, "\(flag) \(text) is not a duration", hint: "write it like 500ms, 5s or 2m")
    }
}
