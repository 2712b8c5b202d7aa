import PostgresClient
import Relational

/// Whether the tables can be followed, and whether publishing them would break the application's own writes.
struct TableChecks {
    private let configuration: SourceConfiguration
    private let connection: PostgresConnection

    init(_ configuration: SourceConfiguration, _ connection: PostgresConnection) {
        self.configuration = configuration
        self.connection = connection
    }

    /// Findings for the publication and each table.
    func run(
        adding further: (RelationSchema, PublicationState) -> [DoctorCheck]
    ) throws -> [DoctorCheck] {
        let reader = CatalogReader(connection: connection)
        let publication = try PublicationState.read(configuration.publication, connection)
        let published = try PublishedTable.all(of: configuration.publication, connection)
        var checks: [DoctorCheck] = []
        var ids: [RelationID] = []
        if configuration.tables.isEmpty {
            ids = publication == nil ? try reader.ordinaryTables() : published.map(\.id)
            if ids.isEmpty {
                checks.append(DoctorCheck("tables", .problem, "there is no table to follow", fix: "CREATE TABLE …"))
            }
            if publication == nil { checks += try partitionedTables() }
        } else {
            for (name, id) in zip(configuration.tables, try reader.ids(of: configuration.tables)) {
                if let id {
                    ids.append(id)
                } else {
                    checks.append(
                        DoctorCheck("table \(name)", .problem, "does not exist", fix: "psql -c '\\dt \(name.schema).*'")
                    )
                }
            }
        }
        let relations = try reader.relations(ids)
        checks.insert(check(publication, published, relations), at: 0)
        let readable = try readableTables(ids)
        for relation in relations {
            let publishes = publication ?? .ours
            let table = check(relation, publishes: publishes, isReadable: readable.contains(relation.relation))
            checks.append(table)
            checks += generatedColumns(relation)
            if table.severity != .problem { checks += further(SchemaResolver.schema(of: relation), publishes) }
        }
        return checks
    }

    private func check(
        _ publication: PublicationState?,
        _ published: [PublishedTable],
        _ relations: [CatalogRelation]
    ) -> DoctorCheck {
        let name = "publication \(configuration.publication)"
        guard let publication else { return DoctorCheck(name, .ok, "does not exist yet; run makes it") }
        let quoted = SQLText.identifier(configuration.publication)
        let missing = relations.map(\.name).filter { table in !published.contains { $0.name == table } }
        if !missing.isEmpty {
            return DoctorCheck(
                name,
                .problem,
                "lacks \(missing.map(\.description).joined(separator: ", "))",
                fix: "ALTER PUBLICATION \(quoted) ADD TABLE \(missing.map(\.quoted).joined(separator: ", "));"
            )
        }
        if published.isEmpty {
            return DoctorCheck(
                name,
                .problem,
                "holds no table: nothing would ever arrive",
                fix: "DROP PUBLICATION \(quoted);"
            )
        }
        if !publication.publishesAll {
            return DoctorCheck(
                name,
                .warning,
                "does not publish \(publication.missingActions.joined(separator: ", "))",
                fix: "ALTER PUBLICATION \(quoted) SET (publish = 'insert, update, delete, truncate');"
            )
        }
        return DoctorCheck(name, .ok, "\(published.count) tables")
    }

    private func check(_ relation: CatalogRelation, publishes: PublicationState, isReadable: Bool) -> DoctorCheck {
        let name = "table \(relation.name)"
        let (quoted, role) = (relation.name.quoted, SQLText.identifier(connection.user))
        do throws(SourceError) {
            try Preparation.checkSupported(relation)
        } catch {
            return DoctorCheck(name, .problem, error.message, fix: error.hint)
        }
        guard isReadable else {
            return DoctorCheck(
                name,
                .problem,
                "role \(connection.user) may not read it",
                fix: "GRANT USAGE ON SCHEMA \(SQLText.identifier(relation.name.schema)) TO \(role); "
                    + "GRANT SELECT ON \(quoted) TO \(role);"
            )
        }
        let schema = SchemaResolver.schema(of: relation)
        guard schema.identityColumns.isEmpty else {
            return DoctorCheck(name, .ok, "rows are identified by \(Self.identity(schema))")
        }
        return missingIdentity(relation, schema, publishes)
    }

    /// Publishing updates of such a table makes the application's own UPDATE and DELETE fail.
    private func missingIdentity(
        _ relation: CatalogRelation,
        _ schema: RelationSchema,
        _ publishes: PublicationState
    ) -> DoctorCheck {
        let quoted = relation.name.quoted
        let keyed = relation.uniqueIndexes.first { index in
            index.isImmediate
                && index.attributes.allSatisfy { number in
                    relation.attributes.contains { $0.number == number && $0.isNotNull }
                }
        }
        let names = keyed?.attributes.compactMap { number in relation.attributes.first { $0.number == number }?.name }
        let why = schema.primaryKey.isEmpty ? "has no primary key" : "has a replica identity that names no column"
        let consequence =
            publishes.updates || publishes.deletes
            ? "only inserts work: while it is published, Postgres refuses UPDATE and DELETE on it"
            : "only its inserts are followed"
        var fix = "ALTER TABLE \(quoted) REPLICA IDENTITY FULL;  -- or add a primary key"
        if schema.replicaIdentity != .default, !schema.primaryKey.isEmpty {
            fix = "ALTER TABLE \(quoted) REPLICA IDENTITY DEFAULT;"
        } else if let names, !names.isEmpty {
            fix +=
                "\n-- its unique index on (\(names.joined(separator: ", "))) can serve: REPLICA IDENTITY USING INDEX …"
        }
        return DoctorCheck("table \(relation.name)", .warning, "\(why): \(consequence)", fix: fix)
    }

    private static func identity(_ schema: RelationSchema) -> String {
        switch schema.replicaIdentity {
        case .full: "the whole row (REPLICA IDENTITY FULL)"
        default: schema.identityColumns.map { schema.columns[$0].name }.joined(separator: ", ")
        }
    }

    private func generatedColumns(_ relation: CatalogRelation) -> [DoctorCheck] {
        let names = relation.attributes.filter { $0.isGenerated && !$0.isDropped }.map(\.name)
        guard !names.isEmpty else { return [] }
        return [
            DoctorCheck(
                "table \(relation.name)",
                .warning,
                "generated columns are not published and are left out: \(names.joined(separator: ", "))"
            )
        ]
    }

    private func readableTables(_ ids: [RelationID]) throws(PostgresError) -> Set<RelationID> {
        let list = "{" + ids.map(\.description).joined(separator: ",") + "}"
        return Set(
            try CatalogReader(connection: connection).ids(
                """
                SELECT c.oid FROM pg_catalog.pg_class c WHERE c.oid = ANY ($1::oid[])
                    AND has_schema_privilege(c.relnamespace, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
                """,
                [list]
            )
        )
    }

    /// They are left out when no table is named; that must not go unsaid.
    private func partitionedTables() throws(PostgresError) -> [DoctorCheck] {
        try connection.query(
            """
            SELECT c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = 'public' AND c.relkind = 'p' ORDER BY 1
            """
        ).rows.compactMap { row in
            row[0].map {
                DoctorCheck("table public.\($0)", .warning, "is partitioned, which this version does not follow")
            }
        }
    }
}
