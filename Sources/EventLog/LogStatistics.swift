public import Relational

/// What `leftfold log stat` shows.
public struct LogStatistics: Sendable {
    /// One file of the log.
    public struct Segment: Sendable, Hashable {
        public var path: String
        public var firstOffset: Offset
        /// The first offset after the segment.
        public var endOffset: Offset
        public var byteCount: Int64
        /// Whether the segment gets no further frames.
        public var isSealed: Bool
    }

    public var id: LogID
    public var source: SourceIdentity?
    public var firstOffset: Offset
    public var frontier: LogFrontier
    public var segments: [Segment]
    public var schemaCount: Int
    /// Large commits and snapshots begun and not finished.
    public var openGroupCount: Int
    /// Large commits and snapshots that an earlier process left unfinished; no reader ever sees them.
    public var droppedGroupCount: Int
    /// Bytes appended that are not durable yet.
    public var bufferedByteCount: Int
}
