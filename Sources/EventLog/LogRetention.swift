public import Relational

/// How long the log keeps the records of a relation.
public enum Retention: Hashable, Sendable {
    /// The latest record of each key.
    case compact
    /// Every record.
    case keep
    /// Records younger than this many microseconds; for relations that are only inserted into.
    case time(microseconds: Int64)
    /// The newest records up to this many bytes; for relations that are only inserted into.
    case size(byteCount: Int64)
}

/// The retention of every relation of a log.
public struct LogRetention: Hashable, Sendable {
    /// Of relations that have none of their own.
    public var fallback: Retention
    public var relations: [QualifiedName: Retention]

    public init(fallback: Retention = .compact, relations: [QualifiedName: Retention] = [:]) {
        self.fallback = fallback
        self.relations = relations
    }

    /// What was asked for, before the relation's key is looked at.
    public func requested(for name: QualifiedName) -> Retention { relations[name] ?? fallback }

    /// What holds for a relation: `compact` needs a key, and is `keep` without one.
    public func policy(for schema: RelationSchema) -> Retention {
        let requested = requested(for: schema.name)
        return requested == .compact && schema.keyColumns.isEmpty ? .keep : requested
    }
}
