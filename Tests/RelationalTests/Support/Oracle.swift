import TestSupport

/// A real Postgres that says what is right, one for all suites of this module; it goes away with the process.
enum Oracle {
    static let server: Result<ThrowawayPostgres, LocalPostgresError> = Result { () throws(LocalPostgresError) in
        try ThrowawayPostgres()
    }

    /// The session in which output has the form that the codec speaks.
    private static let session = """
        SET client_encoding = 'UTF8'; SET DateStyle = 'ISO'; SET TimeZone = 'UTC'; SET extra_float_digits = 1;
        SET bytea_output = 'hex';
        CREATE FUNCTION pg_temp.attempt(sql text) RETURNS text LANGUAGE plpgsql AS $$
        DECLARE result text; BEGIN EXECUTE sql INTO result; RETURN coalesce(result, 'null');
        EXCEPTION WHEN others THEN RETURN SQLSTATE; END $$;

        """

    /// What each expression prints, or the SQLSTATE of its error.
    static func results(of expressions: [String]) throws -> [String] {
        let statements = expressions.map { expression in
            "SELECT pg_temp.attempt($sql$SELECT (\(expression))::text$sql$);"
        }
        let output = try server.get().execute(session + statements.joined(separator: "\n"))
        return output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    /// The rows of a query in the session, a line each.
    static func rows(_ sql: String) throws -> [String] {
        try server.get().execute(session + sql).split(separator: "\n", omittingEmptySubsequences: false).map(
            String.init
        )
    }
}
