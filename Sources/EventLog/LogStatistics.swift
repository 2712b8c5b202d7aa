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
        /// Whether compaction made the file.
        public var isRewritten: Bool
    }

    public var id: LogID
    public var source: SourceIdentity?
    public var firstOffset: Offset
    public var frontier: LogFrontier
    public var horizon: LogHorizon
    /// Below it every key has one record at most.
    public var clean: Offset
    /// Readers between the beginning and this offset may have missed something, and begin again.
    public var floor: Offset
    /// Deletes and TRUNCATEs below `clean` that stay for now.
    public var tombstoneCount: Int
    public var cursors: [LogCursor]
    public var segments: [Segment]
    public var schemaCount: Int
    /// Large commits and snapshots begun and not finished.
    public var openGroupCount: Int
    /// Large commits and snapshots that an earlier process left unfinished; no reader ever sees them.
    public var droppedGroupCount: Int
    /// Bytes appended that are not durable yet.
    public var bufferedByteCount: Int
}
