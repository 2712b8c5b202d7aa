import ArgumentParser

/// `--config` and a flag for every setting with a fixed path. Every subcommand that needs the configuration has this group.
struct ConfigurationOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The configuration file (default: \(Configuration.defaultPath)).", valueName: "file"))
    var config: String?

    @Option(help: ArgumentHelp("The folder of log, state and the default store.", valueName: "folder"))
    var data: String?

    @Option(help: ArgumentHelp("The folder of the views' SQL files.", valueName: "folder"))
    var views: String?

    @Option(
        name: .customLong("source-postgres-url"),
        help: ArgumentHelp("The source's connection string.", valueName: "url")
    )
    var sourcePostgresURL: String?

    @Option(help: ArgumentHelp("The replication slot.", valueName: "name"))
    var sourcePostgresSlot: String?

    @Option(help: ArgumentHelp("The publication.", valueName: "name"))
    var sourcePostgresPublication: String?

    @Option(help: ArgumentHelp("The tables to follow, separated by commas.", valueName: "tables"))
    var sourcePostgresTables: String?

    @Option(
        name: .customLong("stores-main-sqlite"),
        help: ArgumentHelp("The file of the default store.", valueName: "file")
    )
    var storesMainSQLite: String?

    @Option(help: ArgumentHelp("What the log keeps of a table: compact, keep, 30d or 10GB.", valueName: "retention"))
    var retentionDefault: String?

    @Option(help: ArgumentHelp("Leave younger segments of the log alone.", valueName: "time"))
    var compactionMinLag: String?

    @Option(help: ArgumentHelp("Compact older records whoever still reads them.", valueName: "time"))
    var compactionMaxLag: String?

    @Option(help: ArgumentHelp("Keep younger deletes.", valueName: "time"))
    var compactionTombstonesMinAge: String?

    @Option(help: ArgumentHelp("How long a reader that stands still holds deletes.", valueName: "time"))
    var compactionTombstonesMaxHold: String?

    @Option(help: ArgumentHelp("How far behind a reader holds deletes.", valueName: "size"))
    var compactionTombstonesMaxBytes: String?

    @Option(help: ArgumentHelp("What compaction's map of keys may take, e.g. 64MB.", valueName: "size"))
    var compactionKeyMap: String?

    @Option(help: ArgumentHelp("What compaction may read and write in a second.", valueName: "size"))
    var compactionBytesPerSecond: String?

    @Option(help: ArgumentHelp("What state and queues may hold together, e.g. 1GB.", valueName: "size"))
    var memoryBudget: String?

    @Option(help: ArgumentHelp("The least time between two checkpoints of the state.", valueName: "time"))
    var stateCheckpoint: String?

    @Option(help: ArgumentHelp("What the state may take on disk, e.g. 50GB.", valueName: "size"))
    var stateDisk: String?

    @Option(help: ArgumentHelp("How many threads share the work of the fold.", valueName: "count"))
    var workers: String?

    @Option(help: ArgumentHelp("How often views are compared with the source.", valueName: "time"))
    var verifyEvery: String?

    @Option(help: ArgumentHelp("The part of the rows to compare, e.g. 1%.", valueName: "percent"))
    var verifySample: String?

    @Option(
        name: .customLong("http-listen"),
        help: ArgumentHelp("Where to serve HTTP over TCP.", valueName: "host:port")
    )
    var httpListen: String?

    @Option(
        name: .customLong("http-token"),
        help: ArgumentHelp("The token that HTTP clients must send.", valueName: "token")
    )
    var httpToken: String?

    /// The flags that were given.
    var flags: [ConfigurationKey: String] {
        let given: [ConfigurationKey: String?] = [
            .compactionBytesPerSecond: compactionBytesPerSecond, .compactionKeyMap: compactionKeyMap,
            .compactionMaxLag: compactionMaxLag, .compactionMinLag: compactionMinLag,
            .compactionTombstonesMaxBytes: compactionTombstonesMaxBytes,
            .compactionTombstonesMaxHold: compactionTombstonesMaxHold,
            .compactionTombstonesMinAge: compactionTombstonesMinAge, .data: data, .httpListen: httpListen,
            .httpToken: httpToken, .memoryBudget: memoryBudget,
            .retentionDefault: retentionDefault, .sourcePostgresPublication: sourcePostgresPublication,
            .sourcePostgresSlot: sourcePostgresSlot, .sourcePostgresTables: sourcePostgresTables,
            .sourcePostgresURL: sourcePostgresURL, .stateCheckpoint: stateCheckpoint, .stateDisk: stateDisk,
            .storesMainSQLite: storesMainSQLite, .verifyEvery: verifyEvery, .verifySample: verifySample, .views: views,
            .workers: workers,
        ]
        return given.compactMapValues { $0 }
    }

    /// Reads and checks the configuration.
    func load() throws(ConfigurationError) -> Configuration {
        try Configuration.load(path: config, flags: flags)
    }
}
