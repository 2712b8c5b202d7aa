import CLibpq

extension PostgresConnection {
    /// Runs SQL and returns the rows of the last statement, as text. Without parameters it may be several statements.
    ///
    /// A replication connection takes no parameters (the walsender knows the simple protocol only).
    /// - Throws: the first statement's error that fails; `interrupted` leaves the connection unusable.
    @discardableResult
    public func query(_ sql: String, _ parameters: [String?] = []) throws(PostgresError) -> PostgresResult {
        try send(sql, parameters)
        return try finish()
    }

    /// The first cell of the first row.
    public func value(_ sql: String, _ parameters: [String?] = []) throws(PostgresError) -> String? {
        try query(sql, parameters)[0, 0]
    }

    /// Runs a COPY … TO STDOUT and hands each row's bytes (its newline included) to `body`; they are valid during the call.
    ///
    /// An error of `body` cancels the COPY and is thrown; the connection stays usable.
    public func copyOut(_ sql: String, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        try send(sql, [])
        try beginCopy(PGRES_COPY_OUT)
        do {
            while true {
                switch try receive() {
                case .message(let bytes): try body(bytes)
                case .wouldBlock:
                    try waitForAnswer()
                case .ended: return
                }
            }
        } catch {
            abandonCopy(after: error)
            throw error
        }
    }

    /// Sends a query without waiting for its answer.
    func send(_ sql: String, _ parameters: [String?]) throws(PostgresError) {
        guard isOpen else { throw PostgresError(.connectionLost, "the connection is closed") }
        let isSent: Bool
        if parameters.isEmpty {
            isSent = PQsendQuery(connection, sql) == 1
        } else {
            let values = CStrings(parameters)
            let count = Int32(truncatingIfNeeded: parameters.count)
            isSent = values.with { PQsendQueryParams(connection, sql, count, nil, $0, nil, nil, 0) == 1 }
        }
        guard isSent else { throw .lost(connection) }
        try flush()
    }

    /// Collects all answers of what was sent.
    func finish() throws(PostgresError) -> PostgresResult {
        var last: PostgresResult?
        var failure: PostgresError?
        while let result = try nextResult() {
            switch PQresultStatus(result) {
            case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: last = PostgresResult(result)
            case PGRES_COPY_OUT, PGRES_COPY_IN, PGRES_COPY_BOTH:
                PQclear(result)
                close()
                throw PostgresError(.unexpectedAnswer, "a query answered with COPY")
            default:
                if failure == nil { failure = .of(result: result) }
                PQclear(result)
                if PQstatus(connection) != CONNECTION_OK { break }
            }
        }
        if let failure { throw failure }
        guard let last else { throw .lost(connection) }
        return last
    }

    /// Waits for the next result; nil after the last.
    func nextResult() throws(PostgresError) -> OpaquePointer? {
        while PQisBusy(connection) != 0 { try waitForAnswer() }
        return PQgetResult(connection)
    }

    /// Expects the server to switch to COPY.
    func beginCopy(_ status: ExecStatusType) throws(PostgresError) {
        guard let result = try nextResult() else { throw .lost(connection) }
        let actual = PQresultStatus(result)
        if actual == status {
            PQclear(result)
            return
        }
        let isError = actual == PGRES_FATAL_ERROR || actual == PGRES_BAD_RESPONSE || actual == PGRES_NONFATAL_ERROR
        let error: PostgresError =
            isError ? .of(result: result) : PostgresError(.unexpectedAnswer, "the command did not answer with COPY")
        PQclear(result)
        while let rest = try nextResult() { PQclear(rest) }
        throw error
    }

    /// Sends everything that libpq holds back.
    func flush() throws(PostgresError) {
        while true {
            let state = PQflush(connection)
            if state == 0 { return }
            if state < 0 { throw .lost(connection) }
            let wanted = SocketWait.readable | SocketWait.writable
            _ = SocketWait.wait(PQsocket(connection), wanted, until: nil, wakeSignal)
            try checkStop()
            // The server may be blocked until we read.
            guard PQconsumeInput(connection) == 1 else { throw .lost(connection) }
        }
    }

    /// Waits until the server has sent something, and reads it in; without an answer it returns at the deadline.
    func waitForAnswer(until deadline: ContinuousClock.Instant? = nil) throws(PostgresError) {
        _ = SocketWait.wait(PQsocket(connection), SocketWait.readable, until: deadline, wakeSignal)
        try checkStop()
        guard PQconsumeInput(connection) == 1 else { throw .lost(connection) }
    }

    private func checkStop() throws(PostgresError) {
        if wakeSignal?.isStopped == true { throw PostgresError(.interrupted, "stopped while waiting for the server") }
    }

    private func abandonCopy(after error: any Error) {
        guard isOpen, (error as? PostgresError)?.code != .interrupted else { return close() }
        makeCanceller()?.cancel()
        do {
            while true {
                switch try receive() {
                case .message: continue
                case .wouldBlock: try waitForAnswer()
                case .ended: return
                }
            }
        } catch {
            // The server's answer to the cancel ends the COPY; anything worse shows at the next call.
        }
    }
}
