import Foundation
import Relational
import ViewMaintenance
import ViewPlan
import ViewStores

/// The proof of views, against a running daemon:
///
/// 1. The fold is held where it is, so that it cannot run past the LSN that comes next.
/// 2. A temporary logical slot exports a snapshot of the database; its consistent point is the LSN.
/// 3. The fold goes on to exactly that LSN; the views' rows are read from their stores; the fold goes on freely.
/// 4. The database runs each view's own SELECT in the snapshot, and the rows are compared as bags.
struct Verification: Sendable {
    var installation: Installation
    var names: [String]
    var differenceLimit: Int

    /// One view's result.
    struct Report: Codable, Sendable {
        var view: String
        var lsn: String
        var rows: Int
        var sourceRows: Int
        var differenceCount: Int
        var differences: [ViewComparison.Difference]
    }

    /// Blocks the calling thread until every view is compared.
    func run() throws -> [Report] {
        let client = installation.controlClient
        let definitions = try definitions(client)
        let held = try client.call("POST", "/hold", as: HoldReport.self)
        var isHeld = true
        func release() throws {
            guard isHeld else { return }
            isHeld = false
            // A hold that ended by itself meanwhile makes the rows worthless: they may be of a later LSN.
            try ControlClient.check(client.send("POST", "/release?ticket=\(held.ticket)"))
        }
        defer { try? release() }
        let snapshot = try installation.openSnapshot()
        defer { snapshot.close() }
        let cut = try client.call("POST", "/hold?lsn=\(snapshot.lsn)", as: HoldReport.self)
        for definition in definitions where cut.storesAway.contains(ViewVersion.store(of: definition)) {
            throw Self.away(ViewVersion.store(of: definition), "it failed while its views were verified", nil)
        }
        var stored: [StoredRows] = []
        for definition in definitions { stored.append(try readView(definition)) }
        try release()
        return try zip(definitions, stored).map { definition, stored in
            try compare(definition, stored, with: snapshot, all: definitions)
        }
    }

    /// A view's rows as the store holds them; a class because a batch of rows cannot be in an array.
    private final class StoredRows {
        var comparison: ViewComparison

        init(_ columns: [ViewColumn]) { comparison = ViewComparison(columns) }
    }

    private func definitions(_ client: ControlClient) throws -> [ViewDefinition] {
        let relations = try client.call("GET", "/schemas", as: [RelationSchema].self)
        let compiled = try installation.viewFolder(applied: true).compile(relations)
        for name in names where !compiled.contains(where: { $0.name == name }) {
            throw CommandFailure(.usage, "view \"\(name)\" does not exist", hint: "leftfold status")
        }
        let running = try client.call("GET", "/status", as: Status.self).views
        var definitions: [ViewDefinition] = []
        for view in compiled where names.isEmpty || names.contains(view.name) {
            let definition: ViewDefinition
            do {
                definition = try view.result.get()
            } catch {
                throw CommandFailure(.dataError, error.failure.message, hint: error.failure.hint)
            }
            let shown = running.first { $0.name == view.name }
            if let store = shown?.store, let failure = shown?.error, failure.code == "store", shown?.state == .error {
                throw Self.away(store, failure.message, failure.hint)
            }
            guard shown?.state == .live else {
                throw CommandFailure(
                    .dataError,
                    "view \(view.name) is not live",
                    hint: "see why with: leftfold status"
                )
            }
            definitions.append(definition)
        }
        return definitions
    }

    private static func away(_ store: String, _ reason: String, _ hint: String?) -> CommandFailure {
        CommandFailure(
            .cannotReachServer,
            "the views of store \(store) cannot be verified",
            detail: reason,
            hint: hint ?? "see when it is back with: leftfold status"
        )
    }

    private func readView(_ definition: ViewDefinition) throws -> StoredRows {
        let name = ViewVersion.store(of: definition)
        guard let store = installation.configuration.store(named: name) else {
            throw CommandFailure(.usage, "store \"\(name)\" is not in leftfold.yaml")
        }
        guard let reader = try store.openReader() else {
            throw CommandFailure(.dataError, "\(store.location) does not exist yet", hint: "fill it with: leftfold run")
        }
        let rows = StoredRows(definition.columns)
        try reader.scan(ViewVersion.table(of: definition)) { batch in rows.comparison.addView(batch) }
        return rows
    }

    private func compare(
        _ definition: ViewDefinition,
        _ stored: StoredRows,
        with snapshot: SourceSnapshot,
        all: [ViewDefinition]
    ) throws -> Report {
        try snapshot.rows(of: definition, dependencies: try dependencies(of: definition)) { batch in
            stored.comparison.addSource(batch)
        }
        let (first, total) = try stored.comparison.differences(limit: differenceLimit)
        return Report(
            view: definition.name,
            lsn: snapshot.lsn.description,
            rows: stored.comparison.viewRowCount,
            sourceRows: stored.comparison.sourceRowCount,
            differenceCount: total,
            differences: first
        )
    }

    /// The views that a view reads, and those that they read, each after what it needs.
    private func dependencies(of definition: ViewDefinition) throws -> [ViewDefinition] {
        guard !definition.dependencies.isEmpty else { return [] }
        let client = installation.controlClient
        let relations = try client.call("GET", "/schemas", as: [RelationSchema].self)
        let compiled = try installation.viewFolder(applied: true).compile(relations)
        var ordered: [ViewDefinition] = []
        func add(_ name: String) throws {
            guard !ordered.contains(where: { $0.name == name }),
                let found = compiled.first(where: { $0.name == name })
            else { return }
            let needed = try found.result.get()
            for dependency in needed.dependencies { try add(dependency) }
            ordered.append(needed)
        }
        for name in definition.dependencies { try add(name) }
        return ordered
    }
}
