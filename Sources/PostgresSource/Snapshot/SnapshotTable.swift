import Relational

/// A table to be read by the first snapshot.
struct SnapshotTable {
    var schema: RelationSchema
    /// What the catalog said of it.
    var relation: CatalogRelation
    /// The publication's condition on rows.
    var rowFilter: String?

    /// The COPY that reads it in the form in which the stream sends rows.
    var copyCommand: String {
        let columns = schema.columns.map { QualifiedName.quote($0.name) }.joined(separator: ", ")
        let condition = rowFilter.map { " WHERE \($0)" } ?? ""
        return "COPY (SELECT \(columns) FROM ONLY \(schema.name.quoted)\(condition)) TO STDOUT"
    }
}
