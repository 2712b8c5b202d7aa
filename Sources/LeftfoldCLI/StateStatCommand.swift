import ArgumentParser
import ViewMaintenance

/// `leftfold state stat`: size of the state, and its checkpoints.
struct StateStatCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stat",
        abstract: "Show the state's size, its checkpoints, and what a restart would fold; works beside a daemon."
    )

    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let report = try Installation(options.load()).withState { StateReport($0, $1) }
        print(output.json ? try JSONText.render(report) : Self.text(report))
    }

    private static func text(_ report: StateReport) -> String {
        var size = "\(StatusText.bytes(report.bytes)) in \(StateText.count(report.runs, "run"))"
        if let limit = report.diskLimit { size += ", of \(StatusText.bytes(limit)) it may take" }
        if let free = report.freeBytes { size += "; \(StatusText.bytes(free)) free on the device" }
        var lines = [
            "state     \(report.path)",
            "size      \(size)",
            "log       up to offset \(report.logNextOffset)",
        ]
        if report.checkpoints.isEmpty { lines.append("          no checkpoint can be used") }
        let rows = report.checkpoints.map { one in
            [
                "\(one.number)", "\(one.offset)", one.lsn, StateText.age(one.ageMs), "\(one.runs)", "\(one.entries)",
                StatusText.bytes(one.bytes), one.obstacle.map { "not used: \($0)" } ?? StateText.replay(one.replay),
            ]
        }
        if !rows.isEmpty {
            let header = ["checkpoint", "offset", "LSN", "age", "runs", "entries", "size", "a restart folds"]
            lines += TextTable.render(header, rows)
        }
        for fault in report.unusable { lines += StateText.fault(fault) }
        if !report.checkpoints.contains(where: { $0.obstacle == nil }) {
            lines.append("a restart folds all that the log has: \(StateText.replay(report.restart))")
        }
        return lines.joined(separator: "\n")
    }
}
