import Relational

/// What decoding needs to know of one version of a relation. Immutable.
final class RelationLayout: Sendable {
    let schema: RelationSchema
    let id: SchemaID
    let encodings: [Encoding]
    let isIdentity: [Bool]
    let isNotNull: [Bool]
    let hasFullIdentity: Bool

    init(_ schema: RelationSchema, id: SchemaID) {
        self.schema = schema
        self.id = id
        encodings = schema.columns.map(\.type.encoding)
        isNotNull = schema.columns.map(\.isNotNull)
        var isIdentity = [Bool](repeating: false, count: schema.columns.count)
        for column in schema.identityColumns { isIdentity[column] = true }
        self.isIdentity = isIdentity
        hasFullIdentity = schema.replicaIdentity == .full
    }

    var columnCount: Int { encodings.count }
}
