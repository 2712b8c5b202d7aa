import ArgumentParser
import StateFiles
import ViewMaintenance

/// `leftfold state check`: reads every byte of the state.
struct StateCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check every checkpoint and every block of its runs; exit code 1 when something is wrong.",
        discussion: "Works beside a daemon, and changes nothing."
    )

    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var output: OutputOptions

    /// The result as JSON.
    struct Report: Codable {
        var isSound: Bool
        var checkpoints: Int
        var runs: Int
        var entries: Int
        var bytes: Int64
        var faults: [StateReport.Fault]
        var foreignFiles: [String]

        init(_ check: StateCheck) {
            isSound = check.isSound
            checkpoints = check.manifestCount
            runs = check.runCount
            entries = check.entryCount
            bytes = check.byteCount
            faults = check.faults.map(StateReport.Fault.init)
            foreignFiles = check.foreignNames
        }
    }

    func run() async throws {
        let report = try Installation(options.load()).withState { folder, _ in Report(try folder.check()) }
        print(output.json ? try JSONText.render(report) : Self.text(report))
        if !report.isSound { throw QuietExit(status: .foundProblem) }
    }

    private static func text(_ report: Report) -> String {
        var lines = [
            "\(StateText.count(report.checkpoints, "checkpoint")), \(StateText.count(report.runs, "run")), "
                + "\(report.entries) entries, \(StatusText.bytes(report.bytes))"
        ]
        for name in report.foreignFiles { lines.append("not of the state: \(name)") }
        for fault in report.faults { lines += StateText.fault(fault) }
        if report.isSound { return (lines + ["sound"]).joined(separator: "\n") }
        lines.append(
            """
            nothing is lost: what cannot be used is left out, and a daemon goes on from the elder checkpoint or folds the views
            from the log. 'leftfold state drop', with the daemon stopped, makes it fold them from the log
            """
        )
        return lines.joined(separator: "\n")
    }
}
