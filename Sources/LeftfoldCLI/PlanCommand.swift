import ArgumentParser
import Foundation
import Relational
import ViewMaintenance

/// `leftfold plan`: what `apply` would do, and every mistake in the views folder with its place.
struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Compile the views folder and show what apply would change and what that costs; changes nothing.",
        discussion:
            "Views whose store is away are named and the others planned; exit code 3 then, or 2 for a mistake in a view."
    )

    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let installation = try Installation(options.load())
        let relations = try installation.relations()
        let views = try installation.plan(relations)
        let retention = installation.configuration.retention
        for note in try Self.orderNotes(installation, relations) {
            output.json ? StandardError.write(note + "\n") : print(note)
        }
        for table in relations {
            guard let (message, fix) = retention.missingKey(of: table) else { continue }
            let note = "note: \(table.name) \(message)\n  hint: \(fix)"
            output.json ? StandardError.write(note + "\n") : print(note)
        }
        output.json ? print(try JSONText.render(views)) : Self.printText(views, hasLog: installation.hasLog)
        if views.contains(where: { $0.action == .error }) { throw QuietExit(status: .usage) }
        if views.contains(where: { $0.isStoreAway == true }) {
            throw QuietExit(status: .cannotReachServer)
        }
    }

    private static func printText(_ views: [PlannedView], hasLog: Bool) {
        if views.isEmpty { print("no views: put a SELECT into the views folder") }
        for view in views { for line in view.lines { print(line) } }
        guard views.contains(where: { ![.unchanged, .error, .unknown].contains($0.action) }) else { return }
        if !views.contains(where: { $0.action == .error }) {
            print("\nbring it up with: leftfold \(hasLog ? "apply" : "run")")
        }
    }
}
