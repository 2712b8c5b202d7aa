/// What identifies a row in the change stream (`pg_class.relreplident`).
public enum ReplicaIdentity: String, Sendable, Codable {
    /// The primary key, or nothing when there is none.
    case `default` = "d"
    case nothing = "n"
    case full = "f"
    case index = "i"
}

/// One column of a relation. `attributeNumber` (`attnum`) is its identity: it survives a rename and is never used again.
public struct Column: Hashable, Sendable, Codable {
    public var name: String
    public var attributeNumber: Int16
    public var type: ScalarType
    public var isNotNull: Bool
    /// The text that rows written before the column existed read as (`attmissingval`); nil is NULL.
    public var missingValue: String?

    public init(
        name: String,
        attributeNumber: Int16,
        type: ScalarType,
        isNotNull: Bool = false,
        missingValue: String? = nil
    ) {
        self.name = name
        self.attributeNumber = attributeNumber
        self.type = type
        self.isNotNull = isNotNull
        self.missingValue = missingValue
    }
}

/// One version of a relation's schema, as a *schema* frame of the log holds it.
///
/// Rows logged under it have exactly `columns`, in this order (published columns only; dropped and generated ones are absent).
public struct RelationSchema: Hashable, Sendable, Codable {
    public var relation: UInt32
    public var name: QualifiedName
    public var columns: [Column]
    /// Indexes into `columns` of the primary key, in key order; empty when there is none.
    public var primaryKey: [Int]
    /// Indexes into `columns` of each further unique index whose columns are all NOT NULL.
    public var uniqueKeys: [[Int]]
    public var replicaIdentity: ReplicaIdentity
    /// Indexes into `columns` that the source sends to identify an old row; empty when nothing identifies it.
    public var identityColumns: [Int]
    /// Set when the table was rewritten since the schema before it, so that rows already in the log are no longer true
    /// (a type change, a volatile default): why, in words. Views over it are parked until it is read again.
    public var rewrite: String?

    public init(
        relation: RelationID,
        name: QualifiedName,
        columns: [Column],
        primaryKey: [Int],
        uniqueKeys: [[Int]] = [],
        replicaIdentity: ReplicaIdentity = .default,
        identityColumns: [Int]? = nil,
        rewrite: String? = nil
    ) {
        self.relation = relation.rawValue
        self.name = name
        self.columns = columns
        self.primaryKey = primaryKey
        self.uniqueKeys = uniqueKeys
        self.replicaIdentity = replicaIdentity
        self.identityColumns = identityColumns ?? primaryKey
        self.rewrite = rewrite
    }

    public var relationID: RelationID { RelationID(relation) }

    /// Indexes of the columns that tell rows apart in the change stream: the replica identity's index when there is one, else the
    /// primary key. Empty when nothing does.
    public var keyColumns: [Int] {
        (replicaIdentity == .index ? identityColumns : primaryKey).filter(columns.indices.contains)
    }
}
