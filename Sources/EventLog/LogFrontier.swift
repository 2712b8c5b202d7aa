public import Relational

/// How far the log is durable.
public struct LogFrontier: Hashable, Sendable {
    /// The first offset that is not durable; readers see everything below it.
    public var nextOffset: Offset
    /// The position of the last durable *commit* or *position* frame; `.none` before the first.
    public var source: SourcePosition
    /// The commit time of that frame, in microseconds since 2000-01-01 00:00 UTC.
    public var sourceTime: Int64
    /// Bytes in all segments.
    public var byteCount: Int64
    public var segmentCount: Int
}
