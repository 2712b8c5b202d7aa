import ArgumentParser
import Foundation
import Relational
import ViewMaintenance
import ViewPlan
import ViewSQL

/// `leftfold plan`: what `apply` would do, and every mistake in the views folder with its place.
struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Compile the views folder and show what apply would change; changes nothing."
    )

    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var output: OutputOptions

    /// One view as `plan` reports it.
    struct Entry: Codable {
        var view: String
        var file: String
        /// `new`, `changed`, `unchanged`, `dropped`, `error`.
        var action: String
        var store: String?
        var key: [String]?
        var error: String?
        var hint: String?
    }

    func run() async throws {
        let installation = try Installation(options.load())
        let relations = try installation.relations()
        let compiled = try installation.viewFolder.compile(relations)
        let present = try installation.viewsInStores()
        var entries = compiled.map { Self.entry($0, present, installation) }
        let names = Set(compiled.map(\.name))
        for name in present.keys.sorted() where !names.contains(name) {
            entries.append(Entry(view: name, file: "", action: "dropped"))
        }
        let retention = installation.configuration.retention
        for note in try Self.orderNotes(installation, relations) {
            output.json ? StandardError.write(note + "\n") : print(note)
        }
        for table in relations {
            guard let (message, fix) = retention.missingKey(of: table) else { continue }
            let note = "note: \(table.name) \(message)\n  hint: \(fix)"
            output.json ? StandardError.write(note + "\n") : print(note)
        }
        if output.json {
            print(try JSONText.render(entries))
        } else {
            Self.printText(entries)
        }
        if entries.contains(where: { $0.action == "error" }) { throw QuietExit(status: .usage) }
    }

    private static func entry(
        _ compiled: CompiledView,
        _ present: [String: String],
        _ installation: Installation
    ) -> Entry {
        switch compiled.result {
        case .failure(let reason):
            return Entry(
                view: compiled.name,
                file: compiled.file,
                action: "error",
                error: reason.failure.message,
                hint: reason.failure.hint
            )
        case .success(let definition):
            let store = ViewVersion.store(of: definition)
            guard installation.configuration.store(named: store) != nil else {
                return Entry(
                    view: compiled.name,
                    file: compiled.file,
                    action: "error",
                    error: "store \"\(store)\" is not in leftfold.yaml",
                    hint: "add it under 'stores:'"
                )
            }
            let action: String
            switch present[definition.name] {
            case nil: action = "new"
            case ViewVersion.fingerprint(definition): action = "unchanged"
            default: action = "changed"
            }
            return Entry(
                view: definition.name,
                file: compiled.file,
                action: action,
                store: store,
                key: definition.key.map { $0.map { definition.columns[$0].name } }
            )
        }
    }

    private static func printText(_ entries: [Entry]) {
        if entries.isEmpty { print("no views: put a SELECT into the views folder") }
        for entry in entries {
            var line = "\(entry.action.padding(toLength: 10, withPad: " ", startingAt: 0)) \(entry.view)"
            if let store = entry.store { line += "  in \(store)" }
            if entry.error == nil, entry.action != "dropped" {
                line += entry.key.map { "  key (\($0.joined(separator: ", ")))" } ?? "  no key: a bag"
            }
            print(line)
            if let error = entry.error { print("  " + error.replacing("\n", with: "\n  ")) }
            if let hint = entry.hint { print("  hint: \(hint)") }
        }
        if entries.contains(where: { ["new", "changed", "dropped"].contains($0.action) }),
            !entries.contains(where: { $0.action == "error" })
        {
            print("\nbring it up with: leftfold apply")
        }
    }
}
