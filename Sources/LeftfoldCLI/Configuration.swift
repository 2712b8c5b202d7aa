import EventLog

/// Everything `leftfold.yaml`, the environment and the flags say, checked. All paths are absolute.
struct Configuration: Hashable, Sendable {
    var source: ConfiguredSource
    /// The folder of log, state, the default store and the daemon's socket.
    var data: String
    /// What the log keeps of each table.
    var retention: LogRetention
    var compaction: CompactionConfiguration
    /// Bytes that state, caches and queues may hold together.
    var memoryBudget: Int
    var state: StateConfiguration
    /// Threads that share the work of the fold.
    var workers: Int
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
    /// The runs and checkpoints of the fold's state.
    var runsDirectory: String { stateDirectory + "/runs" }
    /// What a command without a daemon has no room for in memory; gone with it.
    var scratchDirectory: String { stateDirectory + "/scratch" }
    /// The daemon's socket.
    var socketPath: String { data + "/leftfold.sock" }

    /// The store of that name, if the configuration has one.
    func store(named name: String) -> StoreConfiguration? { stores.first { $0.name == name } }
}

/// Where changes come from.
enum ConfiguredSource: Hashable, Sendable {
    case postgres(PostgresSourceConfiguration)

    /// The tables that are followed, each once.
    var tables: [TableName] {
        switch self {
        case .postgres(let postgres): postgres.tables
        }
    }
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

/// When sealed segments are compacted, and what that may take; see `docs/compaction.md`.
struct CompactionConfiguration: Hashable, Sendable {
    /// How long the deletes in a compacted log stay for those who read it.
    struct Tombstones: Hashable, Sendable {
        /// Younger ones stay.
        var minAge = Duration.seconds(3600)
        /// A reader that has not moved for so long holds none any more.
        var maxHold = Duration.seconds(7 * 86_400)
        /// A reader with more of the log before it holds none any more; nil for no limit.
        var maxBytes: Int?
    }

    /// Younger segments are left alone.
    var minLag = Duration.zero
    /// Segments with older records are compacted, whoever still reads them.
    var maxLag = Duration.seconds(86_400)
    var tombstones = Tombstones()
    /// What the survey's map of keys may take.
    var keyMapBytes = 64 << 20
    /// Read and written in a second; nil for as fast as it goes.
    var bytesPerSecond: Int?
}

/// What is kept of the operators' state; see `docs/state.md`.
struct StateConfiguration: Hashable, Sendable {
    /// The least time between two checkpoints.
    var checkpointInterval = Duration.seconds(5)
    /// What runs and checkpoints may take on disk; nil for all that is free.
    var diskLimitBytes: Int?
}

/// A place where views live.
struct StoreConfiguration: Hashable, Sendable {
    enum Kind: String, CaseIterable, Sendable {
        case sqlite
        case postgres
        case redis
        case opensearch
    }

    enum Target: Hashable, Sendable {
        case sqlite(path: String)
        case postgres(url: String, schema: String)
        case redis(url: String, prefix: String)
        case opensearch(url: String, prefix: String)
    }

    var name: String
    var target: Target
    /// Bytes of rows that wait for it at most; nil leaves it to the program.
    var queueLimitBytes: Int?

    var kind: Kind {
        switch target {
        case .sqlite: .sqlite
        case .postgres: .postgres
        case .redis: .redis
        case .opensearch: .opensearch
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
