import PostgresClient
import ViewStores

/// The SQL views that readers use. They stay through rebuilds, and with them grants and what readers built on them.
///
/// 1. Columns that keep their names, types and places, with new ones after them: CREATE OR REPLACE VIEW points it at the new table.
/// 2. Any other change of columns needs another view. Grants are carried over; where something depends on the old view, the change
///    is refused and says what.
///
/// Replacing a view waits for transactions that have read it, up to the lock timeout.
extension PostgresStore {
    /// Refuses to publish what would take a view away from those that depend on it.
    func checkDependants(_ layout: TableLayout) throws(StoreError) {
        guard try !isReplaceable(layout) else { return }
        let dependants = try storing("what depends on view \"\(layout.view.name)\" was looked up") {
            () throws(PostgresError) in
            try connection.query(
                """
                SELECT DISTINCT r.ev_class::regclass::text COLLATE "C" FROM pg_depend AS d
                JOIN pg_rewrite AS r ON r.oid = d.objid AND d.classid = 'pg_rewrite'::regclass
                WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = \(oid(of: layout)) AND r.ev_class <> d.refobjid
                ORDER BY 1
                """
            )
        }
        guard dependants.rowCount > 0 else { return }
        let list = dependants.rows.compactMap { $0[0] }.joined(separator: ", ")
        throw StoreError(
            .unsupported,
            "view \"\(layout.view.name)\" has other columns than before, and other views read it",
            detail: "readers: \(list)",
            hint: "drop them, then: leftfold apply; or give the changed view a new name"
        )
    }

    /// Points the SQL view at the new table.
    func swapIn(_ layout: TableLayout) throws(StoreError) {
        let isReplaceable = try isReplaceable(layout)
        try storing("view \"\(layout.view.name)\" was published") { () throws(PostgresError) in
            var grants: [String] = []
            if !isReplaceable {
                grants = try readGrants(layout)
                try connection.query("DROP VIEW \(layout.quotedView)")
            }
            try connection.query(layout.createView)
            for grant in grants { try connection.query(grant) }
        }
    }

    private func oid(of layout: TableLayout) -> String { "to_regclass(\(SQLText.literal(layout.quotedView)))" }

    /// Whether there is no view yet, or one whose columns the new table begins with.
    private func isReplaceable(_ layout: TableLayout) throws(StoreError) -> Bool {
        let differences = try storing("view \"\(layout.view.name)\" was looked up") { () throws(PostgresError) in
            try connection.value(
                """
                SELECT count(*) FROM pg_attribute AS o
                WHERE o.attrelid = \(oid(of: layout)) AND o.attnum > 0 AND NOT EXISTS (
                    SELECT FROM pg_attribute AS n
                    WHERE n.attrelid = to_regclass(\(SQLText.literal(layout.quotedTable))) AND n.attnum = o.attnum
                        AND n.attnum <= \(layout.view.columns.count + (layout.searchColumn == nil ? 0 : 1))
                        AND (n.attname, n.atttypid, n.atttypmod, n.attcollation)
                            = (o.attname, o.atttypid, o.atttypmod, o.attcollation))
                """
            )
        }
        return differences == "0"
    }

    private func readGrants(_ layout: TableLayout) throws(PostgresError) -> [String] {
        let rows = try connection.query(
            """
            SELECT format('GRANT %s ON %s TO %s', g.privilege_type, \(SQLText.literal(layout.quotedView)),
                CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(g.grantee)) END)
            FROM pg_class AS c, aclexplode(c.relacl) AS g WHERE c.oid = \(oid(of: layout)) AND g.grantee <> c.relowner
            """
        )
        return rows.rows.compactMap { $0[0] }
    }
}
