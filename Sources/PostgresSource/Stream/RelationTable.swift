import PostgresClient
import Relational

/// The relations of one stream: what their tuples look like now. Owned by the source's thread.
final class RelationTable {
    private let output: any SourceOutput
    /// Reads the catalog; nil for a table that is gone.
    private let readCatalog: (RelationID) throws -> CatalogRelation?
    /// Nil when every table is followed.
    private let followed: Set<QualifiedName>?
    private var layouts: [RelationID: RelationLayout?] = [:]
    private var last: (id: RelationID, layout: RelationLayout?)?
    let timeline: UInt32

    init(
        output: any SourceOutput,
        followed: Set<QualifiedName>?,
        timeline: UInt32,
        readCatalog: @escaping (RelationID) throws -> CatalogRelation?
    ) {
        self.output = output
        self.followed = followed
        self.timeline = timeline
        self.readCatalog = readCatalog
    }

    /// Takes a relation message: works out the schema, logs it when it is new.
    func take(_ message: RelationMessage, at lsn: LSN) throws {
        last = nil
        let known = output.schemas.first { $0.relationID == message.relation }
        let isFollowed = followed.map { $0.contains(message.name) || known != nil } ?? true
        guard isFollowed else {
            layouts.updateValue(nil, forKey: message.relation)
            return
        }
        var schema = SchemaResolver.resolve(message, known: known, catalog: try readCatalog(message.relation))
        if known == nil {
            schema.rewrite = "the table was published after the first snapshot, which did not read it"
        }
        try layouts.updateValue(layout(schema, at: lsn), forKey: message.relation)
    }

    /// The layout of a relation; nil when it is not followed.
    @inline(__always)
    func layout(of relation: RelationID) throws(SourceError) -> RelationLayout? {
        if let last, last.id == relation { return last.layout }
        return try find(relation)
    }

    /// Allows NULL in columns that the catalog, ahead of the stream, calls NOT NULL.
    func loosen(_ layout: RelationLayout, columns: [Int], at lsn: LSN) throws -> RelationLayout {
        let loosened = try self.layout(SchemaResolver.loosened(layout.schema, columns: columns), at: lsn)
        layouts.updateValue(loosened, forKey: loosened.schema.relationID)
        last = nil
        return loosened
    }

    private func layout(_ schema: RelationSchema, at lsn: LSN) throws -> RelationLayout {
        let id = try output.schemaID(for: schema, readAt: SourcePosition(timeline: timeline, lsn: lsn))
        return RelationLayout(schema, id: id)
    }

    private func find(_ relation: RelationID) throws(SourceError) -> RelationLayout? {
        guard let layout = layouts[relation] else {
            throw SourceError(.protocolViolation, "a change of relation \(relation) came before its description")
        }
        last = (relation, layout)
        return layout
    }
}
