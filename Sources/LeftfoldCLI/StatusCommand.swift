import ArgumentParser
import EventLog
import Foundation
import ViewMaintenance

/// `leftfold status`: where source, log, stores and views stand.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show the source, the log, the stores and every view."
    )

    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let installation = try Installation(options.load())
        let client = installation.controlClient
        var status: Status
        if client.isDaemonRunning {
            status = try client.call("GET", "/status", as: Status.self)
        } else {
            status = try installation.statusAtRest()
        }
        VerifiedLedger(installation.configuration).complete(&status)
        print(output.json ? try JSONText.render(status) : StatusText.render(status))
    }
}
