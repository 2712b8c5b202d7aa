public import PostgresClient
public import ViewStores

/// Taking a store away, and checking that it does not feed the source it is fed from.
extension PostgresStore {
    /// Drops every view and table that Leftfold made in the schema, and the schema if Leftfold made it and nothing else is in it.
    ///
    /// - Returns: the SQL that was run.
    /// - Throws: `unsupported` when something of others depends on a view; then nothing is dropped.
    public static func destroy(url: String, schema: String) throws(StoreError) -> [String] {
        let store = try PostgresStore(url: url, schema: schema, options: Options(isReadOnly: true))
        defer { store.connection.close() }
        guard try store.isThere() else { return [] }
        _ = try store.start()
        do throws(PostgresError) {
            let sql = try store.teardown()
            for statement in sql { try store.connection.query(statement) }
            try store.connection.query("COMMIT")
            return sql
        } catch {
            store.rollback()
            throw StoreError(error, while: "\(store.location) was dropped")
        }
    }

    private func teardown() throws(PostgresError) -> [String] {
        var sql = try progressTable.read(connection).map { "DROP VIEW IF EXISTS \(names.qualified($0.progress.view))" }
        let tables = try connection.query("SELECT name FROM \(names.tables) ORDER BY name")
        sql += tables.rows.compactMap { $0[0] }.map { "DROP TABLE IF EXISTS \(names.qualified($0))" }
        let madeSchema = try connection.value("SELECT made_schema FROM \(names.owner)") == "t"
        let all = try connection.value(
            """
            SELECT count(*) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
            WHERE n.nspname = $1 AND c.relkind NOT IN ('i', 't') AND c.relname NOT IN (
                SELECT name FROM \(names.tables) UNION ALL SELECT "view" FROM \(names.progress)
                UNION ALL VALUES ('_leftfold_progress'), ('_leftfold_owner'), ('_leftfold_table'))
            """,
            [names.schema]
        )
        sql += [names.progress, names.tables, names.owner].map { "DROP TABLE \($0)" }
        if madeSchema, all == "0" { sql.append("DROP SCHEMA \(names.quotedSchema)") }
        return sql
    }

    /// Why changes of the store's tables would be read back by the source that fills them, and the SQL that ends it; nil when
    /// they would not.
    ///
    /// `connection` is one to the store's database: a publication sees tables of its own database alone.
    public static func feedback(
        _ connection: PostgresConnection,
        schema: String,
        publication: String
    ) throws(PostgresError) -> (reason: String, fix: String)? {
        let found = try connection.query(
            """
            SELECT p.puballtables,
                EXISTS (SELECT FROM pg_publication_namespace AS s JOIN pg_namespace AS n ON n.oid = s.pnnspid
                    WHERE s.pnpubid = p.oid AND n.nspname = $2),
                (SELECT string_agg(format('%I.%I', n.nspname, c.relname), ', ') FROM pg_publication_rel AS r
                    JOIN pg_class AS c ON c.oid = r.prrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
                    WHERE r.prpubid = p.oid AND n.nspname = $2)
            FROM pg_publication AS p WHERE p.pubname = $1
            """,
            [publication, schema]
        )
        let (name, quoted) = (SQLText.identifier(publication), SQLText.identifier(schema))
        if found[0, 0] == "t" {
            return (
                "publication \(publication) is FOR ALL TABLES, those of the views in schema \(schema) included",
                "DROP PUBLICATION \(name); CREATE PUBLICATION \(name) FOR TABLE …;"
            )
        }
        if found[0, 1] == "t" {
            return (
                "publication \(publication) has all tables of schema \(schema), where the views are",
                "ALTER PUBLICATION \(name) DROP TABLES IN SCHEMA \(quoted);"
            )
        }
        if let tables = found[0, 2] {
            return (
                "publication \(publication) has tables of the views in schema \(schema)",
                "ALTER PUBLICATION \(name) DROP TABLE \(tables);"
            )
        }
        return nil
    }
}
