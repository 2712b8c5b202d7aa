import ViewStores

/// What went wrong on the way to a server, or what it answered.
struct RedisError: Error {
    enum Code: Hashable {
        /// The URL cannot be used.
        case address
        /// No connection could be made.
        case cannotConnect
        /// The connection ended; whether the last command was done is not known.
        case connectionLost
        /// The server answered with an error: its text is the message.
        case refused
    }

    var code: Code
    var message: String
    var hint: String?

    init(_ code: Code, _ message: String, hint: String? = nil) {
        self.code = code
        self.message = message
        self.hint = hint
    }

    /// The first word of the server's answer, for example `OOM`.
    var word: Substring { code == .refused ? message.prefix { $0 != " " } : "" }
}

extension StoreError {
    /// An error of the server, or of the way to it, while `action` was done.
    init(_ error: RedisError, while action: String) {
        switch error.code {
        case .address: self.init(.unavailable, error.message, hint: error.hint)
        case .cannotConnect:
            self.init(.unavailable, "the Redis store cannot be reached", detail: error.message, hint: error.hint)
        case .connectionLost: self.init(.unavailable, "\(error.message) while \(action)", hint: error.hint)
        case .refused: self = Self.answer(error, action)
        }
    }

    private static func answer(_ error: RedisError, _ action: String) -> StoreError {
        switch error.word {
        case "OOM":
            StoreError(
                .engine,
                "the Redis store is out of memory while \(action)",
                detail: error.message,
                hint: "raise maxmemory: redis-cli CONFIG SET maxmemory …; the store is tried again by itself"
            )
        case "MISCONF":
            StoreError(
                .engine,
                "the Redis store takes no writes, because it cannot save them, while \(action)",
                detail: error.message,
                hint: "free some space on its disk; see its log"
            )
        case "READONLY":
            StoreError(
                .unavailable,
                "the server of the Redis store is a read-only replica",
                detail: error.message,
                hint: "name the primary in the store's URL"
            )
        case "NOAUTH", "WRONGPASS":
            StoreError(
                .unavailable,
                "the Redis store does not know this user and password",
                detail: error.message,
                hint: "write them into the URL: redis://user:password@host:6379"
            )
        case "NOPERM":
            StoreError(
                .unavailable,
                "the user of the Redis store may not do what is needed while \(action)",
                detail: error.message,
                hint:
                    "redis-cli ACL SETUSER name ~prefix:* +@read +@write +@transaction +@connection +@scripting +info +waitaof"
            )
        case "MOVED", "ASK":
            StoreError(
                .unavailable,
                "the keys of the Redis store are on another node of the cluster",
                detail: error.message,
                hint: "name that node in the store's URL"
            )
        case "LOADING", "BUSY", "MASTERDOWN", "TRYAGAIN", "CLUSTERDOWN":
            StoreError(.unavailable, "the Redis store is not ready while \(action)", detail: error.message)
        case "FENCED": StoreError(.foreign, "the Redis store has another owner", detail: error.message)
        default: StoreError(.engine, "\(error.message) while \(action)")
        }
    }
}

/// Runs `body`, giving the server's errors the store's form.
@inline(__always)
func storing<Result>(
    _ action: @autoclosure () -> String,
    _ body: () throws(RedisError) -> Result
) throws(StoreError) -> Result {
    do { return try body() } catch { throw StoreError(error, while: action()) }
}
