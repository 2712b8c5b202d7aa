import ArgumentParser
import EventLog
import Foundation
import ViewMaintenance

/// `leftfold status`: where source, log, stores and views stand.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show the source, the log, the stores and every view.",
        discussion: "Exit code 1: a store or checkpoints fail, or a view of the running daemon is in error or parked."
    )

    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let installation = try Installation(options.load())
        let client = installation.controlClient
        let status: Status
        if client.isDaemonRunning {
            status = try client.call("GET", "/status", as: Status.self)
        } else {
            status = try installation.statusAtRest()
        }
        print(output.json ? try JSONText.render(status) : StatusText.render(status))
        if client.isDaemonRunning, status.hasProblem { throw QuietExit(status: .foundProblem) }
    }
}

extension Status {
    /// Whether somebody has to look: a store is away, a view does not follow, or a restart would take long.
    fileprivate var hasProblem: Bool {
        stores.values.contains { $0.state == "retrying" || $0.state == "detached" }
            || views.contains { $0.state == .error || $0.state == .parked } || state?.error != nil
    }
}
