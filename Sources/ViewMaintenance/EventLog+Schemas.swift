import EventLog
import Relational

extension EventLog {
    /// The newest schema of every relation, by its id.
    var schemasByID: [SchemaID: RelationSchema] {
        var schemas: [SchemaID: RelationSchema] = [:]
        for id in currentSchemas.values { schemas[id] = schema(id) }
        return schemas
    }

    /// The newest schema of every relation, and all that were read up to those of `known`: records of any of them may come.
    func schemas(readWith known: [RelationID: SchemaID]) -> [SchemaID: RelationSchema] {
        var schemas = schemasByID
        for number in 0...(known.values.max()?.rawValue ?? 0) {
            guard let schema = schema(SchemaID(number)), let newest = known[schema.relationID] else { continue }
            if SchemaID(number) <= newest { schemas[SchemaID(number)] = schema }
        }
        return schemas
    }

    /// The newest schema of every relation, in the order of their ids.
    var newestSchemas: [RelationSchema] { currentSchemas.values.sorted().compactMap { schema($0) } }
}
