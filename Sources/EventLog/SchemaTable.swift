import Relational

/// Every schema version of a log, in the order of their ids.
struct SchemaTable {
    private(set) var versions: [RelationSchema] = []
    private(set) var current: [RelationID: SchemaID] = [:]

    var count: Int { versions.count }

    subscript(id: SchemaID) -> RelationSchema? {
        Int(id.rawValue) < versions.count ? versions[Int(id.rawValue)] : nil
    }

    /// The id that the next version gets.
    var next: SchemaID { SchemaID(UInt32(versions.count)) }

    mutating func add(_ schema: RelationSchema) {
        current[schema.relationID] = next
        versions.append(schema)
    }
}
