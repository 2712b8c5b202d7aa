import Relational
import SQLiteStore
import ViewMaintenance
import ViewPlan
import ViewStores

extension [StoreConfiguration] {
    /// Why a view of this kind cannot live in the store it names; nil when it can, or when there is no such store.
    func refusal(of definition: ViewDefinition) -> Status.Failure? {
        let name = ViewVersion.store(of: definition)
        guard let store = first(where: { $0.name == name }) else { return nil }
        switch (definition.kind, store.kind) {
        case (.search, .sqlite):
            let table = ViewVersion.table(of: definition)
            guard !SQLiteSearch.languages.contains(table.searchLanguage) else { return nil }
            let error = SQLiteSearch.unknownLanguage(of: table)
            return Status.Failure(code: "definition", message: error.message, hint: error.hint)
        case (.cache, .redis), (.table, .sqlite), (.table, .postgres), (.search, .postgres), (.search, .opensearch):
            return nil
        case (.cache, _):
            let place = first { $0.kind == .redis }?.name
            return Status.Failure(
                code: "definition",
                message: "view \(definition.name) is a cache, and store \(name) is \(store.kind.article)",
                hint: place.map { "write WITH (store = '\($0)')" }
                    ?? "add a Redis store under 'stores:' in leftfold.yaml, e.g. cache: "
                    + "{ redis: \"redis://127.0.0.1:6379\", prefix: app }, and write WITH (store = 'cache')"
            )
        case (.search, .redis):
            return Status.Failure(
                code: "definition",
                message: "view \(definition.name) is made for search, and store \(name) is \(store.kind.article)",
                hint: "name an SQLite, a Postgres or an OpenSearch store"
            )
        case (.table, .opensearch):
            return Status.Failure(
                code: "definition",
                message: "view \(definition.name) is no search view, and store \(name) is \(store.kind.article)",
                hint: "write CREATE MATERIALIZED VIEW \(definition.name) USING search, or name another store"
            )
        case (.table, .redis):
            return Status.Failure(
                code: "definition",
                message: "view \(definition.name) is no cache, and store \(name) is \(store.kind.article)",
                hint: "write CREATE MATERIALIZED VIEW \(definition.name) USING cache, or name another store"
            )
        }
    }
}

extension StoreConfiguration.Kind {
    fileprivate var article: String {
        switch self {
        case .sqlite: "an SQLite file"
        case .postgres: "a Postgres schema"
        case .redis: "a Redis server"
        case .opensearch: "an OpenSearch server"
        }
    }
}
