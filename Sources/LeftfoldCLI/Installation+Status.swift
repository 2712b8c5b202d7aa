import EventLog
import Relational
import StateFiles
import ViewMaintenance
import ViewPlan
import ViewStores

/// What the files and the stores tell when no daemon runs.
extension Installation {
    /// What each store holds that can be read, and why the others cannot be, by name of the store.
    private struct Holdings {
        var progress: [String: [StoreProgress]] = [:]
        var failures: [String: CommandFailure] = [:]

        /// The rows of a view outside of a store.
        func rows(of view: String, notIn store: String) -> (store: String, progress: StoreProgress)? {
            for (name, held) in progress.sorted(by: { $0.key < $1.key }) where name != store {
                if let found = held.first(where: { $0.view == view }) { return (name, found) }
            }
            return nil
        }
    }

    func statusAtRest() throws -> Status {
        let source = Status.Source(
            kind: "postgres",
            state: "stopped",
            slot: postgres.slot,
            publication: postgres.publication
        )
        let log = try openLog(.existing)
        defer { try? log.close() }
        var closed = Status.Log(log)
        closed.state = "closed"
        var status = Status(
            version: Leftfold.version,
            source: source,
            log: closed,
            stores: [:],
            views: []
        )
        status.isDaemonRunning = false
        var holdings = Holdings()
        for store in configuration.stores { status.stores[store.name] = look(at: store, &holdings) }
        let compiled = try viewFolder(applied: true).compile(LogWriter(log).schemas)
        let running = Dictionary(compiled.compactMap { try? $0.result.get() }.map { ($0.name, $0) }) {
            first,
            _ in first
        }
        let held = holdings.progress.values.joined().map(\.view)
        let verified = VerifiedLedger(configuration).read()
        for name in Set(held).union(running.keys).sorted() {
            var (view, version) = self.view(name, running[name], holdings)
            view.show(verified[name], version: version)
            status.views.append(view)
        }
        status.rebuild = try? rebuildLedger.read()
        status.state = state(of: log)
        return status
    }

    /// Nil when there is none.
    private func state(of log: EventLog) -> Status.FoldState? {
        var shown: Status.FoldState
        do throws(StateError) {
            shown = Status.FoldState(StateReport(try openStateReadOnly(of: log), log))
        } catch {
            guard error.code != .notFound else { return nil }
            shown = Status.FoldState(restart: Replay(log, from: .zero))
            shown.error = Status.FoldState.Failure(message: error.description, detail: error.detail, hint: error.hint)
        }
        shown.memoryBudget = Int64(configuration.memoryBudget)
        return shown
    }

    private func look(at store: StoreConfiguration, _ holdings: inout Holdings) -> Status.Store {
        var shown = Status.Store(kind: store.kind.rawValue, location: store.location, state: "closed")
        switch store.readProgress() {
        case .success(let held?): holdings.progress[store.name] = held
        case .success(nil): shown.state = "not made yet"
        case .failure(let failure):
            holdings.failures[store.name] = failure
            shown.state = "error"
            (shown.error, shown.detail, shown.hint) = (failure.message, failure.detail, failure.hint)
        }
        return shown
    }

    /// A view as its store has it, with the version of its rows; where it has none there, what is known of it instead.
    private func view(
        _ name: String,
        _ definition: ViewDefinition?,
        _ holdings: Holdings
    ) -> (view: Status.View, version: String) {
        let store = definition.map(ViewVersion.store) ?? holdings.rows(of: name, notIn: "")?.store ?? ""
        var view = Status.View(name: name, store: store, state: .stopped)
        view.previousOf = PreviousView.original(of: name)
        let elsewhere = holdings.rows(of: name, notIn: store).map { place in
            "store \(place.store) has its rows up to LSN \(place.progress.position.lsn)"
        }
        if let rows = holdings.progress[store]?.first(where: { $0.view == name }) {
            view.frontierLsn = rows.position.lsn.description
            view.frontierOffset = max(rows.offset.rawValue, 0)
            if rows.offset == StoreProgress.unknownOffset {
                view.progress = "the next daemon brings its rows right"
            } else if let definition, rows.version != ViewVersion.fingerprint(definition) {
                view.progress = "its rows are of another definition; the next daemon builds it"
            } else if let elsewhere {
                view.progress = "\(elsewhere) too, which go with the next daemon"
            }
            return (view, rows.version)
        }
        guard let failure = holdings.failures[store] else {
            view.progress = "it has no rows in store \(store) yet: the next daemon builds it"
            if let elsewhere { view.progress?.append("; until then \(elsewhere)") }
            return (view, "")
        }
        view.state = .unknown
        let message = "its rows cannot be looked at: \(failure.message(namingStore: store))"
        view.error = Status.Failure(
            code: "store",
            message: message + (elsewhere.map { "; \($0)" } ?? ""),
            hint: failure.hint
        )
        return (view, "")
    }
}
