import Testing
import TestSupport

/// PostgreSQL itself, asked for many small expressions at once.
enum Oracle {
    static let server = Result { try ThrowawayPostgres() }

    /// What each SQL expression gives: its text as Postgres prints it, `<null>`, or `error <SQLSTATE>`.
    static func evaluate(_ expressions: [String]) throws -> [String] {
        try ask(expressions, query: "'SELECT array_to_string(ARRAY[' || e || '], '''', ''<null>'')'")
    }

    /// The type of each SQL expression as `format_type` prints it, or `error <SQLSTATE>`.
    static func types(of expressions: [String]) throws -> [String] {
        try ask(expressions, query: "'SELECT pg_typeof(' || e || ')'")
    }

    private static func ask(_ expressions: [String], query: String) throws -> [String] {
        let server = try Self.server.get()
        var sql = """
            CREATE TEMP TABLE asked (n int, e text);
            CREATE FUNCTION pg_temp.answer(e text) RETURNS text LANGUAGE plpgsql AS $body$
            DECLARE result text;
            BEGIN
              EXECUTE \(query) INTO result;
              RETURN result;
            EXCEPTION WHEN OTHERS THEN RETURN 'error ' || SQLSTATE;
            END $body$;
            COPY asked FROM STDIN;

            """
        for (number, expression) in expressions.enumerated() {
            sql += "\(number)\t\(copyEscaped(expression))\n"
        }
        sql += "\\.\nCOPY (SELECT pg_temp.answer(e) FROM asked ORDER BY n) TO STDOUT;\n"
        let lines = try server.execute(
            "SET client_min_messages = error; SET bytea_output = hex; SET timezone = 'UTC';\n" + sql
        )
        .split(separator: "\n", omittingEmptySubsequences: false)
        try #require(lines.count == expressions.count)
        return lines.map { copyUnescaped($0) }
    }

    private static func copyEscaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func copyUnescaped(_ text: Substring) -> String {
        var result = ""
        var isEscaped = false
        for scalar in text.unicodeScalars {
            if isEscaped {
                switch scalar {
                case "n": result += "\n"
                case "r": result += "\r"
                case "t": result += "\t"
                case "b": result += "\u{8}"
                case "f": result += "\u{C}"
                case "v": result += "\u{B}"
                default: result.unicodeScalars.append(scalar)
                }
                isEscaped = false
            } else if scalar == "\\" {
                isEscaped = true
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
