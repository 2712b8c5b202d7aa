import Foundation
import PostgresClient
import PostgresSource
import PostgresStore
import Relational
import ViewMaintenance
import ViewPlan
import ViewSQL
import ViewStores

/// What `apply` would do, and what that costs.
extension Installation {
    /// Every view of the folder, then the ones that would be dropped. Changes nothing.
    func plan(_ relations: [RelationSchema]) throws -> [PlannedView] {
        let compiled = try viewFolder.compile(relations)
        let (present, away) = holdings()
        let running = try viewFolder.compileApplied(relations).compactMap { try? $0.result.get() }
        // A store that cannot be read has what was applied last, as far as anybody knows.
        let assumed = running.map(StoredView.init).filter { away[$0.store] != nil }
        var views = compiled.map { view(of: $0, present + assumed, running) }
        for index in views.indices where views[index].action != .error {
            if let failure = away[views[index].store ?? ""] { views[index].noteAway(failure) }
        }
        noteUnknownLanguages(compiled.compactMap { try? $0.result.get() }, away, &views)
        let definitions = Dictionary(
            compiled.compactMap { one in (try? one.result.get()).map { ($0.name, $0) } }
        ) { first, _ in first }
        let building = views.contains { $0.method != nil } ? sizes(of: relations, in: definitions.values) : [:]
        let logBytes = logByteCount
        let stateBytes = stateBytes
        for index in views.indices where views[index].method != nil {
            guard let definition = definitions[views[index].view] else { continue }
            views[index].cost = cost(of: definition, building, logBytes, stateBytes[views[index].view])
        }
        let names = Set(compiled.map(\.name))
        for held in present where !names.contains(held.view) && PreviousView.original(of: held.view) == nil {
            views.append(PlannedView(view: held.view, file: "", action: .dropped, store: held.store))
        }
        for held in assumed where !names.contains(held.view) {
            var planned = PlannedView(view: held.view, file: "", action: .dropped, store: held.store)
            if let failure = away[held.store] { planned.noteAway(failure) }
            views.append(planned)
        }
        return views
    }

    private func view(
        of compiled: CompiledView,
        _ present: [StoredView],
        _ running: [ViewDefinition]
    ) -> PlannedView {
        var planned = PlannedView(view: compiled.name, file: compiled.file, action: .error)
        let definition: ViewDefinition
        do {
            definition = try compiled.result.get()
        } catch {
            (planned.error, planned.hint) = (error.failure.message, error.failure.hint)
            return planned
        }
        let store = ViewVersion.store(of: definition)
        guard configuration.store(named: store) != nil else {
            planned.error = "store \"\(store)\" is not in leftfold.yaml"
            planned.hint = "add it under 'stores:'"
            return planned
        }
        planned.store = store
        planned.key = definition.key.map { $0.map { definition.columns[$0].name } }
        let held = present.filter { $0.view == definition.name }
        guard let there = held.first(where: { $0.store == store }) ?? held.first else {
            (planned.action, planned.method) = (.new, .generation)
            return planned
        }
        let version = ViewVersion.fingerprint(definition)
        if there.store == store, there.version == version {
            planned.action = .unchanged
            return planned
        }
        let old = running.first { $0.name == definition.name && ViewVersion.fingerprint($0) == there.version }
        let change = old.map { DefinitionChange(from: $0, to: definition) }
        planned.action = there.store == store ? .changed : .moved
        planned.from = there.store == store ? nil : there.store
        planned.changes = change?.parts
        let isDifference = change?.keepsTable == true && DefinitionChange.wantsDifference(definition)
        planned.method = isDifference ? .difference : .generation
        return planned
    }

    /// Search views whose Postgres store, which can be asked, does not have their language.
    private func noteUnknownLanguages(
        _ definitions: [ViewDefinition],
        _ away: [String: CommandFailure],
        _ views: inout [PlannedView]
    ) {
        for definition in definitions where definition.kind == .search {
            let name = ViewVersion.store(of: definition)
            guard let store = configuration.store(named: name), store.kind == .postgres,
                away[name] == nil,
                let index = views.firstIndex(where: { $0.view == definition.name }),
                views[index].action != .unchanged,
                let reader = try? store.openReader() as? PostgresStore
            else { continue }
            do throws(StoreError) {
                try reader.checkLanguage(of: ViewVersion.table(of: definition))
            } catch {
                guard error.code == .unsupported else { continue }
                (views[index].action, views[index].method, views[index].changes) = (.error, nil, nil)
                (views[index].error, views[index].hint) = (error.message, error.hint)
            }
        }
    }

    // MARK: Cost

    private func cost(
        of definition: ViewDefinition,
        _ sizes: [RelationID: PlannedView.Cost.Table],
        _ logBytes: Int64,
        _ stateBytes: Int64?
    ) -> PlannedView.Cost {
        let mark = "| state: "
        let state = Explain.text(definition).split(separator: "\n").compactMap { line in
            line.firstRange(of: mark).map { String(line[$0.upperBound...]) }
        }
        return PlannedView.Cost(
            tables: definition.root.relations.compactMap { sizes[$0] }.sorted { $0.name < $1.name },
            logBytes: logBytes,
            state: state,
            stateBytes: stateBytes
        )
    }

    /// The tables that views read, as large as the server estimates them; without figures when it cannot be asked.
    private func sizes(
        of relations: [RelationSchema],
        in definitions: some Sequence<ViewDefinition>
    ) -> [RelationID: PlannedView.Cost.Table] {
        let read = definitions.reduce(into: Set<RelationID>()) { $0.formUnion($1.root.relations) }
        var tables: [RelationID: PlannedView.Cost.Table] = [:]
        let connection = try? PostgresConnection(postgres.url)
        defer { connection?.close() }
        for relation in relations where read.contains(relation.relationID) {
            var table = PlannedView.Cost.Table(name: relation.name.description)
            let answer = try? connection?.query(
                "SELECT reltuples::bigint, pg_table_size(oid) FROM pg_class WHERE oid = to_regclass($1)",
                [relation.name.description]
            )
            if let answer, answer.rowCount == 1 {
                table.rows = answer[0, 0].flatMap { Int64($0) }.flatMap { $0 < 0 ? nil : $0 }
                table.bytes = answer[0, 1].flatMap { Int64($0) }
            }
            tables[relation.relationID] = table
        }
        return tables
    }

    /// Bytes of the log's files; 0 when there is none.
    private var logByteCount: Int64 {
        guard let files = FileManager.default.enumerator(atPath: configuration.logDirectory) else { return 0 }
        var sum: Int64 = 0
        for case let file as String in files {
            let attributes = try? FileManager.default.attributesOfItem(atPath: "\(configuration.logDirectory)/\(file)")
            if attributes?[.type] as? FileAttributeType == .typeRegular {
                sum += (attributes?[.size] as? NSNumber)?.int64Value ?? 0
            }
        }
        return sum
    }

    /// What the operators of each running view hold; empty without a daemon.
    private var stateBytes: [String: Int64] {
        guard controlClient.isDaemonRunning,
            let status = try? controlClient.call("GET", "/status", as: Status.self)
        else { return [:] }
        return Dictionary(status.views.map { ($0.name, $0.stateBytes) }) { first, _ in first }
    }
}
