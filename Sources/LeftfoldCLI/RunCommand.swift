import ArgumentParser
import EventLog
import Foundation
import LeftfoldHTTP
import Logging
import PostgresSource
import Relational
import ServiceLifecycle
import ViewMaintenance

/// `leftfold run`: the daemon.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Follow the database and keep the views up to date.",
        discussion:
            "Creates what is missing on the server (publication, then slot) and prints the SQL. SIGTERM ends it cleanly."
    )

    @OptionGroup var options: ConfigurationOptions

    @Option(name: .long, help: "Fold up to this LSN or log offset, then stop.")
    var until: String?

    @Flag(name: .long, help: "Create nothing on the server; refuse when something is missing.")
    var noCreate = false

    @Flag(name: .long, help: "Keep the views as they are; do not apply the views folder.")
    var noApply = false

    @Option(name: .long, help: "trace, debug, info, notice, warning or error.")
    var logLevel = "info"

    func run() async throws {
        guard let level = Logger.Level(rawValue: logLevel) else {
            throw CommandFailure(.usage, "--log-level \(logLevel) is not a level", hint: "write info or debug")
        }
        var logger = Logger(label: "leftfold", factory: { StreamLogHandler.standardError(label: $0) })
        logger.logLevel = level
        let installation = Installation(try options.load(), logger: logger)
        let limit = try until.map(RunLimit.init(parsing:))
        try await DaemonRun(
            installation: installation,
            limit: limit,
            createsMissing: !noCreate,
            appliesViews: !noApply,
            report: { StandardOutput.write($0 + "\n") }
        ).run()
    }
}

/// Where `run --until` stops.
enum RunLimit: Sendable, Equatable {
    case lsn(LSN)
    case offset(Offset)

    init(parsing text: String) throws {
        if let lsn = LSN(parsing: text) {
            self = .lsn(lsn)
        } else if let offset = Int64(text), offset >= 0 {
            self = .offset(Offset(offset))
        } else {
            throw CommandFailure(
                .usage,
                "--until \(text) is neither an LSN nor an offset",
                hint: "write 0/16B3748 or 1200"
            )
        }
    }
}
