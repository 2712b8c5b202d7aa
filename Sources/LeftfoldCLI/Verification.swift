import Foundation
import Relational
import ViewMaintenance
import ViewPlan
import ViewStores

/// The proof of views, one after the other, against a running daemon:
///
/// 1. The fold stands at exactly the LSN of a snapshot of the database (`VerificationCut`).
/// 2. The view's rows are read from their store. The fold goes on as soon as the reader has its moment of the store, which is with the
///    first rows; in a store that has no such moments, when all are read.
/// 3. The database runs the view's own SELECT in the snapshot, and the rows are compared as bags.
///
/// Of a sample, both sides are read whole and only the rows of the sample are kept.
struct Verification: Sendable {
    var installation: Installation
    var names: [String]
    var differenceLimit: Int
    var sample = RowSample(share: 1, seed: 0)
    /// Asked now and then; the work ends with an error when it says no.
    var goesOn: @Sendable () -> Bool = { true }

    /// One view's result.
    struct Report: Codable, Sendable {
        var view: String
        var lsn: String
        /// Rows of the view that were compared, and of the source's answer.
        var rows: Int
        var sourceRows: Int
        /// The part of the rows that was compared, and the seed that says which; nil for all.
        var share: Double?
        var seed: String?
        var differenceCount: Int
        var differences: [ViewComparison.Difference]
        /// What is wrong with what the store keeps beside the rows.
        var indexFault: String?
        /// Why the store's rows cannot be read as the view's; nothing was compared then.
        var unreadable: String?

        var isProven: Bool { differenceCount == 0 && indexFault == nil && unreadable == nil }
    }

    /// Blocks the calling thread until every view is compared; the daemon takes note of each.
    func run() throws -> [Report] {
        let all = try compiled()
        return try chosen(all).map { definition in
            let report = try verify(definition, among: all)
            try note(report, definition)
            return report
        }
    }

    // MARK: One view

    private func verify(_ definition: ViewDefinition, among all: [CompiledView]) throws -> Report {
        let cut = try VerificationCut.take(installation, while: goesOn)
        defer { cut.close() }
        let store = ViewVersion.store(of: definition)
        guard !cut.storesAway.contains(store) else {
            throw Self.away(store, "it does not take what its views are now", nil)
        }
        var comparison = ViewComparison(definition.columns, key: definition.key, sample: sample)
        let reader = try openReader(definition)
        do {
            try reader.scan(ViewVersion.table(of: definition)) { batch in
                if reader.scansOneMoment { try cut.release() }
                try checkGoesOn()
                comparison.addView(batch)
            }
        } catch let error as StoreError where error.code == .inconsistent {
            return unreadable(definition, cut, error)
        }
        try cut.release()
        // An index and its rows are of one moment, whichever it is: the fold need not stand still for it.
        let indexFault = sample.isWhole ? try reader.indexFault(of: ViewVersion.table(of: definition)) : nil
        try cut.snapshot.rows(of: definition, dependencies: try dependencies(of: definition, among: all)) { batch in
            try checkGoesOn()
            comparison.addSource(batch)
        }
        let (first, total) = try comparison.differences(
            limit: differenceLimit,
            ignoresMissing: definition.options["ttl"] != nil
        )
        return Report(
            view: definition.name,
            lsn: cut.snapshot.lsn.description,
            rows: comparison.viewRowCount,
            sourceRows: comparison.sourceRowCount,
            share: sample.isWhole ? nil : sample.share,
            seed: sample.isWhole ? nil : "\(sample.seed)",
            differenceCount: total,
            differences: first,
            indexFault: indexFault
        )
    }

    /// Somebody put something in the place of a row that is none of the view's.
    private func unreadable(_ definition: ViewDefinition, _ cut: VerificationCut, _ error: StoreError) -> Report {
        Report(
            view: definition.name,
            lsn: cut.snapshot.lsn.description,
            rows: 0,
            sourceRows: 0,
            differenceCount: 0,
            differences: [],
            unreadable: error.message + (error.detail.map { " (\($0))" } ?? "")
        )
    }

    private func checkGoesOn() throws {
        guard goesOn() else { throw CommandFailure(.dataError, "stopped before the end") }
    }

    private func openReader(_ definition: ViewDefinition) throws -> any ViewStore {
        let name = ViewVersion.store(of: definition)
        guard let store = installation.configuration.store(named: name) else {
            throw CommandFailure(.usage, "store \"\(name)\" is not in leftfold.yaml")
        }
        guard let reader = try store.openReader() else {
            throw CommandFailure(.dataError, "\(store.location) does not exist yet", hint: "fill it with: leftfold run")
        }
        return reader
    }

    private func note(_ report: Report, _ definition: ViewDefinition) throws {
        var parameters = [
            "view": report.view, "version": ViewVersion.fingerprint(definition), "lsn": report.lsn,
            "share": "\(min(sample.share, 1))", "differences": "\(report.differenceCount)",
        ]
        if let fault = report.indexFault ?? report.unreadable { parameters["index_fault"] = fault }
        try ControlClient.check(
            installation.controlClient.send("POST", "/verified?\(ControlClient.query(parameters))")
        )
    }

    // MARK: Definitions

    private func compiled() throws -> [CompiledView] {
        let relations = try installation.controlClient.call("GET", "/schemas", as: [RelationSchema].self)
        return try installation.viewFolder(applied: true).compile(relations)
    }

    private func chosen(_ compiled: [CompiledView]) throws -> [ViewDefinition] {
        for name in names where !compiled.contains(where: { $0.name == name }) {
            throw CommandFailure(.usage, "view \"\(name)\" does not exist", hint: "leftfold status")
        }
        let running = try installation.controlClient.call("GET", "/status", as: Status.self).views
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

    /// The views that a view reads, and those that they read, each after what it needs.
    private func dependencies(
        of definition: ViewDefinition,
        among compiled: [CompiledView]
    ) throws -> [ViewDefinition] {
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
