/// Everything `leftfold.yaml`, the environment and the flags say, checked. All paths are absolute.
struct Configuration: Hashable, Sendable {
    var source: ConfiguredSource
    /// The folder of log, state, the default store and the daemon's socket.
    var data: String
    var retention: RetentionConfiguration
    /// Bytes that state and queues may hold together; nil leaves it to the program.
    var memoryBudgetBytes: Int?
    /// In the order of the file, `main` first when the file does not name it. Never empty.
    var stores: [StoreConfiguration]
    /// The folder of the views' SQL files.
    var views: String
    /// How often views are compared with the source; nil for only on request.
    var verify: VerifyConfiguration?
    /// Where HTTP is served over TCP; nil for the unix socket alone.
    var http: HTTPConfiguration?

    /// The store that a view without `WITH (store = …)` lives in.
    static let defaultStoreName = "main"

    var logDirectory: String { data + "/log" }
    var stateDirectory: String { data + "/state" }
    /// The daemon's socket.
    var socketPath: String { data + "/leftfold.sock" }

    /// The store of that name, if the configuration has one.
    func store(named name: String) -> StoreConfiguration? { stores.first { $0.name == name } }
}

/// Where changes come from.
enum ConfiguredSource: Hashable, Sendable {
    case postgres(PostgresSourceConfiguration)
}

/// A Postgres server as the source.
struct PostgresSourceConfiguration: Hashable, Sendable {
    /// A connection URI or libpq keywords; holds secrets, so it is never printed.
    var url: String
    var slot: String
    var publication: String
    /// The tables of the publication, each once; never empty.
    var tables: [TableName]
}

/// What the log forgets, and when.
struct RetentionConfiguration: Hashable, Sendable {
    enum Policy: Hashable, Sendable {
        /// The latest record of every key stays.
        case compact
        /// Everything stays.
        case keep
        /// Records older than this go.
        case time(Duration)
        /// The oldest records go when the relation's records take more.
        case size(bytes: Int)
    }

    /// `compact`, or `keep` in a version that cannot compact.
    var fallback: Policy
    /// Relations that differ from the fallback.
    var relations: [TableName: Policy] = [:]
}

/// A place where views live.
struct StoreConfiguration: Hashable, Sendable {
    enum Kind: String, CaseIterable, Sendable {
        case sqlite
        case postgres
        case redis
    }

    enum Target: Hashable, Sendable {
        case sqlite(path: String)
        case postgres(url: String, schema: String)
        case redis(url: String, prefix: String)
    }

    var name: String
    var target: Target

    var kind: Kind {
        switch target {
        case .sqlite: .sqlite
        case .postgres: .postgres
        case .redis: .redis
        }
    }
}

/// When views are compared with the source unasked.
struct VerifyConfiguration: Hashable, Sendable {
    var every: Duration
    /// The part of a view's rows that is compared, above 0 and at most 1.
    var sample: Double
}

/// Where HTTP is served over TCP.
struct HTTPConfiguration: Hashable, Sendable {
    var host: String
    var port: Int
    /// What a client must send; required on any address but loopback. A secret: never printed.
    var token: String?
}
