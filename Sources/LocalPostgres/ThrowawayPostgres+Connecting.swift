import Foundation

extension ThrowawayPostgres {
    /// The two ways in.
    public enum Link: Sendable, CaseIterable {
        case unixSocket
        case tcp
    }

    /// A connection URL.
    public func url(
        database: String = "postgres",
        over link: Link = .unixSocket,
        user: String? = nil,
        password: String? = nil
    ) -> String {
        var credentials = Self.percentEncoded(user ?? self.user)
        if let password = password ?? self.password { credentials += ":" + Self.percentEncoded(password) }
        return switch link {
        case .unixSocket:
            "postgresql://\(credentials)@/\(Self.percentEncoded(database))"
                + "?host=\(Self.percentEncoded(directory))&port=\(port)"
        case .tcp: "postgresql://\(credentials)@127.0.0.1:\(port)/\(Self.percentEncoded(database))"
        }
    }

    /// Runs SQL through `psql` and returns the rows, columns parted by `|`, without a header.
    ///
    /// - Throws: `commandFailed` with psql's message at the first statement that fails.
    @discardableResult
    public func execute(_ sql: String, database: String = "postgres") throws(LocalPostgresError) -> String {
        let arguments = ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-f", "-", url(database: database)]
        let result = try runProgram("psql", arguments, input: sql)
        guard result.status == 0 else {
            throw LocalPostgresError(.commandFailed, "psql ended with status \(result.status)", detail: result.output)
        }
        return result.output.hasSuffix("\n") ? String(result.output.dropLast()) : result.output
    }

    /// Makes a new empty database with a name of its own and returns the name.
    public func makeDatabase() throws(LocalPostgresError) -> String {
        let name = "db_" + UUID().uuidString.lowercased().filter { $0 != "-" }.prefix(12)
        try execute("CREATE DATABASE \(name)")
        return name
    }

    var serverArguments: [String] {
        var settings = [
            "listen_addresses": "127.0.0.1", "port": "\(port)", "unix_socket_directories": directory,
            "wal_level": options.walLevel, "max_replication_slots": "40", "max_wal_senders": "40",
            "max_connections": "100", "log_line_prefix": "%m [%p] %a ",
        ]
        if !options.isDurable {
            settings["fsync"] = "off"
            settings["full_page_writes"] = "off"
        }
        settings.merge(options.settings) { _, given in given }
        return ["-D", dataDirectory] + settings.sorted { $0.key < $1.key }.flatMap { ["-c", "\($0.key)=\($0.value)"] }
    }

    /// Waits until the server says in its pid file that it accepts connections; false when it ended or 60 s went by.
    ///
    /// `logStart`: the bytes of the server's log that are of earlier starts.
    func waitUntilReady(_ logStart: Int) -> Bool {
        for _ in 0..<3000 {
            usleep(20_000)
            let lines = (try? String(contentsOfFile: dataDirectory + "/postmaster.pid", encoding: .utf8))?
                .split(separator: "\n", omittingEmptySubsequences: false)
            if let lines, lines.count >= 8, lines[7].hasPrefix("ready") { return true }
            if lines == nil, log.utf8.dropFirst(logStart).contains("FATAL:".utf8) { return false }
        }
        return false
    }

    private static func percentEncoded(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? text
    }
}
