public import EventLog
import Relational

/// What `leftfold log stat` shows.
public struct LogReport: Codable, Sendable {
    public var id: String
    public var source: String?
    public var firstOffset: Int64
    public var nextOffset: Int64
    public var durableLsn: String
    public var bytes: Int64
    /// Below it only the latest record of each key is sure to be there.
    public var horizon: Int64
    public var horizonLsn: String
    /// Below it a run has looked at everything.
    public var clean: Int64
    /// Readers between the beginning and this offset have to begin again.
    public var floor: Int64
    /// Bytes of sealed segments below and above `clean`.
    public var cleanBytes: Int64
    public var dirtyBytes: Int64
    /// What compaction would leave of `bytes`; nil when the log was not read for it.
    public var liveBytes: Int64?
    public var tombstones: Int
    /// Who reads the log, the oldest place first.
    public var cursors: [CursorReport]
    public var segments: [Segment]
    public var relations: [Relation]

    /// One file of the log.
    public struct Segment: Codable, Sendable {
        public var file: String
        public var firstOffset: Int64
        public var endOffset: Int64
        public var bytes: Int64
        public var isSealed: Bool
        /// Whether compaction made the file.
        public var isRewritten: Bool
    }

    /// One relation that the log holds.
    public struct Relation: Codable, Sendable {
        public var name: String
        public var columns: Int
        /// The key's columns, or what stands for them.
        public var key: String
        public var retention: RetentionReport
    }

    public init(_ log: EventLog, _ settings: CompactionSettings) {
        let statistics = log.statistics
        id = statistics.id.description
        source = statistics.source.map { "system \($0.systemIdentifier), timeline \($0.timeline)" }
        firstOffset = statistics.firstOffset.rawValue
        nextOffset = statistics.frontier.nextOffset.rawValue
        durableLsn = statistics.frontier.source.lsn.description
        bytes = statistics.frontier.byteCount
        horizon = statistics.horizon.offset.rawValue
        horizonLsn = statistics.horizon.position.lsn.description
        clean = statistics.clean.rawValue
        floor = statistics.floor.rawValue
        let need = CompactionNeed(statistics, oldestDirtyTime: nil)
        cleanBytes = need.cleanByteCount
        dirtyBytes = need.dirtyByteCount
        tombstones = statistics.tombstoneCount
        var options = settings.options
        options.now = settings.now()
        cursors = CursorReport.all(of: log, options)
        segments = statistics.segments.map { segment in
            Segment(
                file: segment.path.split(separator: "/").last.map(String.init) ?? segment.path,
                firstOffset: segment.firstOffset.rawValue,
                endOffset: segment.endOffset.rawValue,
                bytes: segment.byteCount,
                isSealed: segment.isSealed,
                isRewritten: segment.isRewritten
            )
        }
        relations = log.newestSchemas.map { schema in
            let key = schema.keyColumns.map { schema.columns[$0].name }.joined(separator: ", ")
            return Relation(
                name: schema.name.description,
                columns: schema.columns.count,
                key: key.isEmpty ? "none" : key,
                retention: RetentionReport(options.retention.policy(for: schema))
            )
        }
    }
}

/// How long the log keeps the records of a relation, for JSON.
public struct RetentionReport: Codable, Sendable, Hashable {
    /// `compact`, `keep`, `time` or `size`.
    public var policy: String
    /// For `time`.
    public var microseconds: Int64?
    /// For `size`.
    public var bytes: Int64?

    init(_ retention: Retention) {
        switch retention {
        case .compact: policy = "compact"
        case .keep: policy = "keep"
        case .time(let microseconds):
            policy = "time"
            self.microseconds = microseconds
        case .size(let byteCount):
            policy = "size"
            bytes = byteCount
        }
    }

    public var retention: Retention {
        if let microseconds { return .time(microseconds: microseconds) }
        if let bytes { return .size(byteCount: bytes) }
        return policy == "keep" ? .keep : .compact
    }
}
