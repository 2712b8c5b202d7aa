import PostgresClient
import Relational

/// What must be on the server before a slot is made: settings, tables, publication.
struct Preparation {
    private let configuration: SourceConfiguration
    private let connection: PostgresConnection
    private let report: (String) -> Void

    init(_ configuration: SourceConfiguration, _ connection: PostgresConnection, report: @escaping (String) -> Void) {
        self.configuration = configuration
        self.connection = connection
        self.report = report
    }

    /// Checks, and makes the publication when it is missing and may be made.
    func run(mayCreate: Bool) throws {
        try checkServer()
        if try publicationExists() {
            try checkPublication()
            return
        }
        let command = try createPublicationCommand()
        guard mayCreate else {
            throw SourceError(
                .publicationMissing,
                "publication \(configuration.publication) does not exist",
                hint: command + ";"
            )
        }
        for table in try resolveTables() where SchemaResolver.schema(of: table).identityColumns.isEmpty {
            report(
                "-- \(table.name) has no replica identity: only inserts work on it while it is published; "
                    + "ALTER TABLE \(table.name.quoted) REPLICA IDENTITY FULL; lifts that"
            )
        }
        report(command + ";")
        try connection.query(command)
    }

    /// What the first snapshot reads.
    func snapshotTables() throws -> [SnapshotTable] {
        let published = try PublishedTable.all(of: configuration.publication, connection)
        let wanted =
            configuration.tables.isEmpty ? published : published.filter { configuration.tables.contains($0.name) }
        let catalog = try CatalogReader(connection: connection).relations(wanted.map(\.id))
        return try catalog.map { relation in
            try Self.checkSupported(relation)
            let published = wanted.first { $0.id == relation.relation }
            return SnapshotTable(
                schema: SchemaResolver.schema(
                    of: relation,
                    publishedColumns: published?.columns.flatMap(Self.narrowing(relation))
                ),
                relation: relation,
                rowFilter: published?.rowFilter
            )
        }
    }

    /// Refuses what cannot be followed.
    static func checkSupported(_ relation: CatalogRelation) throws(SourceError) {
        let reason: String? =
            switch (relation.kind, relation.persistence) {
            case ("r", "p"): nil
            case ("p", _): "is partitioned, which this version does not follow"
            case ("r", "u"): "is unlogged: Postgres does not publish it"
            case ("r", _): "is temporary"
            case ("v", _), ("m", _): "is a view"
            case ("f", _): "is a foreign table"
            default: "is not a table"
            }
        guard let reason else { return }
        throw SourceError(
            .tableUnsupported,
            "\(relation.name) \(reason)",
            hint: "take it out of leftfold.yaml: source.postgres.tables"
        )
    }

    /// A list that names all columns that can be published says nothing.
    private static func narrowing(_ relation: CatalogRelation) -> ([String]) -> [String]? {
        { columns in
            let all = relation.attributes.filter { !$0.isDropped && !$0.isGenerated }.map(\.name)
            return Set(columns) == Set(all) ? nil : columns
        }
    }

    private func checkServer() throws {
        let level = try connection.value("SELECT pg_catalog.current_setting('wal_level')") ?? ""
        let effective = try connection.value("SELECT pg_catalog.current_setting('effective_wal_level', true)")
        // From PG 19 on logical decoding switches itself on when wal_level is replica.
        guard level == "logical" || effective != nil && level != "minimal" else {
            throw SourceError(
                .serverSetting,
                "the server's wal_level is \(level); following it takes logical",
                hint: "ALTER SYSTEM SET wal_level = logical; then restart the server"
            )
        }
    }

    private func publicationExists() throws(PostgresError) -> Bool {
        try connection.value(
            "SELECT 1 FROM pg_catalog.pg_publication WHERE pubname = $1",
            [configuration.publication]
        ) != nil
    }

    private func checkPublication() throws {
        let published = Set(try PublishedTable.all(of: configuration.publication, connection).map(\.name))
        let missing = configuration.tables.filter { !published.contains($0) }
        guard missing.isEmpty else {
            _ = try resolveTables()
            let publication = SQLText.identifier(configuration.publication)
            throw SourceError(
                .publicationMissing,
                "publication \(configuration.publication) lacks \(missing.map(\.description).joined(separator: ", "))",
                hint: "ALTER PUBLICATION \(publication) ADD TABLE \(missing.map(\.quoted).joined(separator: ", "));"
            )
        }
    }

    private func resolveTables() throws -> [CatalogRelation] {
        let reader = CatalogReader(connection: connection)
        let relations = try reader.relations(PostgresSource.resolve(configuration.tables, reader))
        for relation in relations { try Self.checkSupported(relation) }
        return relations
    }

    private func createPublicationCommand() throws -> String {
        let tables = try resolveTables()
        guard !tables.isEmpty else {
            throw SourceError(
                .tableMissing,
                "schema public has no tables to follow",
                hint: "name tables in leftfold.yaml: source.postgres.tables"
            )
        }
        let list = tables.map { "ONLY \($0.name.quoted)" }.joined(separator: ", ")
        return "CREATE PUBLICATION \(SQLText.identifier(configuration.publication)) FOR TABLE \(list) "
            + "WITH (publish = 'insert, update, delete, truncate')"
    }
}
