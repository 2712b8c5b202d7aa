import PostgresClient
import Relational

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// One stretch of streaming over one connection, on the source's thread.
///
/// 1. Starts at the log's durable position: always the end of a transaction.
/// 2. Takes messages as they come; a commit goes to the log whole, or in parts when it is large.
/// 3. Between messages: confirms what became durable, logs idle progress as a position, answers the server.
/// 4. Waits in the gear that fits (`Gear`).
final class StreamSession {
    /// How a stretch ended without an error.
    enum End {
        case stopped
        case reachedLimit
    }

    private static let feedbackPause = Duration.milliseconds(100)
    private static let positionPause = Duration.seconds(1)

    private let connection: PostgresConnection
    private let output: any SourceOutput
    private let control: SourceControl
    private let status: StatusBoard
    private let relations: RelationTable
    private let feedback: FeedbackKeeper
    private let limit: LSN?
    /// A transaction of more bytes goes ahead in parts.
    private let partByteCount: Int
    private let probe: () -> Void
    private var decoder: ChangeDecoder
    private var gear: Gear
    private var open: OpenTransaction?
    /// The end of the newest commit or position given to the log.
    private var appended: LSN
    /// All published before this was sent, as last heard outside of a transaction.
    private var keepaliveEnd: LSN
    private var received: LSN
    private var wantsReply = false
    private var awaitsPosition = false
    private var lastPosition = ContinuousClock.now - StreamSession.positionPause
    private var lastProbe = ContinuousClock.now

    private struct OpenTransaction {
        var begin: BeginMessage
        var group: Int64?
    }

    init(
        _ connection: PostgresConnection,
        output: any SourceOutput,
        relations: RelationTable,
        control: SourceControl,
        status: StatusBoard,
        walSenderTimeout: Duration?,
        limit: LSN?,
        partByteCount: Int,
        probe: @escaping () -> Void
    ) throws(PostgresError) {
        self.connection = connection
        self.output = output
        self.control = control
        self.status = status
        self.relations = relations
        self.limit = limit
        self.partByteCount = partByteCount
        self.probe = probe
        feedback = try FeedbackKeeper(connection, output: output, status: status, timeout: walSenderTimeout)
        decoder = ChangeDecoder(relations)
        gear = Gear()
        appended = output.durablePosition.lsn
        keepaliveEnd = appended
        received = appended
    }

    /// Streams until `stop`, the limit, or an error.
    func run(slot: String, publication: String) throws -> End {
        try connection.startReplication(
            slot: slot,
            from: appended.description,
            protocolVersion: 1,
            publications: [publication]
        )
        feedback.start()
        defer { feedback.stop() }
        status.update { $0.state = .streaming }
        // The answer says how far the server is, so that a quiet database is known to be caught up.
        try feedback.send(requestsReply: true)
        var waitStart = ContinuousClock.now
        while true {
            let (messageCount, byteCount) = try drain()
            let now = ContinuousClock.now
            if try tend(now) { return try finish(.reachedLimit) }
            if control.isStopped { return try finish(.stopped) }
            switch gear.next(messageCount: messageCount, byteCount: byteCount, elapsed: waitStart.duration(to: now)) {
            case .none: break
            case .nap(let microseconds): usleep(microseconds)
            case .block: _ = connection.waitForInput(pause(now))
            }
            waitStart = now
            try connection.readInput()
        }
    }

    // MARK: Messages

    private func drain() throws -> (messageCount: Int, byteCount: Int) {
        var (messageCount, byteCount) = (0, 0)
        while !isAtLimit {
            switch try connection.receive() {
            case .message(let bytes):
                try take(bytes)
                messageCount += 1
                byteCount += bytes.count
                // A long burst must not keep the server waiting for news.
                if messageCount & 0xFFF == 0, try tend(.now) { return (messageCount, byteCount) }
            case .wouldBlock: return (messageCount, byteCount)
            case .ended: throw PostgresError(.connectionLost, "the server ended the stream")
            }
        }
        return (messageCount, byteCount)
    }

    private func take(_ bytes: UnsafeRawBufferPointer) throws {
        do {
            switch try ReplicationMessage(bytes) {
            case .data(let data):
                received = max(received, data.walStart)
                try take(OutputMessage(data.payload), at: data.walStart)
            case .keepalive(let keepalive):
                received = max(received, keepalive.walEnd)
                if open == nil { keepaliveEnd = max(keepaliveEnd, keepalive.walEnd) }
                if keepalive.isReplyRequested { wantsReply = true }
            }
        } catch let error as WireError {
            throw SourceError.malformed(error, after: received)
        }
    }

    private func take(_ message: OutputMessage, at lsn: LSN) throws {
        switch message {
        case .insert(let insert): try inTransaction { try decoder.append(insert, at: lsn) }
        case .update(let update): try inTransaction { try decoder.append(update, at: lsn) }
        case .delete(let delete): try inTransaction { try decoder.append(delete, at: lsn) }
        case .truncate(let truncate): try inTransaction { try decoder.append(truncate, at: lsn) }
        case .begin(let begin):
            guard open == nil else { throw Self.outOfOrder("a transaction begins inside another") }
            open = OpenTransaction(begin: begin)
        case .commit(let commit): try take(commit)
        case .relation(let relation):
            // Reads the catalog over another connection.
            try feedback.lend { try relations.take(relation, at: open?.begin.commitLSN ?? lsn) }
        case .type, .origin, .message: break
        }
    }

    private func inTransaction(_ append: () throws -> Void) throws {
        guard open != nil else { throw Self.outOfOrder("a change comes outside of a transaction") }
        try append()
        if decoder.slab.count >= partByteCount { try appendPart() }
    }

    private func appendPart() throws {
        guard var transaction = open else { return }
        let group = try transaction.group ?? output.makeGroup()
        transaction.group = group
        open = transaction
        try feedback.lend {
            try output.appendPart(
                group: group,
                xid: transaction.begin.xid,
                records: decoder.slab,
                recordCount: decoder.recordCount
            )
        }
        decoder.removeAll(keeping: 2 * partByteCount)
    }

    private func take(_ commit: CommitMessage) throws {
        guard let transaction = open, transaction.begin.commitLSN == commit.commitLSN else {
            throw Self.outOfOrder("a commit comes without its transaction")
        }
        if decoder.recordCount > 0 || transaction.group != nil {
            let header = TransactionHeader(
                xid: transaction.begin.xid,
                commitEnd: SourcePosition(timeline: relations.timeline, lsn: commit.endLSN),
                commitTime: commit.commitTime
            )
            // Not confirmed here: only `durablePosition` moves the slot, after the log's fsync.
            try feedback.lend {
                try output.appendCommit(
                    header,
                    group: transaction.group,
                    records: decoder.slab,
                    recordCount: decoder.recordCount
                )
            }
            decoder.removeAll(keeping: 2 * partByteCount)
            appended = max(appended, commit.endLSN)
        }
        open = nil
        received = max(received, commit.endLSN)
        keepaliveEnd = max(keepaliveEnd, commit.endLSN)
    }

    private static func outOfOrder(_ what: String) -> SourceError {
        SourceError(.protocolViolation, what, hint: "check that nothing between here and the server changes the stream")
    }

    // MARK: Between messages

    private var isAtLimit: Bool {
        guard let limit else { return false }
        if let open { return open.begin.commitLSN >= limit && open.group == nil && decoder.recordCount == 0 }
        return keepaliveEnd >= limit
    }

    /// Does what is due; true when the limit is reached.
    private func tend(_ now: ContinuousClock.Instant) throws -> Bool {
        let durable = output.durablePosition.lsn
        if control.takePositionRequest() {
            awaitsPosition = true
            try feedback.send(requestsReply: true)
        }
        if wantsReply || feedback.isDue(now)
            || durable > feedback.confirmed && now - feedback.lastSent >= Self.feedbackPause
        {
            wantsReply = false
            try feedback.send(requestsReply: limit != nil)
        }
        try logIdleProgress(durable, now)
        if now - lastProbe >= .seconds(5) {
            lastProbe = now
            feedback.lend(probe)
        }
        status.update {
            $0.received = received
            $0.serverEnd = max($0.serverEnd, received)
            $0.bufferedBytes = Int64(decoder.slab.capacity)
        }
        return isAtLimit
    }

    private func logIdleProgress(_ durable: LSN, _ now: ContinuousClock.Instant) throws {
        let target = ackable(
            durable: durable,
            inFlight: open != nil || appended > durable,
            keepaliveEnd: keepaliveEnd
        )
        guard target > appended, awaitsPosition || now - lastPosition >= Self.positionPause else { return }
        try appendPosition(target)
        awaitsPosition = false
        lastPosition = now
    }

    private func appendPosition(_ lsn: LSN) throws {
        try feedback.lend {
            try output.appendPosition(SourcePosition(timeline: relations.timeline, lsn: lsn))
        }
        appended = lsn
    }

    /// How long the thread may sleep without missing anything that is due.
    private func pause(_ now: ContinuousClock.Instant) -> Duration {
        var due = min(feedback.deadline, lastProbe + .seconds(5))
        if output.durablePosition.lsn > feedback.confirmed { due = min(due, feedback.lastSent + Self.feedbackPause) }
        if open == nil, keepaliveEnd > appended { due = min(due, lastPosition + Self.positionPause) }
        if limit != nil { due = min(due, now + .milliseconds(200)) }
        return max(.zero, now.duration(to: due))
    }

    // MARK: End

    private func finish(_ end: End) throws -> End {
        // The start of a commit that is not wanted is a boundary too: all before it is here.
        let boundary = open.map { $0.group == nil ? $0.begin.commitLSN : .zero } ?? keepaliveEnd
        if case .reachedLimit = end, boundary > appended { try appendPosition(boundary) }
        try feedback.lend { try output.waitUntilDurable() }
        try feedback.send(requestsReply: false)
        // The server takes the status before it sees the end; a server that does not answer changes nothing here.
        try? connection.endCopy(timeout: .seconds(2))
        status.update { $0.state = .stopped }
        return end
    }
}
