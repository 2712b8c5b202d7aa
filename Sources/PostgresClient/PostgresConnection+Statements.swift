import CLibpq

extension PostgresConnection {
    /// Runs exactly one statement; text that holds several is the server's syntax error.
    @discardableResult
    public func statement(_ sql: String) throws(PostgresError) -> PostgresResult {
        guard isOpen else { throw PostgresError(.connectionLost, "the connection is closed") }
        guard PQsendQueryParams(connection, sql, 0, nil, nil, nil, nil, 0) == 1 else { throw .lost(connection) }
        try flush()
        return try finish()
    }

    /// Prepares one statement under a name, for the life of the connection. Its parameters' types stand in its text, as casts.
    public func prepare(_ name: String, _ sql: String) throws(PostgresError) {
        guard isOpen else { throw PostgresError(.connectionLost, "the connection is closed") }
        guard PQsendPrepare(connection, name, sql, 0, nil) == 1 else { throw .lost(connection) }
        try flush()
        _ = try finish()
    }

    /// Runs a prepared statement; every parameter is in its type's binary form.
    @discardableResult
    public func execute(
        prepared name: String,
        _ parameters: [UnsafeRawBufferPointer]
    ) throws(PostgresError) -> PostgresResult {
        guard isOpen else { throw PostgresError(.connectionLost, "the connection is closed") }
        let values = parameters.map { $0.assumingMemoryBound(to: CChar.self).baseAddress }
        let lengths = parameters.map { Int32(truncatingIfNeeded: $0.count) }
        let formats = [Int32](repeating: 1, count: parameters.count)
        let count = Int32(truncatingIfNeeded: parameters.count)
        guard PQsendQueryPrepared(connection, name, count, values, lengths, formats, 0) == 1 else {
            throw .lost(connection)
        }
        try flush()
        return try finish()
    }

    /// Runs a `COPY … FROM STDIN` up to where the rows go; they follow by `sendCopyMessage` in pieces of any size, then `endCopyIn`.
    public func beginCopyIn(_ sql: String) throws(PostgresError) {
        try send(sql, [])
        try beginCopy(PGRES_COPY_IN)
    }

    /// Ends the rows of a COPY and returns how many the server took.
    ///
    /// - Throws: the server's error for any of the rows; then it took none.
    public func endCopyIn() throws(PostgresError) -> Int {
        while true {
            let isQueued = PQputCopyEnd(connection, nil)
            if isQueued < 0 { throw .lost(connection) }
            try flush()
            if isQueued == 1 { break }
        }
        return try finish().affectedRowCount
    }
}

extension PostgresResult {
    /// The rows that a command inserted, updated, deleted, copied or returned.
    public var affectedRowCount: Int { commandTag.split(separator: " ").last.flatMap { Int($0) } ?? 0 }
}
