import ArgumentParser
import Foundation
import ViewMaintenance

/// `leftfold apply`: makes the running views those of the views folder.
struct ApplyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply",
        abstract: "Bring up new and changed views, drop those without a file; returns when they are live."
    )

    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var output: OutputOptions

    @Flag(name: .long, help: "Drop views whose file is gone without asking.")
    var yes = false

    @Flag(
        name: .long,
        help: "Keep the replaced version of each changed view beside the new one, for a rollback at once."
    )
    var keepPrevious = false

    @Flag(name: .long, help: "Keep no replaced versions; drop those that were kept, with their rows.")
    var dropPrevious = false

    private var previous: ApplyRequest.Previous { keepPrevious ? .keep : dropPrevious ? .drop : .asBefore }

    func validate() throws {
        guard !keepPrevious || !dropPrevious else {
            throw ValidationError("--keep-previous and --drop-previous exclude each other")
        }
    }

    func run() async throws {
        let installation = try Installation(options.load())
        let client = installation.controlClient
        let report: ApplyReport
        if client.isDaemonRunning {
            let (yes, previous) = (yes, previous)
            report = try await ProgressPrinter.whileDaemonWorks(client) {
                try Self.applyThroughDaemon(client, yes, previous)
            }
        } else {
            report = try await installation.reconcileAtRest(
                .apply(
                    ApplyRequest(allowDrops: try confirmsDrops(installation), previous: previous)
                )
            )
        }
        try ApplyText.finish(report, json: output.json)
    }

    private static func applyThroughDaemon(
        _ client: ControlClient,
        _ yes: Bool,
        _ previous: ApplyRequest.Previous
    ) throws -> ApplyReport {
        var parameters: [String: String] = ["previous": previous.rawValue]
        if yes { parameters["drop"] = "yes" }
        do {
            return try client.call("POST", "/apply?\(ControlClient.query(parameters))", as: ApplyReport.self)
        } catch let failure as CommandFailure where !yes && failure.message.hasPrefix("this would drop") {
            guard Terminal.confirms(failure.message) else { throw failure }
            parameters["drop"] = "yes"
            return try client.call("POST", "/apply?\(ControlClient.query(parameters))", as: ApplyReport.self)
        }
    }

    private func confirmsDrops(_ installation: Installation) throws -> Bool {
        if yes { return true }
        let missing = try installation.viewsWithoutFile()
        return missing.isEmpty || Terminal.confirms("this would drop \(missing.joined(separator: ", "))")
    }
}

/// Questions, asked only where somebody can answer.
enum Terminal {
    static func confirms(_ question: String) -> Bool {
        guard isatty(0) == 1, isatty(2) == 1 else { return false }
        StandardError.write("\(question). Go on? [y/N] ")
        return readLine().map { ["y", "yes"].contains($0.lowercased()) } ?? false
    }
}

/// What `apply` and `rebuild` print.
enum ApplyText {
    static func finish(_ report: ApplyReport, json: Bool) throws {
        if json {
            print(try JSONText.render(report))
        } else {
            for (word, names) in [
                ("created", report.created), ("rebuilt", report.rebuilt), ("dropped", report.dropped),
                ("unchanged", report.unchanged), ("kept the version before of", report.kept),
                ("changed places with the version before", report.exchanged),
            ] where !names.isEmpty {
                print("\(word): \(names.sorted().joined(separator: ", "))")
            }
            for (name, rows) in report.corrected.sorted(by: { $0.key < $1.key }) {
                print("changed in place: \(name) (a difference of \(rows) \(rows == 1 ? "row" : "rows"))")
            }
            for (name, reason) in report.notKept.sorted(by: { $0.key < $1.key }) {
                print("not kept: the version before of \(name): \(reason); a rollback builds it")
            }
            print("at LSN \(report.frontierLsn)")
        }
        for (name, failure) in report.failed.sorted(by: { $0.key < $1.key }) {
            StandardError.write("leftfold: view \(name): \(failure.message)\n")
            if let hint = failure.hint { StandardError.write("  hint: \(hint)\n") }
        }
        guard !report.failed.isEmpty else { return }
        let isDefinition = report.failed.values.allSatisfy { $0.code == "definition" }
        throw QuietExit(status: isDefinition ? .usage : .dataError)
    }
}
