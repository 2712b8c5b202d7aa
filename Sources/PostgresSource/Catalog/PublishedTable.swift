import PostgresClient
import Relational

/// One table of a publication, with what the publication leaves out of it.
struct PublishedTable {
    var id: RelationID
    var name: QualifiedName
    /// The published columns; nil for all.
    var columns: [String]?
    /// The publication's condition on rows, as SQL.
    var rowFilter: String?

    /// Every table of a publication.
    static func all(of publication: String, _ connection: PostgresConnection) throws(PostgresError) -> [PublishedTable]
    {
        let sql = """
            SELECT c.oid, p.schemaname, p.tablename, to_jsonb(p)->>'rowfilter',
                array_to_string(ARRAY(SELECT jsonb_array_elements_text(
                    CASE jsonb_typeof(to_jsonb(p)->'attnames') WHEN 'array' THEN to_jsonb(p)->'attnames' END)), E'\\x01')
            FROM pg_catalog.pg_publication_tables p
                JOIN pg_catalog.pg_namespace n ON n.nspname = p.schemaname
                JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = p.tablename
            WHERE p.pubname = $1 ORDER BY 2, 3
            """
        return try connection.query(sql, [publication]).rows.compactMap { row in
            guard let id = row[0].flatMap({ UInt32($0) }), let schema = row[1], let name = row[2] else { return nil }
            let columns = (row[4] ?? "").split(separator: "\u{1}").map(String.init)
            return PublishedTable(
                id: RelationID(id),
                name: QualifiedName(schema: schema, name: name),
                columns: columns.isEmpty ? nil : columns,
                rowFilter: row[3]
            )
        }
    }
}
