import CLibpq

/// One connection to a Postgres server, through libpq. Owned by one thread at a time.
///
/// Every session has the same settings where they change what values look like; see `ConnectionOptions`. Without a host
/// in the URL libpq takes the unix socket. Waits end early when the options' `WakeSignal` is stopped.
public final class PostgresConnection {
    // Unsafe: libpq's own object; nil once closed.
    var connection: OpaquePointer?
    let wakeSignal: WakeSignal?
    /// The last message that `receive` handed out, freed at the next call.
    var lent: UnsafeMutablePointer<CChar>?

    /// `server_version_num`, for example 150018.
    public private(set) var serverVersion: Int
    /// The process that serves this connection.
    public private(set) var backendProcessID: Int32
    /// The database this connection is in.
    public let database: String
    /// The user it is connected as.
    public let user: String
    /// Whether it runs over a unix socket.
    public let isUnixSocket: Bool

    /// Opens a connection to a URL (`postgresql://…`), a `keyword=value` string or a database name.
    ///
    /// - Throws: `cannotConnect`, `authentication`, `missingDatabase`, `timeout`, `interrupted`, ….
    public init(_ url: String, options: ConnectionOptions = ConnectionOptions()) throws(PostgresError) {
        let string = try ConnectionString(parsing: url)
        wakeSignal = options.wakeSignal
        let opened = try Self.open(
            string.parameters(options),
            timeout: string.connectTimeout(options),
            wakeSignal: options.wakeSignal
        )
        connection = opened
        serverVersion = Int(PQserverVersion(opened))
        backendProcessID = PQbackendPID(opened)
        database = PQdb(opened).map { String(cString: $0) } ?? ""
        user = PQuser(opened).map { String(cString: $0) } ?? ""
        isUnixSocket = PQhost(opened).map { $0.pointee == 0x2F || $0.pointee == 0x40 } ?? false
    }

    deinit { close() }

    /// Closes the connection. Calling it again does nothing; every other call then throws `connectionLost`.
    public func close() {
        if let lent { PQfreemem(lent) }
        lent = nil
        if let connection { PQfinish(connection) }
        connection = nil
    }

    /// Whether the connection is open as far as this side knows.
    public var isOpen: Bool { connection != nil && PQstatus(connection) == CONNECTION_OK }

    /// A handle that cancels the running query from another thread.
    public func makeCanceller() -> PostgresCanceller? { PQgetCancel(connection).map { PostgresCanceller($0) } }

    private static func open(
        _ parameters: [(String, String)],
        timeout: Duration,
        wakeSignal: WakeSignal?
    ) throws(PostgresError) -> OpaquePointer {
        let keywords = CStrings(parameters.map(\.0) + [nil])
        let values = CStrings(parameters.map(\.1) + [nil])
        let connection = keywords.with { keywords in
            values.with { values in PQconnectStartParams(keywords, values, 0) }
        }
        guard let connection else { throw PostgresError(.other, "out of memory") }
        do {
            try finishOpening(connection, deadline: .now + timeout, wakeSignal: wakeSignal)
        } catch {
            PQfinish(connection)
            throw error
        }
        return connection
    }

    private static func finishOpening(
        _ connection: OpaquePointer,
        deadline: ContinuousClock.Instant,
        wakeSignal: WakeSignal?
    ) throws(PostgresError) {
        // libpq prints notices to standard error unless told otherwise.
        PQsetNoticeReceiver(connection, { _, _ in }, nil)
        // The SQLSTATE of a refusal is only in the verbose message.
        PQsetErrorVerbosity(connection, PQERRORS_VERBOSE)
        var state = PGRES_POLLING_WRITING
        if PQstatus(connection) == CONNECTION_BAD { throw .cannotConnect(connection) }
        while state != PGRES_POLLING_OK {
            let events = state == PGRES_POLLING_READING ? SocketWait.readable : SocketWait.writable
            let outcome = SocketWait.wait(PQsocket(connection), events, until: deadline, wakeSignal)
            if wakeSignal?.isStopped == true { throw PostgresError(.interrupted, "stopped while connecting") }
            if outcome == .timedOut {
                throw PostgresError(
                    .timeout,
                    "the server did not answer in time",
                    hint: "check host and port, or raise connect_timeout in the URL"
                )
            }
            if outcome == .woken { continue }
            state = PQconnectPoll(connection)
            if state == PGRES_POLLING_FAILED { throw .cannotConnect(connection) }
        }
        PQsetErrorVerbosity(connection, PQERRORS_DEFAULT)
        PQsetnonblocking(connection, 1)
    }
}
