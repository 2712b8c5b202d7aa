import PostgresClient
import ViewStores

extension StoreError {
    /// An error of the server, or of the way to it, while `action` was done.
    init(_ error: PostgresError, while action: String) {
        let detail = Self.detail(of: error)
        switch error.code {
        case .cannotConnect, .serverNotReady, .authentication, .missingDatabase, .limitReached:
            self.init(
                .unavailable,
                "the Postgres store cannot be reached: \(error.message)",
                detail: detail,
                hint: error.hint
            )
        case .connectionLost, .interrupted, .cancelled:
            self.init(.unavailable, "\(error.message) while \(action)", detail: detail, hint: error.hint)
        case .timeout:
            self.init(
                .unavailable,
                "\(error.message) while \(action)",
                detail: detail,
                hint: "find who holds the lock: SELECT pid, application_name, state, query FROM pg_stat_activity "
                    + "WHERE cardinality(pg_blocking_pids(pid)) > 0 OR state = 'idle in transaction';"
            )
        case .insufficientPrivilege:
            self.init(.unavailable, "\(error.message) while \(action)", detail: detail, hint: error.hint)
        default: self.init(sqlState: error, while: action, detail: detail)
        }
    }

    private init(sqlState error: PostgresError, while action: String, detail: String?) {
        let state = error.sqlState ?? ""
        switch state {
        case "25006":
            self.init(
                .unavailable,
                "the server of the Postgres store is read-only",
                detail: detail,
                hint: "name the primary in the store's URL, or add target_session_attrs=read-write to it"
            )
        case "40001", "40P01": self.init(.unavailable, "\(error.message) while \(action)", detail: detail)
        case "53100":
            self.init(
                .engine,
                "the disk of the Postgres store is full while \(action)",
                detail: detail,
                hint: "free some space on the server; the store is tried again by itself"
            )
        case "2BP01":
            self.init(
                .unsupported,
                "\(error.message) while \(action)",
                detail: detail,
                hint: "drop what depends on it, then: leftfold apply"
            )
        default: self.init(.engine, "\(error.message) while \(action)", detail: detail, hint: error.hint)
        }
    }

    /// An error while rows of a view were written.
    init(_ error: PostgresError, writing view: String) {
        let state = error.sqlState ?? ""
        let detail = Self.detail(of: error)
        switch state.prefix(2) {
        case "23": self = .inconsistent(view, "a row breaks its constraints", detail: detail)
        case "54":
            self.init(
                .unsupported,
                "a value of view \"\(view)\" is larger than Postgres allows: \(error.message)",
                detail: detail,
                hint: "shorten the value in the view's SQL, or give the view another store"
            )
        case "22":
            self.init(
                .unsupported,
                "a value of view \"\(view)\" is none that the store's server takes: \(error.message)",
                detail: detail,
                hint: "cast the column to text in the view's SQL"
            )
        case "42" where error.code != .insufficientPrivilege:
            self = .inconsistent(view, "its table is not as it was made", detail: "\(error.message)\n\(detail ?? "")")
        default: self.init(error, while: "view \"\(view)\" was written")
        }
    }

    private static func detail(of error: PostgresError) -> String? {
        let parts = [error.detail, error.sqlState.map { "SQLSTATE \($0)" }].compactMap(\.self)
        return parts.isEmpty ? nil : parts.joined(separator: "\n")
    }
}

/// Runs `body`, giving Postgres's errors the store's form.
@inline(__always)
func storing<Result>(
    _ action: @autoclosure () -> String,
    _ body: () throws(PostgresError) -> Result
) throws(StoreError) -> Result {
    do { return try body() } catch { throw StoreError(error, while: action()) }
}
