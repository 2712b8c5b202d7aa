import Relational
import ViewPlan

/// The tables and views that a statement can read.
struct SourceCatalog {
    enum Entry {
        case relation(RelationSchema)
        case view(ViewDefinition)
    }

    var relations: [RelationSchema]
    var views: [ViewDefinition]
    var searchPath: [String]

    /// The table or view of a name in FROM.
    func entry(schema: String?, name: String, at location: Int?) throws(Diagnostic) -> Entry {
        let schemas = schema.map { [$0] } ?? searchPath
        for schema in schemas {
            if let relation = relations.first(where: { $0.name.schema == schema && $0.name.name == name }) {
                return .relation(relation)
            }
        }
        if schema.map(searchPath.contains) ?? true, let view = views.first(where: { $0.name == name }) {
            return .view(view)
        }
        throw unknown(schema: schema, name: name, at: location)
    }

    /// Whether an unqualified name in FROM means a table.
    func hasRelation(named name: String) -> Bool {
        relations.contains { $0.name.name == name && searchPath.contains($0.name.schema) }
    }

    private func unknown(schema: String?, name: String, at location: Int?) -> Diagnostic {
        let written = schema.map { "\($0).\(name)" } ?? name
        return Diagnostic(
            .undefinedTable,
            "relation \"\(written)\" does not exist",
            detail: "A view can read the tables that the source publishes, and other views.",
            hint: suggestion(schema: schema, name: name),
            at: location
        )
    }

    private func suggestion(schema: String?, name: String) -> String? {
        if let elsewhere = relations.first(where: { $0.name.name == name }) {
            return "perhaps you meant \(elsewhere.name)"
        }
        let names = relations.map(\.name.name) + views.map(\.name)
        return Suggestion.closest(to: name, among: names).map { "perhaps you meant \"\($0)\"" }
    }
}
