public import Relational

/// The offset below which a record may be gone because a later one says more, and the state of the source that the rest stands for.
public struct LogHorizon: Hashable, Sendable {
    /// The end of a segment; zero when nothing was compacted.
    public var offset: Offset
    /// Every commit up to this position is below the horizon.
    public var position: SourcePosition
    /// The commit time of that position, in microseconds since 2000-01-01 00:00 UTC.
    public var time: Int64

    public static let none = LogHorizon(offset: .zero, position: .none, time: 0)

    public init(offset: Offset, position: SourcePosition, time: Int64) {
        self.offset = offset
        self.position = position
        self.time = time
    }
}
