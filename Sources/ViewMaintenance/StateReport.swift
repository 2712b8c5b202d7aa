public import EventLog
public import Relational
public import StateFiles

/// What `leftfold state stat` shows.
public struct StateReport: Codable, Sendable {
    public var path: String
    /// Of all files in the folder.
    public var bytes: Int64
    /// What the settings allow.
    public var diskLimit: Int64?
    /// What is free on the device; nil when the file system does not tell.
    public var freeBytes: Int64?
    public var runs: Int
    /// The first offset that the log does not have yet.
    public var logNextOffset: Int64
    /// Those that can be read, the newest first.
    public var checkpoints: [Checkpoint]
    /// What cannot be used, and why.
    public var unusable: [Fault]
    /// What a restart folds: from the newest checkpoint that serves, or from the log's beginning.
    public var restart: Replay

    /// One checkpoint.
    public struct Checkpoint: Codable, Sendable {
        public var number: UInt64
        /// The first offset that is not folded in it.
        public var offset: Int64
        public var lsn: String
        /// UTC, ISO 8601.
        public var writtenAt: String
        public var ageMs: Int64
        public var runs: Int
        public var entries: Int
        /// Of its runs.
        public var bytes: Int64
        /// What of the log comes after it.
        public var replay: Replay
        /// Why the log does not lead on from it.
        public var obstacle: String?
    }

    /// Something that cannot be used.
    public struct Fault: Codable, Sendable {
        public var code: String
        public var message: String
        public var detail: String?
        /// The next command to run.
        public var hint: String?
        public var path: String?

        public init(_ error: StateError) {
            code = error.code.name
            (message, detail, hint, path) = (error.message, error.detail, error.hint, error.path)
        }
    }

    public init(_ folder: StateFolder, _ log: EventLog) {
        let statistics = folder.statistics
        path = folder.path
        bytes = statistics.byteCount
        diskLimit = statistics.byteMax
        freeBytes = statistics.freeByteCount
        runs = statistics.runCount
        logNextOffset = log.frontier.nextOffset.rawValue
        checkpoints = statistics.manifests.map { Checkpoint($0, log) }
        unusable = statistics.refused.map(Fault.init)
        restart = checkpoints.first { $0.obstacle == nil }?.replay ?? Replay(log, from: .zero)
    }
}

extension StateReport.Checkpoint {
    fileprivate init(_ manifest: StateStatistics.Manifest, _ log: EventLog) {
        number = manifest.number
        offset = manifest.offset.rawValue
        lsn = manifest.lsn.description
        writtenAt = PostgresTime.text(manifest.writtenAt)
        ageMs = PostgresTime.age(of: manifest.writtenAt)
        runs = manifest.runCount
        entries = manifest.entryCount
        bytes = manifest.byteCount
        replay = Replay(log, from: manifest.offset)
        if manifest.offset > log.frontier.nextOffset {
            obstacle = "the log ends before it"
        } else if manifest.offset < log.horizon.offset {
            obstacle = "the log was compacted beyond it"
        }
    }
}

/// A part of the log up to its durable end, as a restart folds it.
public struct Replay: Codable, Sendable, Hashable {
    /// At most: compaction leaves holes between offsets.
    public var records: Int64
    /// Roughly: a file that the part begins in counts by its offsets.
    public var bytes: Int64

    public init(records: Int64, bytes: Int64) {
        self.records = records
        self.bytes = bytes
    }

    public init(_ log: EventLog, from offset: Offset) {
        let statistics = log.statistics
        let first = max(offset, statistics.firstOffset)
        records = max(statistics.frontier.nextOffset.rawValue - first.rawValue, 0)
        bytes = statistics.segments.reduce(0) { sum, segment in
            guard segment.endOffset > first else { return sum }
            guard segment.firstOffset < first else { return sum + segment.byteCount }
            let part = Double(segment.endOffset.rawValue - first.rawValue)
            let whole = Double(segment.endOffset.rawValue - segment.firstOffset.rawValue)
            return sum + Int64(Double(segment.byteCount) * part / whole)
        }
    }
}
