public import Relational

/// A table as the catalog describes it now.
public struct CatalogRelation: Hashable, Sendable {
    /// One attribute, dropped ones included: their numbers are never used again.
    public struct Attribute: Hashable, Sendable {
        /// `attnum`.
        public var number: Int16
        /// Its name; of a dropped one, a placeholder.
        public var name: String
        /// `atttypid`: of a domain, the domain; 0 once dropped.
        public var declaredType: TypeOID
        /// The type, of a domain its base type.
        public var type: ScalarType
        /// `attnotnull`.
        public var isNotNull = false
        /// Whether it is gone.
        public var isDropped = false
        /// Whether it is computed from others.
        public var isGenerated = false
        /// What rows written before it read as, when the catalog knows.
        public var missingValue: String?
        /// Whether it has a default that may have been written into the rows before it.
        public var hasDefault = false
    }

    /// A unique index over plain columns, without a condition.
    public struct UniqueIndex: Hashable, Sendable {
        /// Attribute numbers in key order.
        public var attributes: [Int16]
        /// Whether it is the primary key.
        public var isPrimary: Bool
        /// Whether it is the replica identity.
        public var isReplicaIdentity: Bool
        /// Whether it is checked at once; one that can be deferred identifies no old row.
        public var isImmediate: Bool
    }

    /// The table.
    public var relation: RelationID
    /// Its name.
    public var name: QualifiedName
    /// `relkind`.
    public var kind: String
    /// `relpersistence`.
    public var persistence: String
    /// Whether it is a partition of another.
    public var isPartition: Bool
    /// What identifies old rows.
    public var replicaIdentity: ReplicaIdentity
    /// Its attributes by number.
    public var attributes: [Attribute]
    /// Its unique indexes.
    public var uniqueIndexes: [UniqueIndex]
    /// The planner's row count; nil when never analysed.
    public var estimatedRows: Int64?
    /// Changes whenever the table is rewritten.
    public var fileNode: String

    /// Whether a snapshot that was to read `other` may read this: nothing was altered and no row was rewritten.
    func isUnaltered(since other: CatalogRelation) -> Bool {
        var other = other
        other.estimatedRows = estimatedRows
        return self == other
    }
}
