public import Relational

/// `Y`: a type that is not built in; precedes the relation that has a column of it.
public struct TypeMessage: Hashable, Sendable {
    /// The type.
    public var type: TypeOID
    /// Its name.
    public var name: QualifiedName

    /// Decodes the body; the type byte is already consumed.
    public init(from reader: inout WireReader) throws(WireError) {
        type = TypeOID(try reader.integer("type.id"))
        let schema = try reader.string("type.namespace")
        name = QualifiedName(schema: schema.isEmpty ? "pg_catalog" : schema, name: try reader.string("type.name"))
        try reader.finish("type")
    }
}
