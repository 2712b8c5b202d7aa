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
        /// Where it was compared; nil when it was not.
        var lsn: String?
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
        /// Why the view could not be compared: its store is away (code `store`), or it is not live.
        var notCompared: Status.Failure?

        var isProven: Bool { !differs && notCompared == nil }
        /// Whether the view was found to be wrong.
        var differs: Bool { differenceCount > 0 || indexFault != nil || unreadable != nil }

        init(_ view: String, at lsn: LSN?) {
            self.view = view
            self.lsn = lsn?.description
            (rows, sourceRows, differenceCount, differences) = (0, 0, 0, [])
        }
    }

    /// Blocks the calling thread until every view is compared that can be; the daemon takes note of each of them.
    func run() throws -> [Report] {
        let all = try compiled()
        let running = try installation.controlClient.call("GET", "/status", as: Status.self).views
        return try chosen(all).map { view in
            do {
                let definition = try definition(of: view, running)
                let report = try verify(definition, among: all)
                try note(report, definition)
                return report
            } catch let missed as NotCompared {
                var report = Report(view.name, at: nil)
                report.notCompared = missed.failure
                return report
            }
        }
    }

    // MARK: One view

    private func verify(_ definition: ViewDefinition, among all: [CompiledView]) throws -> Report {
        let cut = try VerificationCut.take(installation, while: goesOn)
        defer { cut.close() }
        let store = ViewVersion.store(of: definition)
        guard !cut.storesAway.contains(store) else {
            throw NotCompared(store: store, "it does not take what its views are now", nil)
        }
        var comparison = ViewComparison(definition.columns, key: definition.key, sample: sample)
        let reader = try reaching(store) { try openReader(definition) }
        do {
            try reaching(store) {
                try reader.scan(ViewVersion.table(of: definition)) { batch in
                    if reader.scansOneMoment { try cut.release() }
                    try checkGoesOn()
                    comparison.addView(batch)
                }
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
        var report = Report(definition.name, at: cut.snapshot.lsn)
        (report.rows, report.sourceRows) = (comparison.viewRowCount, comparison.sourceRowCount)
        if !sample.isWhole { (report.share, report.seed) = (sample.share, "\(sample.seed)") }
        (report.differenceCount, report.differences) = (total, first)
        report.indexFault = indexFault
        return report
    }

    /// Somebody put something in the place of a row that is none of the view's.
    private func unreadable(_ definition: ViewDefinition, _ cut: VerificationCut, _ error: StoreError) -> Report {
        var report = Report(definition.name, at: cut.snapshot.lsn)
        report.unreadable = error.message + (error.detail.map { " (\($0))" } ?? "")
        return report
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
            "view": report.view, "version": ViewVersion.fingerprint(definition), "lsn": report.lsn ?? "",
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

    private func chosen(_ compiled: [CompiledView]) throws -> [CompiledView] {
        for name in names where !compiled.contains(where: { $0.name == name }) {
            throw CommandFailure(.usage, "view \"\(name)\" does not exist", hint: "leftfold status")
        }
        return compiled.filter { names.isEmpty || names.contains($0.name) }
    }

    /// - Throws: `NotCompared` for a view that does not follow the fold.
    private func definition(of view: CompiledView, _ running: [Status.View]) throws -> ViewDefinition {
        let definition: ViewDefinition
        do {
            definition = try view.result.get()
        } catch {
            throw NotCompared(failure: error.failure)
        }
        let shown = running.first { $0.name == view.name }
        if let failure = shown?.error, failure.code == "store", shown?.state == .error {
            throw NotCompared(failure: failure)
        }
        guard shown?.state == .live else {
            let state = shown.map { "it is \($0.state.rawValue)" } ?? "it does not run"
            throw NotCompared(
                failure: Status.Failure(
                    code: "view",
                    message: shown?.error.map { "\(state): \($0.message)" } ?? state,
                    hint: shown?.error?.hint ?? "leftfold status"
                )
            )
        }
        return definition
    }

    /// A store that cannot be read now.
    private func reaching<Result>(_ store: String, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let failure as CommandFailure where failure.status == .cannotReachServer {
            throw NotCompared(
                failure: Status.Failure(
                    code: "store",
                    message: failure.message,
                    hint: failure.hint
                )
            )
        } catch let error as StoreError where error.code == .unavailable {
            throw NotCompared(store: store, error.message, error.hint)
        }
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

/// Why a view could not be compared; the others are.
struct NotCompared: Error {
    var failure: Status.Failure

    init(failure: Status.Failure) { self.failure = failure }

    init(store: String, _ reason: String, _ hint: String?) {
        failure = Status.Failure(
            code: "store",
            message: "store \(store): \(reason)",
            hint: hint ?? "see when it is back with: leftfold status"
        )
    }
}
