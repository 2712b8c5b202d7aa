import EventLog
import Foundation
import Relational
import ViewMaintenance
import ViewPlan
import ViewSQL
import ViewStores

/// The views folder: every `*.sql` file in it is one view.
struct ViewFolder: ViewCompiling {
    var path: String
    /// Where the statements of the views that run are kept, so that they can go on when the folder has changed.
    var appliedPath: String
    /// What the log keeps for the views to be computed from.
    var retention: LogRetention
    /// Where views can live.
    var stores: [StoreConfiguration] = []

    /// The files, sorted by name.
    ///
    /// - Throws: `CommandFailure` when the folder or a file cannot be read. A folder that does not exist holds no views.
    func files() throws -> [(name: String, sql: String)] {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else { return [] }
        guard isDirectory.boolValue else {
            throw CommandFailure(.usage, "\(path) is not a folder", hint: "set 'views:' in leftfold.yaml")
        }
        do {
            let names = try FileManager.default.contentsOfDirectory(atPath: path)
            return try names.filter { $0.hasSuffix(".sql") }.sorted().map { name in
                let data = try Data(contentsOf: URL(fileURLWithPath: path + "/" + name))
                guard let sql = String(validating: data, as: UTF8.self) else {
                    throw CommandFailure(.usage, "\(path)/\(name) is not valid UTF-8")
                }
                return (name, sql)
            }
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure(.usage, "\(path) cannot be read", detail: error.localizedDescription)
        }
    }

    func applied(_ definitions: [ViewDefinition], complete: Bool, failed: Set<String>) throws {
        try FileManager.default.createDirectory(atPath: appliedPath, withIntermediateDirectories: true)
        let previous = definitions.filter { PreviousView.original(of: $0.name) != nil }
        let definitions = definitions.filter { PreviousView.original(of: $0.name) == nil }
        var entries = versions.read()
        func file(_ view: String) -> URL { URL(fileURLWithPath: "\(appliedPath)/\(view).sql") }
        for definition in definitions {
            entries[definition.name] = .next(
                after: entries[definition.name],
                version: ViewVersion.fingerprint(definition),
                text: definition.sql,
                before: try? String(contentsOf: file(definition.name), encoding: .utf8)
            )
        }
        if complete {
            let names = Set(definitions.map(\.name)).union(failed)
            entries = entries.filter { names.contains($0.key) }
            for definition in definitions { entries[definition.name]?.isKept = nil }
        }
        for one in previous {
            guard let view = PreviousView.original(of: one.name) else { continue }
            entries[view]?.previous = one.sql
            entries[view]?.isKept = true
        }
        // First: the statements before are told by files that are still there.
        try versions.write(entries)
        for definition in definitions {
            try Data(definition.sql.utf8).write(to: file(definition.name), options: .atomic)
        }
        guard complete else { return }
        let kept = Set(definitions.map(\.name)).union(failed)
        for name in try FileManager.default.contentsOfDirectory(atPath: appliedPath)
        where name.hasSuffix(".sql") && !kept.contains(String(name.dropLast(4))) {
            try FileManager.default.removeItem(atPath: "\(appliedPath)/\(name)")
        }
    }

    func compilePrevious(_ relations: [RelationSchema], applied: Bool) throws -> [ViewDefinition] {
        let kept = versions.read().filter { $0.value.isKept == true }
        guard !kept.isEmpty else { return [] }
        var folder = self
        if applied { folder.path = appliedPath }
        let files = try folder.files()
        let present = folder.compile(files, relations)
        return kept.sorted { $0.key < $1.key }.compactMap { view, entry in
            guard let text = entry.previous, let name = PreviousView.name(of: view),
                let file = present.first(where: { $0.name == view })?.file
            else { return nil }
            let restored = folder.compile(Self.replacing(file, with: text, in: files), relations)
            var definition = restored.first { $0.file == file }.flatMap { try? $0.result.get() }
            definition?.name = name
            return definition
        }
    }

    /// Files with one of them, or a new one, as `text`.
    static func replacing(
        _ file: String,
        with text: String,
        in files: [(name: String, sql: String)]
    ) -> [(name: String, sql: String)] {
        (files.filter { $0.name != file } + [(file, text)]).sorted { $0.name < $1.name }
    }

    /// What runs, and what ran before.
    var versions: AppliedVersions {
        AppliedVersions(path: (appliedPath as NSString).deletingLastPathComponent + "/versions.json")
    }

    func compileApplied(_ relations: [RelationSchema]) throws -> [CompiledView] {
        var applied = self
        applied.path = appliedPath
        return try applied.compile(relations)
    }

    func compile(_ relations: [RelationSchema]) throws -> [CompiledView] { compile(try files(), relations) }

    /// Compiles files as if they were those of the folder.
    func compile(_ files: [(name: String, sql: String)], _ relations: [RelationSchema]) -> [CompiledView] {
        let compiler = ViewCompiler(relations: relations)
        return compiler.compileAll(files).map { file, result in
            let stem = String(file.dropLast(file.hasSuffix(".sql") ? 4 : 0))
            switch result {
            case .success(let definition):
                let refusal =
                    Self.refusal(ofName: definition.name) ?? retention.refusal(of: definition, relations)
                    ?? stores.refusal(of: definition)
                return CompiledView(
                    name: definition.name,
                    file: file,
                    result: refusal.map { .failure(ViewFailure($0)) } ?? .success(definition)
                )
            case .failure(let error):
                let failure = Status.Failure(
                    code: "definition",
                    message: error.description,
                    hint: "correct \(file), then: leftfold plan"
                )
                return CompiledView(name: stem, file: file, result: .failure(ViewFailure(failure)))
            }
        }
    }

    /// Why no view may have a name; nil when one may.
    private static func refusal(ofName name: String) -> Status.Failure? {
        guard PreviousView.original(of: name) != nil else { return nil }
        return Status.Failure(
            code: "definition",
            message: "view name \"\(name)\" is that of a kept version of another view",
            hint: "rename the view"
        )
    }
}
