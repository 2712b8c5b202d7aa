import ArgumentParser
import Foundation
import ViewMaintenance

/// `leftfold rebuild`: computes views again from the log and puts them in place in one step.
struct RebuildCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rebuild",
        abstract:
            "Build views again from the log, without the database; readers keep the old rows until the new ones are complete.",
        discussion:
            "All of them in one pass over the log, beside the running daemon or without one. One that is stopped leaves the old rows "
            + "and nothing else; start it again."
    )

    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var output: OutputOptions

    @Argument(help: "The views; all when none is named.")
    var names: [String] = []

    @Option(
        name: .long,
        help: ArgumentHelp(
            "How much of the log to read in a second, e.g. 20MB; without it, as fast as it goes.",
            valueName: "size"
        )
    )
    var bytesPerSecond: String?

    func run() async throws {
        let installation = try Installation(options.load())
        let request = RebuildRequest(names, bytesPerSecond: try pace())
        try ApplyText.finish(try await installation.rebuild(request), json: output.json)
    }

    private func pace() throws -> Int? {
        guard let bytesPerSecond else { return nil }
        guard let bytes = parseByteCount(bytesPerSecond), bytes > 0 else {
            throw CommandFailure(
                .usage,
                "--bytes-per-second \(bytesPerSecond) is not a size",
                hint: "write --bytes-per-second 20MB"
            )
        }
        return bytes
    }
}

extension Installation {
    /// Builds views again, by the daemon when one runs, and shows how it gets on.
    func rebuild(_ request: RebuildRequest) async throws -> ApplyReport {
        let client = controlClient
        guard client.isDaemonRunning else { return try await reconcileAtRest(.rebuild(request)) }
        var parameters: [String: String] = [:]
        if !request.views.isEmpty { parameters["views"] = request.views.joined(separator: ",") }
        if request.isRepair { parameters["repair"] = "yes" }
        if let bytes = request.bytesPerSecond { parameters["bytes_per_second"] = "\(bytes)" }
        let path = "/rebuild?\(ControlClient.query(parameters))"
        return try await ProgressPrinter.whileDaemonWorks(client) {
            try client.call("POST", path, as: ApplyReport.self)
        }
    }
}
