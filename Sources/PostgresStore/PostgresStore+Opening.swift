import Migrations
import PostgresClient
import ViewStores

extension PostgresStore {
    /// How the schema is used.
    public struct Options: Sendable {
        /// Only `progress` and `scan`; nothing is made.
        public var isReadOnly: Bool
        /// How long to wait for a lock that another session holds.
        public var lockTimeout: Duration

        /// Defaults for a store that one daemon writes.
        public init(isReadOnly: Bool = false, lockTimeout: Duration = .seconds(10)) {
            self.isReadOnly = isReadOnly
            self.lockTimeout = lockTimeout
        }
    }

    /// What is in the schema of Leftfold's.
    private struct Found {
        var hasSchema: Bool
        var hasTables: Bool
    }

    /// Whether the store's own tables are there; else it holds nothing.
    func isThere() throws(StoreError) -> Bool {
        try reading("the store was opened") { (connection) throws(PostgresError) in
            try Self.find(connection, names).hasTables
        }
    }

    func prepareSchema() throws(StoreError) {
        let found = try storing("the store was opened") { () throws(PostgresError) in
            try Self.find(connection, names)
        }
        if !options.isReadOnly {
            let applied = found.hasTables ? try format() : 0
            if applied < Migrations.postgresStore.count { try migrate() }
        }
        guard try isThere() else { return }
        let format = try format()
        guard format >= 1, format <= Migrations.postgresStore.count else {
            throw StoreError(
                .foreign,
                "\(location) was written by another version of Leftfold",
                detail: "format \(format); this one knows \(Migrations.postgresStore.count)",
                hint: "install that version"
            )
        }
    }

    private static func find(_ connection: PostgresConnection, _ names: SchemaNames) throws(PostgresError) -> Found {
        let row = try connection.query(
            """
            SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1),
                EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                    WHERE n.nspname = $1 AND c.relname = '_leftfold_owner')
            """,
            [names.schema]
        )
        return Found(hasSchema: row[0, 0] == "t", hasTables: row[0, 1] == "t")
    }

    private func format() throws(StoreError) -> Int {
        do {
            return try connection.value("SELECT \"format\" FROM \(names.owner) WHERE id = 1").flatMap { Int($0) } ?? 0
        } catch {
            throw refused(error)
        }
    }

    /// Brings the schema to the newest format, in one transaction; a second process waits and finds it done.
    private func migrate() throws(StoreError) {
        do throws(PostgresError) {
            try connection.query("BEGIN")
            do throws(PostgresError) {
                try connection.query(
                    "SELECT pg_advisory_xact_lock(hashtext('leftfold'), hashtext($1))",
                    [names.schema]
                )
                try runMigrations()
                try connection.query("COMMIT")
            } catch {
                if connection.isOpen { _ = try? connection.query("ROLLBACK") }
                throw error
            }
        } catch {
            throw refused(error)
        }
    }

    private func runMigrations() throws(PostgresError) {
        let found = try Self.find(connection, names)
        if !found.hasSchema { try connection.query("CREATE SCHEMA \(names.quotedSchema)") }
        try connection.query("SET LOCAL search_path TO \(names.quotedSchema)")
        var format = 0
        if found.hasTables {
            format = try connection.value("SELECT \"format\" FROM _leftfold_owner").flatMap { Int($0) } ?? 0
        }
        for sql in Migrations.postgresStore.dropFirst(format) { try connection.query(sql) }
        if !found.hasTables {
            try connection.query(
                """
                INSERT INTO _leftfold_owner (id, "format", fencing_token, log_id, table_number, made_schema)
                VALUES (1, 0, 0, NULL, 0, \(!found.hasSchema))
                """
            )
        }
        if format < Migrations.postgresStore.count {
            try connection.query("UPDATE _leftfold_owner SET \"format\" = \(Migrations.postgresStore.count)")
        }
    }

    /// Says what to GRANT where a privilege is missing.
    private func refused(_ error: PostgresError) -> StoreError {
        var refusal = StoreError(error, while: "the store was opened")
        guard error.code == .insufficientPrivilege || error.sqlState == "3F000" else { return refusal }
        let role = SQLText.identifier(connection.user)
        refusal.code = .unavailable
        refusal.hint =
            options.isReadOnly
            ? "GRANT USAGE ON SCHEMA \(names.quotedSchema) TO \(role); "
                + "GRANT SELECT ON ALL TABLES IN SCHEMA \(names.quotedSchema) TO \(role);"
            : "CREATE SCHEMA IF NOT EXISTS \(names.quotedSchema); "
                + "ALTER SCHEMA \(names.quotedSchema) OWNER TO \(role); -- as a superuser or the database's owner"
        return refusal
    }
}
