import CLibpq

extension PostgresError {
    /// Reads the error of a failed result.
    static func of(result: OpaquePointer?) -> PostgresError {
        func field(_ code: UnicodeScalar) -> String? {
            PQresultErrorField(result, Int32(code.value)).map { trimmed(String(cString: $0)) }
        }
        let sqlState = field("C")
        let message = field("M") ?? trimmed(PQresultErrorMessage(result).map { String(cString: $0) } ?? "")
        return PostgresError(
            sqlState.map(code(ofSQLState:)) ?? .connectionLost,
            message.isEmpty ? "the server closed the connection" : message,
            detail: field("D"),
            hint: field("H"),
            sqlState: sqlState
        )
    }

    /// Reads the error of a connection that was open.
    static func lost(_ connection: OpaquePointer?) -> PostgresError {
        let message = trimmed(PQerrorMessage(connection).map { String(cString: $0) } ?? "")
        return PostgresError(
            .connectionLost,
            message.isEmpty ? "the server closed the connection" : firstLine(of: message)
        )
    }

    /// The kind of failure that a SQLSTATE means (Postgres manual, appendix A).
    static func code(ofSQLState sqlState: String) -> Code {
        switch sqlState {
        case "28000", "28P01": .authentication
        case "3D000": .missingDatabase
        case "42501": .insufficientPrivilege
        case "42704", "42P01", "42703", "3F000", "42883": .undefinedObject
        case "42710", "42P07": .duplicateObject
        case "55006": .objectInUse
        case "55000": .wrongState
        case "53300", "53400": .limitReached
        case "57P01", "57P02", "57P05": .connectionLost
        case "57P03": .serverNotReady
        case "57014": .cancelled
        case "55P03", "25P03", "57P04": .timeout
        default: sqlState.hasPrefix("08") ? .connectionLost : .other
        }
    }

    /// Reads why a connection could not be opened; libpq was asked for verbose messages, so that they hold the SQLSTATE.
    static func cannotConnect(_ connection: OpaquePointer?) -> PostgresError {
        let full = trimmed(PQerrorMessage(connection).map { String(cString: $0) } ?? "")
        let lines = full.split(separator: "\n").filter { !$0.hasPrefix("LOCATION:") }
        // What libpq asks about a failure stands below it, indented.
        let text = lines.last { !$0.hasPrefix("\t") }.map(String.init) ?? "the server does not answer"
        let database = PQdb(connection).map { String(cString: $0) } ?? ""
        let user = PQuser(connection).map { String(cString: $0) } ?? ""
        guard let (sqlState, message) = splitSQLState(text) else {
            return refused(text: text, all: lines.map(String.init), connection)
        }
        var error = PostgresError(code(ofSQLState: sqlState), message, sqlState: sqlState)
        switch error.code {
        case .authentication:
            error.hint = "check user and password in the URL; try: psql -U \(user) -d \(database)"
        case .missingDatabase: error.hint = "createdb \(database)"
        case .insufficientPrivilege: error.hint = "GRANT CONNECT ON DATABASE \"\(database)\" TO \"\(user)\";"
        case .limitReached: error.hint = "raise max_connections or max_wal_senders, or end a session"
        case .serverNotReady: error.hint = "pg_isready"
        default: break
        }
        return error
    }

    private static func refused(text: String, all: [String], _ connection: OpaquePointer?) -> PostgresError {
        let host = PQhost(connection).map { String(cString: $0) } ?? ""
        let port = PQport(connection).map { String(cString: $0) } ?? "5432"
        let needsPassword = PQconnectionNeedsPassword(connection) != 0
        if needsPassword {
            return PostgresError(
                .authentication,
                "the server asks for a password and the URL has none",
                hint: "write postgresql://USER:PASSWORD@\(host.hasPrefix("/") ? "" : host)/DATABASE, or use ~/.pgpass"
            )
        }
        return PostgresError(
            .cannotConnect,
            text,
            detail: all.count > 1 ? all.joined(separator: "\n") : nil,
            hint: "is the server running? try: pg_isready -h \(host.isEmpty ? "localhost" : host) -p \(port)"
        )
    }

    /// Splits `… FATAL:  28P01: password authentication failed` into SQLSTATE and message.
    static func splitSQLState(_ text: String) -> (sqlState: String, message: String)? {
        let bytes = Array(text.utf8)
        var start = 0
        while start + 10 <= bytes.count {
            defer { start += 1 }
            let isFrame =
                bytes[start] == 0x3A && bytes[start + 1] == 0x20 && bytes[start + 2] == 0x20
                && bytes[start + 8] == 0x3A && bytes[start + 9] == 0x20
            let state = bytes[start + 3..<start + 8]
            let isState = state.allSatisfy { (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) }
            guard isFrame, isState else { continue }
            return (String(decoding: state, as: UTF8.self), String(decoding: bytes[(start + 10)...], as: UTF8.self))
        }
        return nil
    }

    static func trimmed(_ text: String) -> String {
        var text = text[...]
        while let last = text.last, last.isWhitespace { text.removeLast() }
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        return String(text)
    }

    private static func firstLine(of text: String) -> String {
        String(text.prefix { !$0.isNewline })
    }
}
