import ArgumentParser
import EventLog
import Foundation
import StateFiles
import ViewMaintenance

/// `leftfold state`: what the daemon keeps of its operators' state between two runs.
struct StateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "state",
        abstract: "Look into the state that the views' operators keep on disk, check it, and remove it.",
        discussion:
            "State is made from the log, and can be made again from it: nothing here is the only copy of anything.",
        subcommands: [StateStatCommand.self, StateCheckCommand.self, StateDropCommand.self]
    )
}

extension Installation {
    /// The folder of state as it is now, and the log that it was made from; beside a daemon or without one.
    ///
    /// - Throws: when there is no log or no state, or a `LogError` or `StateError` of what cannot be read.
    func withState<Result>(_ body: (StateFolder, EventLog) throws -> Result) throws -> Result {
        try requireLog()
        let log = try EventLog.openForReading(directory: configuration.logDirectory)
        defer { try? log.close() }
        return try body(openStateReadOnly(of: log), log)
    }

    /// The same of a log that is open.
    func openStateReadOnly(of log: EventLog) throws(StateError) -> StateFolder {
        try StateFolder.openReadOnly(
            configuration.runsDirectory,
            logID: log.id.description,
            semantics: ViewVersion.semantics,
            options: configuration.stateOptions
        )
    }
}

/// Words of the state for people.
enum StateText {
    static func replay(_ replay: Replay) -> String {
        guard replay.records > 0 else { return "nothing of the log" }
        return "\(count(Int(replay.records), "record")) of the log (\(StatusText.bytes(replay.bytes)))"
    }

    static func count(_ count: Int, _ word: String) -> String { "\(count) \(word)\(count == 1 ? "" : "s")" }

    /// A time that has gone by, in the unit that fits.
    static func age(_ milliseconds: Int64) -> String {
        switch milliseconds {
        case ..<1000: "\(milliseconds) ms"
        case ..<120_000: "\(milliseconds / 1000) s"
        case ..<7_200_000: "\(milliseconds / 60_000) min"
        default: "\(milliseconds / 3_600_000) h"
        }
    }

    /// What is wrong, with its place.
    static func fault(_ fault: StateReport.Fault) -> [String] {
        var lines = ["! \(fault.message)" + (fault.path.map { ": \($0)" } ?? "")]
        if let detail = fault.detail { lines.append("  \(detail)") }
        if let hint = fault.hint { lines.append("  hint: \(hint)") }
        return lines
    }
}
