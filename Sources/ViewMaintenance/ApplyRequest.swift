/// What an `apply` is to do.
public struct ApplyRequest: Sendable, Hashable {
    /// What becomes of versions of views that are replaced.
    public enum Previous: String, Sendable, Codable {
        /// Kept of a view that has a kept version: the replaced one takes its place.
        case asBefore = "as_before"
        /// Kept of every view that changes.
        case keep
        /// None is kept, and those that were go with their rows.
        case drop
    }

    /// Whether views without a file are dropped; else they make the apply fail.
    public var allowDrops: Bool
    public var previous: Previous

    public init(allowDrops: Bool = false, previous: Previous = .asBefore) {
        self.allowDrops = allowDrops
        self.previous = previous
    }
}
