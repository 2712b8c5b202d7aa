public import Relational

/// `R`: how the tuples of a relation look from here on.
public struct RelationMessage: Hashable, Sendable {
    /// One column, in the order of the tuples.
    public struct Column: Hashable, Sendable {
        /// Whether it identifies an old row.
        public var isIdentity: Bool
        /// Its name.
        public var name: String
        /// Its type.
        public var type: TypeOID
        /// Its type modifier.
        public var typmod: Int32
    }

    /// The table.
    public var relation: RelationID
    /// Its name at that moment; an empty schema means `pg_catalog`.
    public var name: QualifiedName
    /// What identifies its old rows.
    public var replicaIdentity: ReplicaIdentity
    /// The columns that are published.
    public var columns: [Column]

    /// Decodes the body; the type byte is already consumed.
    public init(from reader: inout WireReader) throws(WireError) {
        relation = RelationID(try reader.integer("relation.id"))
        let schema = try reader.string("relation.namespace")
        name = QualifiedName(schema: schema.isEmpty ? "pg_catalog" : schema, name: try reader.string("relation.name"))
        let identityOffset = reader.position
        let identity: UInt8 = try reader.integer("relation.identity")
        guard let replicaIdentity = ReplicaIdentity(rawValue: String(UnicodeScalar(identity))) else {
            throw WireError(code: .unknownValue, field: "relation.identity", byteOffset: identityOffset)
        }
        self.replicaIdentity = replicaIdentity
        let count: Int16 = try reader.integer("relation.columnCount")
        guard (0...1600).contains(count) else { throw reader.error(.unknownValue, "relation.columnCount") }
        columns = []
        for _ in 0..<count {
            let flags: UInt8 = try reader.integer("relation.column.flags")
            guard flags <= 1 else { throw reader.error(.unknownValue, "relation.column.flags") }
            columns.append(
                Column(
                    isIdentity: flags == 1,
                    name: try reader.string("relation.column.name"),
                    type: TypeOID(try reader.integer("relation.column.type")),
                    typmod: try reader.integer("relation.column.typmod")
                )
            )
        }
        try reader.finish("relation")
    }
}
