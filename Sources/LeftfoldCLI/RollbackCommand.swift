import ArgumentParser
import Foundation
import ViewMaintenance
import ViewPlan

/// `leftfold rollback`: a view as it was before its last change.
///
/// 1. The statement of the version before is compiled in the place of the file's; nothing is changed when it does not compile.
/// 2. It is written to the view's file: from then on every way leads to it, whatever is stopped where.
/// 3. The view changes places with its kept version, if that is what its file says now. Else it and those that read it are built in the
///    shadow and put in place, as by `apply`. When that fails, the file is put back.
struct RollbackCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback",
        abstract: "Bring back the version of a view before its last change, and write it to the view's file.",
        discussion:
            "A version that was kept (leftfold apply --keep-previous) is there at once. Any other is built, and readers keep the rows of the "
            + "present one until it is complete. A second rollback goes forward again."
    )

    @OptionGroup var options: ConfigurationOptions
    @OptionGroup var output: OutputOptions

    @Argument(help: "The view.")
    var view: String

    /// What was done.
    private struct Outcome: Codable {
        var view: String
        /// The file that was written.
        var file: String
        var report: ApplyReport
    }

    /// One file that goes back.
    private struct Change {
        var path: String
        var before: String?
        var after: String
        /// The view, and the views that read it.
        var views: [String]
    }

    func run() async throws {
        let installation = try Installation(options.load())
        let change = try plan(installation)
        try Self.write(change.after, change.path)
        let report: ApplyReport
        do {
            report = try await installation.rebuild(RebuildRequest(change.views, isRollback: true))
        } catch {
            try Self.restore(change)
            throw error
        }
        guard report.failed[view] == nil else {
            try Self.restore(change)
            return try ApplyText.finish(report, json: output.json)
        }
        if output.json {
            print(try JSONText.render(Outcome(view: view, file: change.path, report: report)))
        } else {
            print("\(view) is the version before again, and \(change.path) says so")
            print("keep that file (commit it): the next apply brings back what the file says")
            try ApplyText.finish(report, json: false)
        }
    }

    private func plan(_ installation: Installation) throws -> Change {
        let folder = installation.viewFolder
        let entries = folder.versions.read()
        guard let entry = entries[view] else {
            throw CommandFailure(.usage, "view \"\(view)\" does not exist", hint: "leftfold status")
        }
        guard let previous = entry.previous else {
            throw CommandFailure(
                .usage,
                "view \(view) has no version before the present one",
                hint: "it has had one definition since it was first applied; see: leftfold plan"
            )
        }
        let relations = try installation.relations()
        let files = try folder.files()
        let present = folder.compile(files, relations).first { $0.name == view }
        let name = present?.file ?? "\(view).sql"
        let before = files.first { $0.name == name }?.sql
        let compiled = folder.compile(ViewFolder.replacing(name, with: previous, in: files), relations)
        guard let restored = compiled.first(where: { $0.file == name }) else {
            throw CommandFailure(.dataError, "the statement of the version before cannot be read")
        }
        do {
            _ = try restored.result.get()
        } catch {
            throw CommandFailure(
                .dataError,
                "the version of \(view) before does not compile any more; nothing was changed",
                detail: error.failure.message,
                hint: "correct \(folder.path)/\(name) by hand, then: leftfold apply"
            )
        }
        return Change(
            path: "\(folder.path)/\(name)",
            before: before,
            after: previous,
            views: Self.readers(of: view, compiled, running: Set(entries.keys))
        )
    }

    /// A view and the running views that read it, directly or through others.
    private static func readers(of view: String, _ compiled: [CompiledView], running: Set<String>) -> [String] {
        var names = [view]
        var next = 0
        while next < names.count {
            for one in compiled where running.contains(one.name) && !names.contains(one.name) {
                guard let definition = try? one.result.get(), definition.dependencies.contains(names[next]) else {
                    continue
                }
                names.append(one.name)
            }
            next += 1
        }
        return names
    }

    private static func write(_ text: String, _ path: String) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: (path as NSString).deletingLastPathComponent,
                withIntermediateDirectories: true
            )
            try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw CommandFailure(.dataError, "\(path) cannot be written", detail: error.localizedDescription)
        }
    }

    private static func restore(_ change: Change) throws {
        if let before = change.before {
            try write(before, change.path)
        } else {
            try FileManager.default.removeItem(atPath: change.path)
        }
    }
}
