import ArgumentParser
import ViewMaintenance
import ViewSQL

/// `leftfold explain`: the plan of a view.
struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Show a view's plan: operators, what they hold, what a change costs."
    )

    @OptionGroup var options: ConfigurationOptions

    @Argument(help: "The view.")
    var view: String

    func run() async throws {
        let installation = try Installation(options.load())
        let compiled = try installation.viewFolder.compile(installation.relations())
        guard let found = compiled.first(where: { $0.name == view }) else {
            let names = compiled.map(\.name).joined(separator: ", ")
            throw CommandFailure(
                .usage,
                "view \"\(view)\" is not in \(installation.configuration.views)",
                detail: names.isEmpty ? nil : "there are: \(names)",
                hint: "leftfold plan"
            )
        }
        switch found.result {
        case .success(let definition): print(Explain.text(definition))
        case .failure(let reason):
            throw CommandFailure(.usage, reason.failure.message, hint: reason.failure.hint)
        }
    }
}
