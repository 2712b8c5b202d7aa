import CLibpq

/// A connection URL or `keyword=value` string as libpq reads it. Holds the password, so it is never printed.
struct ConnectionString {
    private var values: [String: String] = [:]

    /// - Throws: `cannotConnect`, without repeating any part of the string, which may be a password.
    init(parsing text: String) throws(PostgresError) {
        let isURL = text.hasPrefix("postgresql://") || text.hasPrefix("postgres://")
        guard isURL || text.contains("=") || text.isEmpty else {
            values["dbname"] = text
            return
        }
        var message: UnsafeMutablePointer<CChar>?
        guard let options = PQconninfoParse(text, &message) else {
            let reason = message.map { String(cString: $0) } ?? "out of memory"
            PQfreemem(message)
            let safe = PostgresError.trimmed(String(reason.prefix { $0 != "\"" }))
            throw PostgresError(
                .cannotConnect,
                "the connection URL cannot be read",
                detail: safe.isEmpty ? nil : safe,
                hint: "write postgresql://USER:PASSWORD@HOST:PORT/DATABASE"
            )
        }
        defer { PQconninfoFree(options) }
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { values[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
    }

    /// One keyword as the string or its environment variable gives it.
    subscript(keyword: String) -> String? { values[keyword] }

    /// The keywords and values to connect with: the string's, completed and pinned by `options`.
    func parameters(_ options: ConnectionOptions) -> [(String, String)] {
        var all = values
        func complete(_ keyword: String, _ value: String) {
            if all[keyword] == nil { all[keyword] = value }
        }
        all["client_encoding"] = "UTF8"
        all["options"] = options.startupOptions(from: values["options"] ?? Environment["PGOPTIONS"])
        complete("application_name", options.applicationName)
        complete("keepalives", "1")
        complete("keepalives_idle", "30")
        complete("keepalives_interval", "10")
        complete("keepalives_count", "3")
        // Unacknowledged data for this long ends a connection whose peer vanished.
        complete("tcp_user_timeout", "60000")
        if options.isReplication { all["replication"] = "database" }
        return all.sorted { $0.key < $1.key }
    }

    /// How long opening may take.
    func connectTimeout(_ options: ConnectionOptions) -> Duration {
        let given = (values["connect_timeout"] ?? Environment["PGCONNECT_TIMEOUT"]).flatMap { Int($0) }
        return given.flatMap { $0 > 0 ? .seconds($0) : nil } ?? options.connectTimeout
    }
}
