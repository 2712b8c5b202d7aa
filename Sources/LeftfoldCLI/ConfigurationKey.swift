/// The settings with a fixed path; each can be given in the file, in the environment and as a flag.
///
/// `source.postgres.url` is `LEFTFOLD_SOURCE_POSTGRES_URL` and `--source-postgres-url`. A flag wins over the environment, the
/// environment over the file. What has names of its own (further stores, retention of one relation) is given in the file only, where
/// `${VAR}` reaches the environment too.
enum ConfigurationKey: String, CaseIterable, Sendable {
    case compactionBytesPerSecond = "compaction.bytes_per_second"
    case compactionKeyMap = "compaction.key_map"
    case compactionMaxLag = "compaction.max_lag"
    case compactionMinLag = "compaction.min_lag"
    case compactionTombstonesMaxBytes = "compaction.tombstones.max_bytes"
    case compactionTombstonesMaxHold = "compaction.tombstones.max_hold"
    case compactionTombstonesMinAge = "compaction.tombstones.min_age"
    case data
    case httpListen = "http.listen"
    case httpToken = "http.token"
    case memoryBudget = "memory_budget"
    case retentionDefault = "retention.default"
    case sourcePostgresPublication = "source.postgres.publication"
    case sourcePostgresSlot = "source.postgres.slot"
    case sourcePostgresTables = "source.postgres.tables"
    case sourcePostgresURL = "source.postgres.url"
    case stateCheckpoint = "state.checkpoint"
    case stateDisk = "state.disk"
    case storesMainSQLite = "stores.main.sqlite"
    case verifyEvery = "verify.every"
    case verifySample = "verify.sample"
    case views
    case workers

    var path: [String] { rawValue.split(separator: ".").map(String.init) }

    var environmentName: String { Self.environmentPrefix + rawValue.uppercased().replacing(".", with: "_") }

    var flag: String { "--" + rawValue.replacing(".", with: "-").replacing("_", with: "-") }

    /// A list is given as `a, b` outside the file.
    var isList: Bool { self == .sourcePostgresTables }

    static let environmentPrefix = "LEFTFOLD_"
}
