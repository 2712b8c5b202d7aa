import PostgresClient
import Relational
import ViewStores

/// The columns' types as this server has them.
extension PostgresStore {
    /// Types and COLLATE clauses for a new table.
    ///
    /// 1. A built-in type has the same OID and modifier on every server.
    /// 2. A type of the user's own is looked up by name.
    /// 3. What this server does not have is text.
    /// 4. A collation is named when it is neither the database's own nor C, which is also that of computed text: a column of the
    ///    database's own collation can be joined with the user's through their indexes.
    func resolveTypes(of view: ViewTable) throws(StoreError) -> (types: [String], collations: [String]) {
        guard !view.columns.isEmpty else { return ([], []) }
        let rows = view.columns.enumerated().map { index, column in
            let type = column.type
            let name = SQLText.literal(type.name)
            let collation = type.collation.map { SQLText.literal($0.name) } ?? "NULL"
            return "(\(index), \(type.oid)::oid, \(type.typmod), \(name), \(collation))"
        }
        let sql = """
            SELECT CASE WHEN v.type < 16384 THEN
                    (SELECT format_type(t.oid, v.typmod) FROM pg_type AS t WHERE t.oid = v.type AND t.typtype <> 'p')
                WHEN to_regtype(v.name) IS NOT NULL THEN v.name END,
                (SELECT quote_ident(n.nspname) || '.' || quote_ident(c.collname)
                FROM pg_collation AS c JOIN pg_namespace AS n ON n.oid = c.collnamespace CROSS JOIN pg_database AS d
                WHERE d.datname = current_database() AND c.collcollate = v.locale AND v.locale <> d.datcollate
                    AND v.locale NOT IN ('C', 'POSIX') AND c.collencoding IN (-1, d.encoding)
                ORDER BY c.collname LIMIT 1)
            FROM (VALUES \(rows.joined(separator: ", "))) AS v(i, type, typmod, name, locale) ORDER BY v.i
            """
        let found = try storing("the types of view \"\(view.name)\" were looked up") { () throws(PostgresError) in
            try connection.query(sql)
        }
        let types = view.columns.indices.map { found[$0, 0] ?? "text" }
        let collations = view.columns.indices.map { index in
            found[index, 0] == nil ? "" : found[index, 1].map { " COLLATE \($0)" } ?? ""
        }
        return (types, collations)
    }

    /// The layout of a table that is there.
    func readLayout(of view: ViewTable, table: String) throws(StoreError) -> TableLayout {
        let rows = try storing("the table of view \"\(view.name)\" was looked up") { () throws(PostgresError) in
            try connection.query(
                """
                SELECT a.attname, format_type(a.atttypid, a.atttypmod)
                FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
                JOIN pg_namespace AS n ON n.oid = c.relnamespace
                WHERE n.nspname = $1 AND c.relname = $2 AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
                """,
                [names.schema, table]
            )
        }
        var wanted = view.columns.map(\.name)
        if view.key == nil { wanted.append(SchemaNames.hashColumn) }
        if view.kind == .search { wanted.append(SearchVector.name(in: view)) }
        guard rows.rows.map({ $0[0] }) == wanted else {
            throw .inconsistent(view.name, "its table \(names.qualified(table)) is not as it was made")
        }
        return TableLayout(view, table: table, types: view.columns.indices.map { rows[$0, 1] ?? "text" }, names)
    }
}
