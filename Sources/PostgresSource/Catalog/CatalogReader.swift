import PostgresClient
import Relational

/// Reads tables from the catalog, in few queries however many they are.
///
/// Takes no lock on any table, so that it never waits: not for an ALTER, and not for one that waits for us.
/// Names of types come out as `format_type` prints them with `search_path` set to `pg_catalog`, so that they do not depend on
/// the session.
struct CatalogReader {
    let connection: PostgresConnection

    /// The tables with these numbers, in that order; those that are gone are left out.
    func relations(_ ids: [RelationID]) throws(PostgresError) -> [CatalogRelation] {
        guard !ids.isEmpty else { return [] }
        let previousPath = try connection.value("SELECT pg_catalog.current_setting('search_path')") ?? ""
        try setSearchPath("pg_catalog")
        let result = Result { () throws(PostgresError) in try read(ids) }
        if connection.isOpen, (try? result.get()) != nil { try setSearchPath(previousPath) }
        return try result.get()
    }

    /// The numbers of tables by name; nil for those that do not exist.
    func ids(of names: [QualifiedName]) throws(PostgresError) -> [RelationID?] {
        var ids: [RelationID?] = []
        for name in names {
            let text = try connection.value(
                """
                SELECT c.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                WHERE n.nspname = $1 AND c.relname = $2
                """,
                [name.schema, name.name]
            )
            ids.append(text.flatMap { UInt32($0) }.map { RelationID($0) })
        }
        return ids
    }

    /// All ordinary tables of schema public.
    func ordinaryTables() throws(PostgresError) -> [RelationID] {
        try ids(
            """
            SELECT c.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = 'public' AND c.relkind = 'r' AND c.relpersistence = 'p' AND NOT c.relispartition
            ORDER BY c.relname
            """
        )
    }

    func ids(_ sql: String, _ parameters: [String?] = []) throws(PostgresError) -> [RelationID] {
        try connection.query(sql, parameters).rows.compactMap { $0[0].flatMap { UInt32($0) }.map { RelationID($0) } }
    }

    private func setSearchPath(_ path: String) throws(PostgresError) {
        try connection.query("SELECT pg_catalog.set_config('search_path', $1, false)", [path])
    }

    private func read(_ ids: [RelationID]) throws(PostgresError) -> [CatalogRelation] {
        let list = "{" + ids.map(\.description).joined(separator: ",") + "}"
        var found: [RelationID: CatalogRelation] = [:]
        for row in try connection.query(Self.relationsQuery, [list]).rows {
            guard let relation = Self.relation(row) else { throw Self.unexpected("pg_class") }
            found[relation.relation] = relation
        }
        for row in try connection.query(Self.attributesQuery, [list]).rows {
            guard let (relation, attribute) = Self.attribute(row) else { throw Self.unexpected("pg_attribute") }
            found[relation]?.attributes.append(attribute)
        }
        for row in try connection.query(Self.indexesQuery, [list]).rows {
            guard let (relation, index) = Self.index(row) else { throw Self.unexpected("pg_index") }
            found[relation]?.uniqueIndexes.append(index)
        }
        return ids.compactMap { found[$0] }
    }

    private static func unexpected(_ catalog: String) -> PostgresError {
        PostgresError(.unexpectedAnswer, "\(catalog) answered something unexpected")
    }
}

extension CatalogReader {
    private static let relationsQuery = """
        SELECT c.oid, n.nspname, c.relname, c.relkind, c.relpersistence, c.relispartition, c.relreplident,
            c.reltuples::bigint, c.relfilenode
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.oid = ANY ($1::oid[])
        """

    private static func relation(_ row: [String?]) -> CatalogRelation? {
        guard let id = row[0].flatMap({ UInt32($0) }), let schema = row[1], let name = row[2], let kind = row[3],
            let persistence = row[4], let identity = row[6].flatMap({ ReplicaIdentity(rawValue: $0) })
        else { return nil }
        let estimate = row[7].flatMap { Int64($0) }
        return CatalogRelation(
            relation: RelationID(id),
            name: QualifiedName(schema: schema, name: name),
            kind: kind,
            persistence: persistence,
            isPartition: row[5] == "t",
            replicaIdentity: identity,
            attributes: [],
            uniqueIndexes: [],
            estimatedRows: estimate.flatMap { $0 >= 0 ? $0 : nil },
            fileNode: row[8] ?? ""
        )
    }

    /// A domain is followed to its base type. The database's default collation is resolved through `pg_database`, whose
    /// columns differ between versions and are therefore read as JSON.
    private static let attributesQuery = """
        WITH RECURSIVE base(domain, type, typmod) AS (
            SELECT oid, typbasetype, typtypmod FROM pg_type WHERE typtype = 'd'
            UNION ALL
            SELECT b.domain, t.typbasetype, CASE WHEN b.typmod = -1 THEN t.typtypmod ELSE b.typmod END
            FROM base b JOIN pg_type t ON t.oid = b.type WHERE t.typtype = 'd'
        ), resolved AS (
            SELECT b.domain, b.type, b.typmod FROM base b JOIN pg_type t ON t.oid = b.type WHERE t.typtype <> 'd'
        ), db AS (SELECT to_jsonb(d) AS j FROM pg_database d WHERE d.datname = current_database())
        SELECT a.attrelid, a.attnum, a.attname, a.atttypid, coalesce(r.type, a.atttypid),
            coalesce(r.typmod, a.atttypmod), format_type(coalesce(r.type, a.atttypid), coalesce(r.typmod, a.atttypmod)),
            a.attnotnull, a.attisdropped, a.attgenerated <> '',
            CASE WHEN a.atthasmissing THEN (a.attmissingval::text::text[])[1] END,
            (a.atthasdef AND a.attgenerated = '') OR a.attidentity <> '', a.atthasmissing, l.collname,
            CASE WHEN l.collprovider = 'd' THEN coalesce(db.j->>'datlocprovider', 'c') ELSE l.collprovider::text END,
            CASE WHEN l.collprovider = 'd' THEN db.j->>'datcollate' ELSE l.collcollate END,
            l.collisdeterministic, t.typtype
        FROM pg_attribute a CROSS JOIN db LEFT JOIN pg_collation l ON l.oid = a.attcollation
            LEFT JOIN resolved r ON r.domain = a.atttypid
            LEFT JOIN pg_type t ON t.oid = coalesce(r.type, a.atttypid)
        WHERE a.attrelid = ANY ($1::oid[]) AND a.attnum > 0
        ORDER BY a.attrelid, a.attnum
        """

    private static func attribute(_ row: [String?]) -> (RelationID, CatalogRelation.Attribute)? {
        guard let relation = row[0].flatMap({ UInt32($0) }), let number = row[1].flatMap({ Int16($0) }),
            let name = row[2], let declared = row[3].flatMap({ UInt32($0) }), let type = row[4].flatMap({ UInt32($0) }),
            let typmod = row[5].flatMap({ Int32($0) })
        else { return nil }
        let collation = row[13].map {
            Collation(
                name: $0,
                isByteOrder: row[16] == "t" && isByteOrder(provider: row[14] ?? "c", locale: row[15] ?? "")
            )
        }
        let scalar = ScalarType(
            oid: TypeOID(type),
            typmod: typmod,
            name: row[6] ?? "-",
            collation: collation,
            isEnum: row[17] == "e" ? true : nil
        )
        var attribute = CatalogRelation.Attribute(
            number: number,
            name: name,
            declaredType: TypeOID(declared),
            type: scalar
        )
        attribute.isNotNull = row[7] == "t"
        attribute.isDropped = row[8] == "t"
        attribute.isGenerated = row[9] == "t"
        attribute.missingValue = row[10]
        attribute.hasDefault = row[11] == "t" && row[12] != "t"
        return (RelationID(relation), attribute)
    }

    /// Whether a collation orders by bytes: libc's C, POSIX and C.UTF-8, and every built-in one (PG 17 on).
    static func isByteOrder(provider: String, locale: String) -> Bool {
        switch provider {
        case "b": true
        case "c": ["C", "POSIX", "C.UTF-8", "C.utf8", "C.UTF8", "c.utf8"].contains(locale)
        default: false
        }
    }

    private static let indexesQuery = """
        SELECT i.indrelid, i.indkey::text, i.indnkeyatts, i.indisprimary, i.indisreplident, i.indimmediate
        FROM pg_index i
        WHERE i.indrelid = ANY ($1::oid[]) AND i.indisunique AND i.indisvalid AND i.indpred IS NULL
            AND i.indexprs IS NULL
        ORDER BY i.indrelid, i.indisprimary DESC, i.indexrelid
        """

    private static func index(_ row: [String?]) -> (RelationID, CatalogRelation.UniqueIndex)? {
        guard let relation = row[0].flatMap({ UInt32($0) }), let keys = row[1], let count = row[2].flatMap({ Int($0) })
        else { return nil }
        let attributes = keys.split(separator: " ").prefix(count).compactMap { Int16($0) }
        return (
            RelationID(relation),
            CatalogRelation.UniqueIndex(
                attributes: attributes,
                isPrimary: row[3] == "t",
                isReplicaIdentity: row[4] == "t",
                isImmediate: row[5] == "t"
            )
        )
    }
}
