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
    public var segments: [Segment]
    public var relations: [Relation]

    /// One file of the log.
    public struct Segment: Codable, Sendable {
        public var file: String
        public var firstOffset: Int64
        public var endOffset: Int64
        public var bytes: Int64
        public var isSealed: Bool
    }

    /// One relation that the log holds.
    public struct Relation: Codable, Sendable {
        public var name: String
        public var columns: Int
        /// The key's columns, or what stands for them.
        public var key: String
    }

    public init(_ log: EventLog) {
        let statistics = log.statistics
        id = statistics.id.description
        source = statistics.source.map { "system \($0.systemIdentifier), timeline \($0.timeline)" }
        firstOffset = statistics.firstOffset.rawValue
        nextOffset = statistics.frontier.nextOffset.rawValue
        durableLsn = statistics.frontier.source.lsn.description
        bytes = statistics.frontier.byteCount
        segments = statistics.segments.map { segment in
            Segment(
                file: segment.path.split(separator: "/").last.map(String.init) ?? segment.path,
                firstOffset: segment.firstOffset.rawValue,
                endOffset: segment.endOffset.rawValue,
                bytes: segment.byteCount,
                isSealed: segment.isSealed
            )
        }
        relations = log.newestSchemas.map { schema in
            let key = schema.primaryKey.map { schema.columns[$0].name }.joined(separator: ", ")
            return Relation(
                name: schema.name.description,
                columns: schema.columns.count,
                key: key.isEmpty ? "none: every record is kept" : key
            )
        }
    }
}
