import Foundation
import PostgresClient
import PostgresSource
import PostgresStore
import RedisStore
import Relational
import SQLiteStore
import SearchStore
import ViewMaintenance
import ViewPlan
import ViewStores

/// The stores of a configuration, by their kind.
extension StoreConfiguration {
    /// Opens it to write for a command, on the calling thread; whoever gets it owns it from then on.
    func open(cacheByteMax: Int = 64 << 20) throws -> NamedStore { try reaching { try openOnce(cacheByteMax) } }

    /// Opens it to write for a daemon, which tries again when it is not there.
    func opening(cacheByteMax: Int) -> StoreOpening {
        var opening = StoreOpening(kind: kind.rawValue, location: location) { try openOnce(cacheByteMax) }
        opening.queueByteMax = queueLimitBytes
        return opening
    }

    /// `cacheByteMax`: memory for pages of a file that this process writes.
    private func openOnce(_ cacheByteMax: Int) throws -> NamedStore {
        switch target {
        case .sqlite(let path):
            let folder = (path as NSString).deletingLastPathComponent
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let store = try SQLiteStore(path: path, options: .init(cacheByteCount: cacheByteMax))
            return NamedStore(store: store, kind: "sqlite", location: path)
        case .postgres(let url, let schema):
            let store = try PostgresStore(url: url, schema: schema)
            return NamedStore(store: store, kind: "postgres", location: store.location)
        case .redis(let url, let prefix):
            let store = try RedisStore(url: url, prefix: prefix)
            return NamedStore(store: store, kind: "redis", location: store.location)
        case .opensearch(let url, let prefix):
            let store = try reaching { () throws(StoreError) in try SearchStore(url: url, prefix: prefix) }
            return NamedStore(store: store, kind: "opensearch", location: store.location)
        }
    }

    /// Opens it to read; nil when nothing was ever written there.
    func openReader() throws -> (any ViewStore)? {
        switch target {
        case .sqlite(let path):
            guard FileManager.default.fileExists(atPath: path) else { return nil }
            return try SQLiteStore(path: path, options: .init(isReadOnly: true))
        case .postgres(let url, let schema):
            return try reaching {
                try PostgresStore(url: url, schema: schema, options: .init(isReadOnly: true))
            }
        case .redis(let url, let prefix):
            return try reaching { () throws(StoreError) in
                try RedisStore(url: url, prefix: prefix, options: .init(isReadOnly: true))
            }
        case .opensearch(let url, let prefix):
            return try reaching { () throws(StoreError) in try SearchStore(url: url, prefix: prefix) }
        }
    }

    /// How far its views are; nil when nothing was ever written there, a failure when it cannot be read.
    func readProgress() -> Result<[StoreProgress]?, CommandFailure> {
        do {
            return .success(try openReader()?.progress())
        } catch {
            return .failure(CommandFailure(error) ?? CommandFailure(.dataError, "store \(name): \(error)"))
        }
    }

    /// Where it is, without secrets.
    var location: String {
        switch target {
        case .sqlite(let path): path
        case .postgres(_, let schema): "schema \(schema)"
        case .redis(_, let prefix), .opensearch(_, let prefix): "prefix \(prefix)"
        }
    }

    /// A store that cannot be reached is named, and is no damage to any data.
    private func reaching<Store>(_ open: () throws -> Store) throws -> Store {
        do {
            return try open()
        } catch let error as StoreError {
            guard error.code == .unavailable, kind != .sqlite else { throw error }
            throw CommandFailure(
                .cannotReachServer,
                "store \(name): \(error.message)",
                detail: error.detail,
                hint: error.hint
            )
        }
    }
}

extension Installation {
    /// How the daemon opens each store.
    static func storeOpenings(_ configuration: Configuration, _ memory: MemoryBudget) -> [String: StoreOpening] {
        let cacheByteMax = memory.storeCacheByteMax(of: configuration.stores.count)
        return configuration.stores.reduce(into: [:]) { $0[$1.name] = $1.opening(cacheByteMax: cacheByteMax) }
    }

    /// Opens every store on the calling thread; whoever gets them owns them from then on.
    static func openStores(_ configuration: Configuration) throws -> [String: NamedStore] {
        let cacheByteMax = configuration.memory.storeCacheByteMax(of: configuration.stores.count)
        var stores: [String: NamedStore] = [:]
        for store in configuration.stores { stores[store.name] = try store.open(cacheByteMax: cacheByteMax) }
        return stores
    }

    /// One view in one store.
    struct StoredView {
        var view: String
        var store: String
        var version: String

        init(view: String, store: String, version: String) {
            (self.view, self.store, self.version) = (view, store, version)
        }

        /// Where a view is that runs.
        init(_ definition: ViewDefinition) {
            (view, store) = (definition.name, ViewVersion.store(of: definition))
            version = ViewVersion.fingerprint(definition)
        }
    }

    /// What every store holds, by name of the view.
    ///
    /// - Throws: why a store cannot be read.
    func viewsByStore() throws -> [StoredView] {
        let holdings = holdings()
        for store in configuration.stores {
            if let failure = holdings.away[store.name] { throw failure }
        }
        return holdings.views
    }

    /// What the stores hold that can be read, by name of the view, and why the others cannot, by name of the store.
    func holdings() -> (views: [StoredView], away: [String: CommandFailure]) {
        var views: [StoredView] = []
        var away: [String: CommandFailure] = [:]
        for store in configuration.stores {
            switch store.readProgress() {
            case .success(let held):
                for progress in held ?? [] {
                    views.append(StoredView(view: progress.view, store: store.name, version: progress.version))
                }
            case .failure(let failure): away[store.name] = failure
            }
        }
        return (views.sorted { ($0.view, $0.store) < ($1.view, $1.store) }, away)
    }

    /// The store that holds a view; nil when none does.
    ///
    /// - Throws: why a store cannot be read, when none of the others holds it.
    func store(holding view: String) throws -> StoreConfiguration? {
        let (views, away) = holdings()
        if let held = views.first(where: { $0.view == view }) {
            return configuration.store(named: held.store)
        }
        if let failure = configuration.stores.compactMap({ away[$0.name] }).first { throw failure }
        return nil
    }

    /// Checks of `doctor`: each Postgres store can be reached and does not feed the source, each Redis store keeps what it is given,
    /// each OpenSearch store lets the user in.
    func diagnoseStores() -> [DoctorCheck] {
        configuration.stores.flatMap { (store) -> [DoctorCheck] in
            switch store.target {
            case .sqlite: return []
            case .postgres(let url, let schema): return [diagnose("store \(store.name)", url, schema: schema)]
            case .redis(let url, let prefix): return diagnose("store \(store.name)", url, prefix: prefix)
            case .opensearch(let url, let prefix):
                return [diagnoseSearch("store \(store.name)", url, prefix: prefix)]
            }
        }
    }

    private func diagnose(_ name: String, _ url: String, schema: String) -> DoctorCheck {
        do {
            let connection = try PostgresConnection(url)
            defer { connection.close() }
            let feedback = try PostgresStore.feedback(connection, schema: schema, publication: postgres.publication)
            if let feedback { return DoctorCheck(name, .problem, feedback.reason, fix: feedback.fix) }
            return DoctorCheck(name, .ok, "views go to schema \(schema) of database \(connection.database)")
        } catch {
            return Self.problem(name, error)
        }
    }

    private func diagnose(_ name: String, _ url: String, prefix: String) -> [DoctorCheck] {
        do {
            let findings = try RedisStore.examine(url: url, prefix: prefix)
            return [DoctorCheck(name, .ok, "views go to keys that start with \(prefix):")]
                + findings.map { DoctorCheck(name, $0.isProblem ? .warning : .note, $0.message, fix: $0.fix) }
        } catch {
            return [Self.problem(name, error)]
        }
    }

    private func diagnoseSearch(_ name: String, _ url: String, prefix: String) -> DoctorCheck {
        do {
            _ = try SearchStore(url: url, prefix: prefix)
            return DoctorCheck(name, .ok, "views go to indexes that start with \(prefix)-")
        } catch {
            return Self.problem(name, error)
        }
    }

    private static func problem(_ name: String, _ error: any Error) -> DoctorCheck {
        let failure = CommandFailure(error)
        return DoctorCheck(name, .problem, failure?.message ?? "\(error)", fix: failure?.hint)
    }

    /// Drops what the Postgres, Redis and OpenSearch stores hold; returns the statements and commands that were run.
    func destroyStores() throws -> [String] {
        var done: [String] = []
        for store in configuration.stores {
            switch store.target {
            case .sqlite: continue
            case .postgres(let url, let schema): done += try PostgresStore.destroy(url: url, schema: schema)
            case .redis(let url, let prefix): done += try RedisStore.destroy(url: url, prefix: prefix)
            case .opensearch(let url, let prefix): done += try SearchStore.destroy(url: url, prefix: prefix)
            }
        }
        return done
    }
}
