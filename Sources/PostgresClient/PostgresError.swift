/// What a Postgres server, or the way to it, refused.
///
/// No field ever holds a password.
public struct PostgresError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of failure, from the SQLSTATE where the server gave one.
    public enum Code: String, Sendable {
        /// Nothing answers, or the connection URL cannot be read.
        case cannotConnect
        /// The server is there and starts, stops or recovers.
        case serverNotReady
        case authentication
        case missingDatabase
        case insufficientPrivilege
        case undefinedObject
        case duplicateObject
        /// A slot that another process reads.
        case objectInUse
        /// A setting or state forbids it: `wal_level`, an invalidated slot.
        case wrongState
        /// No free connection, slot or walsender.
        case limitReached
        /// The connection was open and is not any more.
        case connectionLost
        /// Another thread asked for the end while this one waited.
        case interrupted
        case cancelled
        case timeout
        /// An answer that libpq or this client did not expect.
        case unexpectedAnswer
        case other
    }

    /// The kind of failure.
    public var code: Code
    /// One sentence, lowercase, without a period.
    public var message: String
    /// What the server added.
    public var detail: String?
    /// The next command to run.
    public var hint: String?
    /// The five characters of the server's error code.
    public var sqlState: String?

    /// Makes an error.
    public init(_ code: Code, _ message: String, detail: String? = nil, hint: String? = nil, sqlState: String? = nil) {
        self.code = code
        self.message = message
        self.detail = detail
        self.hint = hint
        self.sqlState = sqlState
    }

    /// Message, detail and hint as a person reads them.
    public var description: String {
        var text = message
        if let sqlState { text += " (SQLSTATE \(sqlState))" }
        if let detail { text += "\n\(detail)" }
        if let hint { text += "\nhint: \(hint)" }
        return text
    }

    /// Whether trying the same again later can help without anybody changing anything.
    public var isTransient: Bool {
        switch code {
        case .cannotConnect, .serverNotReady, .objectInUse, .limitReached, .connectionLost, .timeout: true
        case .authentication, .missingDatabase, .insufficientPrivilege, .undefinedObject, .duplicateObject, .wrongState,
            .interrupted, .cancelled, .unexpectedAnswer, .other:
            false
        }
    }
}
