import ArgumentParser
import StateFiles
import ViewMaintenance

/// `leftfold state drop`: removes the runs and checkpoints, which the next daemon makes again from the log.
struct StateDropCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drop",
        abstract: "Remove the runs and checkpoints; the next 'leftfold run' makes them again from the log.",
        discussion: "The daemon must be stopped. Log, stores and views stay as they are."
    )

    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var output: OutputOptions

    @Flag(name: .long, help: "Do not ask.")
    var yes = false

    /// The result as JSON.
    struct Report: Codable {
        var path: String
        /// What was removed.
        var bytes: Int64
        var runs: Int
        var checkpoints: Int
    }

    func run() async throws {
        let installation = Installation(try options.load())
        let configuration = installation.configuration
        guard !installation.controlClient.isDaemonRunning else {
            throw CommandFailure(
                .usage,
                "a daemon is running on \(configuration.socketPath)",
                hint: "stop it first, then: leftfold state drop"
            )
        }
        guard let found = try Self.look(into: configuration.runsDirectory) else {
            return try finish(Report(path: configuration.runsDirectory, bytes: 0, runs: 0, checkpoints: 0))
        }
        let what =
            "this removes \(StatusText.bytes(found.bytes)) of state in \(found.path); the next 'leftfold run' folds the views "
            + "from the log's beginning"
        guard yes || Terminal.confirms(what) else {
            throw CommandFailure(.usage, what, hint: "confirm with: leftfold state drop --yes")
        }
        let folder = try StateFolder.open(found.path, logID: Self.anyLog, semantics: ViewVersion.semantics)
        try folder.drop()
        try finish(found)
    }

    /// What goes is what is there, of whatever log.
    private static let anyLog = "any"

    /// What there is to remove; nil when there is no folder.
    private static func look(into path: String) throws(StateError) -> Report? {
        do throws(StateError) {
            let folder = try StateFolder.openReadOnly(path, logID: anyLog, semantics: ViewVersion.semantics)
            let statistics = folder.statistics
            return Report(
                path: path,
                bytes: statistics.byteCount,
                runs: statistics.runCount,
                checkpoints: statistics.fileCount - statistics.runCount
            )
        } catch {
            if error.code == .notFound { return nil }
            throw error
        }
    }

    private func finish(_ report: Report) throws {
        if output.json { return print(try JSONText.render(report)) }
        guard report.runs + report.checkpoints > 0 else { return print("there is no state in \(report.path)") }
        print(
            "removed \(StateText.count(report.checkpoints, "checkpoint")) and \(StateText.count(report.runs, "run")), "
                + "\(StatusText.bytes(report.bytes)), from \(report.path)"
        )
    }
}
