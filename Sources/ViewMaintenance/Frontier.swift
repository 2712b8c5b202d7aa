public import Relational

/// How far a fold has come: everything below `offset` is in, which is every commit up to `position`.
public struct Frontier: Hashable, Sendable, CustomStringConvertible {
    public var offset: Offset
    public var position: SourcePosition
    /// Commit time of the newest commit in it, microseconds since 2000-01-01 UTC by the source's clock; 0 before the first.
    public var commitTime: Int64

    public init(offset: Offset, position: SourcePosition, commitTime: Int64 = 0) {
        self.offset = offset
        self.position = position
        self.commitTime = commitTime
    }

    public static let start = Frontier(offset: .zero, position: .none)

    public var description: String { "offset \(offset), LSN \(position.lsn)" }
}
