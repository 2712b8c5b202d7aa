import EventLog
import Foundation
import Relational
import ViewMaintenance
import ViewPlan
import ViewSQL

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
        var entries = versions.read()
        for definition in definitions {
            let file = URL(fileURLWithPath: "\(appliedPath)/\(definition.name).sql")
            entries[definition.name] = .next(
                after: entries[definition.name],
                version: ViewVersion.fingerprint(definition),
                text: definition.sql,
                before: try? String(contentsOf: file, encoding: .utf8)
            )
            try Data(definition.sql.utf8).write(to: file, options: .atomic)
        }
        if complete {
            let names = Set(definitions.map(\.name)).union(failed)
            entries = entries.filter { names.contains($0.key) }
        }
        try versions.write(entries)
        guard complete else { return }
        let kept = Set(definitions.map(\.name)).union(failed)
        for name in try FileManager.default.contentsOfDirectory(atPath: appliedPath)
        where name.hasSuffix(".sql") && !kept.contains(String(name.dropLast(4))) {
            try FileManager.default.removeItem(atPath: "\(appliedPath)/\(name)")
        }
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
                let refusal = retention.refusal(of: definition, relations) ?? stores.refusal(of: definition)
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
}
