import EventLog
import Relational

extension EventLog {
    /// The newest schema of every relation, by its id.
    var schemasByID: [SchemaID: RelationSchema] {
        var schemas: [SchemaID: RelationSchema] = [:]
        for id in currentSchemas.values { schemas[id] = schema(id) }
        return schemas
    }

    /// The newest schema of every relation, in the order of their ids.
    var newestSchemas: [RelationSchema] { currentSchemas.values.sorted().compactMap { schema($0) } }
}
