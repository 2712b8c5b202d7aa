public import Relational

/// How far the log is durable.
public struct LogFrontier: Hashable, Sendable {
    /// The first offset that is not durable; readers see everything below it.
    public var nextOffset: Offset
    /// The position of the last durable *commit* or *position* frame; `.none` before the first.
    public var source: SourcePosition
    /// The commit time of that frame, in microseconds since 2000-01-01 00:00 UTC.
    public var sourceTime: Int64
    /// Bytes that the log takes on its medium, in all segments.
    public var byteCount: Int64
    /// The pieces that the log is kept in.
    public var segmentCount: Int

    public init(
        nextOffset: Offset,
        source: SourcePosition,
        sourceTime: Int64,
        byteCount: Int64,
        segmentCount: Int
    ) {
        self.nextOffset = nextOffset
        self.source = source
        self.sourceTime = sourceTime
        self.byteCount = byteCount
        self.segmentCount = segmentCount
    }
}
