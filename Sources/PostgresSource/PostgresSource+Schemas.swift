public import PostgresClient
public import Relational

extension PostgresSource {
    /// The schemas of tables as the catalog has them now, without following anything.
    ///
    /// Without names: the publication's tables if it exists, else all ordinary tables of schema public.
    /// - Throws: `SourceError.tableMissing` and `tableUnsupported` for a named table; `PostgresError`.
    public static func readSchemas(
        _ connection: PostgresConnection,
        tables: [QualifiedName],
        publication: String? = nil
    ) throws -> [RelationSchema] {
        let reader = CatalogReader(connection: connection)
        var ids: [RelationID] = []
        if tables.isEmpty, let publication {
            ids = try PublishedTable.all(of: publication, connection).map(\.id)
        }
        if ids.isEmpty { ids = try resolve(tables, reader) }
        return try reader.relations(ids).map { relation in
            try Preparation.checkSupported(relation)
            return SchemaResolver.schema(of: relation)
        }
    }

    /// The tables with these names, or all ordinary ones of schema public.
    static func resolve(_ tables: [QualifiedName], _ reader: CatalogReader) throws -> [RelationID] {
        if tables.isEmpty { return try reader.ordinaryTables() }
        return try zip(tables, try reader.ids(of: tables)).map { name, id in
            guard let id else {
                throw SourceError(
                    .tableMissing,
                    "table \(name) does not exist",
                    hint: "look at the names with: psql -c '\\dt *.*'; they are case-sensitive here"
                )
            }
            return id
        }
    }
}
