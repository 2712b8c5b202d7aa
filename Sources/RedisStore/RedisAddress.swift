/// Where a server is and who asks: `redis://[user:password@]host[:port][/database]` or `unix:///path[?db=n]`.
struct RedisAddress: Hashable {
    enum Place: Hashable {
        case tcp(host: String, port: Int32)
        case unix(path: String)
    }

    var place: Place
    var user: String?
    /// A secret; never printed.
    var password: String?
    var database = 0

    /// Reads a connection URL.
    ///
    /// - Throws: `address`, in words that leave out what the URL holds.
    init(_ url: String) throws(RedisError) {
        if url.hasPrefix("rediss://") {
            throw RedisError(
                .address,
                "rediss:// (TLS) is not supported",
                hint: "connect over a private network or a local TLS proxy such as stunnel: redis://127.0.0.1:6379"
            )
        }
        if let rest = Self.remainder(of: url, after: "redis://") {
            self.init(place: .tcp(host: "127.0.0.1", port: 6379))
            let (authority, path) = Self.split(rest, at: "/")
            let (address, query) = Self.split(authority, at: "?")
            place = try Self.tcp(readCredentials(address))
            try readDatabase((path ?? "").split(separator: "?").first.map(String.init) ?? "")
            if query != nil || (path ?? "").contains("?") { throw Self.unreadable("has parameters after \"?\"") }
        } else if let rest = Self.remainder(of: url, after: "unix://") {
            self.init(place: .unix(path: ""))
            let (address, query) = Self.split(rest, at: "?")
            let path = try readCredentials(address)
            guard path.hasPrefix("/"), path.utf8.count > 1 else { throw Self.unreadable("has no path") }
            place = .unix(path: path)
            guard let query else { return }
            guard let number = Self.remainder(of: query, after: "db=") else {
                throw Self.unreadable("has parameters other than db")
            }
            try readDatabase(number)
        } else {
            throw Self.unreadable("does not begin with redis:// or unix://")
        }
    }

    private init(place: Place) { self.place = place }

    /// Without user and password.
    var description: String {
        switch place {
        case .tcp(let host, let port): "\(host):\(port)/\(database)"
        case .unix(let path): database == 0 ? path : "\(path)?db=\(database)"
        }
    }

    /// What `redis-cli` needs to come here.
    var clientArguments: String {
        switch place {
        case .tcp(let host, let port): "-h \(host) -p \(port)"
        case .unix(let path): "-s \(path)"
        }
    }

    /// Takes user and password off and returns the rest.
    private mutating func readCredentials(_ text: String) throws(RedisError) -> String {
        guard let at = text.lastIndex(of: "@") else { return text }
        let (name, secret) = Self.split(String(text[..<at]), at: ":")
        user = name.isEmpty ? nil : try Self.unescaped(name)
        guard let secret else { throw Self.unreadable("has a user without a password") }
        password = try Self.unescaped(secret)
        return String(text[text.index(after: at)...])
    }

    private mutating func readDatabase(_ text: String) throws(RedisError) {
        if text.isEmpty { return }
        guard let number = Int(text), number >= 0 else { throw Self.unreadable("names a database that is no number") }
        database = number
    }

    private static func tcp(_ text: String) throws(RedisError) -> Place {
        var host = text
        var port: Int32 = 6379
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            host = String(text[text.index(after: text.startIndex)..<end])
            let rest = text[text.index(after: end)...]
            if !rest.isEmpty { port = try number(String(rest.dropFirst())) }
        } else if let colon = text.lastIndex(of: ":") {
            host = String(text[..<colon])
            port = try number(String(text[text.index(after: colon)...]))
        }
        return .tcp(host: host.isEmpty ? "127.0.0.1" : host, port: port)
    }

    private static func number(_ text: String) throws(RedisError) -> Int32 {
        guard let port = UInt16(text), port > 0 else { throw unreadable("has a port that is no number") }
        return Int32(port)
    }

    private static func remainder(of text: String, after prefix: String) -> String? {
        text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : nil
    }

    private static func split(_ text: String, at mark: Character) -> (String, String?) {
        guard let place = text.firstIndex(of: mark) else { return (text, nil) }
        return (String(text[..<place]), String(text[text.index(after: place)...]))
    }

    private static func unescaped(_ text: String) throws(RedisError) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
                throw unreadable("has a % that is not followed by two hexadecimal digits")
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func unreadable(_ why: String) -> RedisError {
        RedisError(
            .address,
            "the URL of the Redis store \(why)",
            hint: "write redis://user:password@host:6379/0 or unix:///run/redis/redis.sock"
        )
    }
}
