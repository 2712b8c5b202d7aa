import CLibpq

/// What a read from a COPY gives.
public enum CopyRead {
    /// One message; its bytes are valid until the next call on the connection.
    case message(UnsafeRawBufferPointer)
    /// Nothing more has arrived.
    case wouldBlock
    /// The server ended the COPY without an error.
    case ended
}

/// How a wait for input ended.
public enum InputWait: Sendable {
    case input
    case woken
    case timedOut
}

extension PostgresConnection {
    /// Takes the next message of a COPY out of what was read in; never blocks.
    ///
    /// - Throws: the server's error that ended the COPY, or `connectionLost`.
    public func receive() throws(PostgresError) -> CopyRead {
        if let lent { PQfreemem(lent) }
        lent = nil
        let byteCount = PQgetCopyData(connection, &lent, 1)
        if byteCount > 0, let lent {
            return .message(UnsafeRawBufferPointer(start: lent, count: Int(byteCount)))
        }
        if byteCount == 0 { return .wouldBlock }
        if byteCount < -1 { throw .lost(connection) }
        _ = try finish()
        return .ended
    }

    /// Reads in what has arrived on the socket; never blocks.
    public func readInput() throws(PostgresError) {
        guard connection != nil, PQconsumeInput(connection) == 1 else { throw .lost(connection) }
    }

    /// Sleeps until something arrives, another thread wakes this one, or the time is over.
    public func waitForInput(_ timeout: Duration) -> InputWait {
        switch SocketWait.wait(PQsocket(connection), SocketWait.readable, until: .now + timeout, wakeSignal) {
        case .ready: .input
        case .woken: .woken
        case .timedOut: .timedOut
        }
    }

    /// Sends one message of a COPY BOTH.
    public func sendCopyMessage(_ bytes: UnsafeRawBufferPointer) throws(PostgresError) {
        guard connection != nil else { throw PostgresError(.connectionLost, "the connection is closed") }
        while true {
            let isQueued = PQputCopyData(
                connection,
                bytes.assumingMemoryBound(to: CChar.self).baseAddress,
                Int32(truncatingIfNeeded: bytes.count)
            )
            if isQueued < 0 { throw .lost(connection) }
            try flush()
            if isQueued == 1 { return }
        }
    }

    /// Ends this side of a COPY BOTH and takes what the server still sends, for at most `timeout`.
    public func endCopy(timeout: Duration) throws(PostgresError) {
        guard connection != nil, PQputCopyEnd(connection, nil) >= 0 else { throw .lost(connection) }
        let deadline = ContinuousClock.now + timeout
        while ContinuousClock.now < deadline {
            _ = PQflush(connection)
            switch try receive() {
            case .message: continue
            case .ended: return
            case .wouldBlock:
                _ = SocketWait.wait(PQsocket(connection), SocketWait.readable, until: deadline, nil)
                try readInput()
            }
        }
    }
}
