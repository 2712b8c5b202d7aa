/// A position in the event log, assigned by its one writer in commit order.
///
/// Offsets grow and are never used twice. Compaction leaves holes: compare offsets, never count with them.
@frozen
public struct Offset: Hashable, Comparable, Sendable, CustomStringConvertible {
    public var rawValue: Int64

    @inlinable
    public init(_ rawValue: Int64) { self.rawValue = rawValue }

    /// The first offset of every log.
    public static let zero = Offset(0)

    @inlinable
    public static func < (left: Offset, right: Offset) -> Bool { left.rawValue < right.rawValue }

    public var description: String { String(rawValue) }
}
