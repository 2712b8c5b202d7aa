import ArgumentParser
import Foundation
import ViewMaintenance

/// `leftfold rebuild`: computes views again from the log and puts them in place in one step.
struct RebuildCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rebuild",
        abstract:
            "Build views again from the log, without the database; readers keep the old rows until the new ones are complete."
    )

    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var output: OutputOptions

    @Argument(help: "The views; all when none is named.")
    var names: [String] = []

    func run() async throws {
        let installation = try Installation(options.load())
        let client = installation.controlClient
        let report: ApplyReport
        if client.isDaemonRunning {
            let joined = names.joined(separator: ",")
            let escaped =
                joined.addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(["_", ","])) ?? joined
            report = try client.call("POST", "/rebuild?views=\(escaped)", as: ApplyReport.self)
        } else {
            report = try await installation.reconcileAtRest(.rebuild(names))
        }
        try ApplyText.finish(report, json: output.json)
    }
}
