public import Logging
public import PostgresClient
import Relational

/// Follows a Postgres database into a log: one first snapshot, then every published commit, in commit order, each once.
///
/// What is confirmed to the slot is durable in the output, always. A lost connection is taken up again by itself, with growing
/// pauses; `run` throws only when going on would lose changes or needs a decision (`SourceError`), when the first connection is
/// refused for a reason that does not pass, or when the output fails.
// @unchecked Sendable: `output` is used by the thread in `run` alone, except for its thread-safe position; the rest is Sendable.
public final class PostgresSource: @unchecked Sendable {
    /// What it follows.
    public let configuration: SourceConfiguration
    let output: any SourceOutput
    let logger: Logger
    let report: @Sendable (String) -> Void
    let control: SourceControl
    let board = StatusBoard()

    /// Makes a source that is not connected yet. `report` gets every statement that changes something on the server.
    public init(
        configuration: SourceConfiguration,
        output: any SourceOutput,
        logger: Logger,
        report: @escaping @Sendable (String) -> Void = { _ in }
    ) throws(PostgresError) {
        self.configuration = configuration
        self.output = output
        self.logger = logger
        self.report = report
        control = try SourceControl()
    }

    /// How it stands. Safe from any thread.
    public var status: SourceStatus { board.current }

    /// Ends `run` soon, after what was received is durable and confirmed. Safe from any thread.
    public func stop() { control.signal.stop() }

    /// Wakes the source's thread: something became durable and can be confirmed. Safe from any thread.
    public func wake() { control.signal.wake() }

    /// Asks the server how far it is; the answer arrives in the output as a position, at once. Safe from any thread.
    public func requestPosition() { control.requestPosition() }

    /// Follows the database until `stop` or the configured limit, on the calling thread.
    public func run() throws {
        var backoff = Backoff()
        var random = SystemRandomNumberGenerator()
        var hasConnected = false
        while !control.isStopped {
            do {
                try follow { hasConnected = true }
                break
            } catch let error as PostgresError {
                if error.code == .interrupted || control.isStopped { break }
                // Before the first contact ever, what looks passing is more likely a wrong URL: say so and end.
                let mayRetry = error.isTransient && (hasConnected || output.durablePosition != .none)
                guard mayRetry || hasConnected && Self.mayPass(error) else { throw fail(error) }
                if board.current.state == .streaming { backoff.reset() }
                let pause = backoff.pause(using: &random)
                wait(pause, because: error)
            } catch {
                throw fail(error)
            }
        }
        board.update { $0.state = .stopped }
    }

    /// Checks the server and makes what is missing on it, without reading anything: the publication. The slot is made together
    /// with the first snapshot, because it holds the server's write-ahead log from then on.
    public func prepare() throws {
        let connection = try connect()
        defer { connection.close() }
        try Preparation(configuration, connection, report: report).run(mayCreate: configuration.createMissing)
    }

    /// Whether a refusal may be over later, once the server was reachable: somebody may be changing passwords or rights.
    private static func mayPass(_ error: PostgresError) -> Bool {
        switch error.code {
        case .authentication, .missingDatabase, .insufficientPrivilege, .cancelled: true
        default: false
        }
    }

    private func fail(_ error: any Error) -> any Error {
        board.update {
            $0.state = .failed
            $0.lastError = "\(error)"
        }
        return error
    }

    private func wait(_ pause: Duration, because error: PostgresError) {
        logger.warning("the source is waiting", metadata: ["reason": "\(error)", "pause": "\(pause)"])
        board.update {
            $0.state = .waiting(error.message)
            $0.lastError = error.description
        }
        let end = ContinuousClock.now + pause
        while !control.isStopped, ContinuousClock.now < end {
            control.signal.wait(ContinuousClock.now.duration(to: end))
        }
    }

    // MARK: Connections

    /// An ordinary connection that `stop` interrupts. Types print with their schema, whatever the role's search path.
    func connect() throws(PostgresError) -> PostgresConnection {
        var options = ConnectionOptions()
        options.wakeSignal = control.signal
        options.settings["search_path"] = "pg_catalog"
        return try PostgresConnection(configuration.url, options: options)
    }

    private func connectForReplication(as role: String) throws(PostgresError) -> PostgresConnection {
        var options = ConnectionOptions.replication(wakeSignal: control.signal)
        options.settings["search_path"] = "pg_catalog"
        do {
            return try PostgresConnection(configuration.url, options: options)
        } catch {
            var error = error
            if error.code == .insufficientPrivilege {
                error.detail = "the source connects as role \(role)"
                error.hint = "ALTER ROLE \(SQLText.identifier(role)) REPLICATION; (as a superuser)"
            }
            throw error
        }
    }

    // MARK: One connection

    /// Connects, decides where to begin, and streams.
    private func follow(_ connected: () -> Void) throws {
        board.update { $0.state = .connecting }
        let catalog = try connect()
        defer { catalog.close() }
        let replication = try connectForReplication(as: catalog.user)
        defer { replication.close() }
        connected()
        guard let identity = try begin(catalog, replication) else { return }
        try stream(identity, catalog, replication)
    }

    /// Gets to where streaming can start; nil when stopped before.
    private func begin(_ catalog: PostgresConnection, _ replication: PostgresConnection) throws -> SystemIdentity? {
        while !control.isStopped {
            let identity = try replication.identifySystem()
            guard let serverEnd = LSN(parsing: identity.walFlushLSN) else {
                throw PostgresError(.unexpectedAnswer, "IDENTIFY_SYSTEM gave no LSN")
            }
            let decision = try StartDecision(
                StartDecision.Situation(
                    slotName: configuration.slot,
                    database: catalog.database,
                    durable: output.durablePosition,
                    hasSchemas: !output.schemas.isEmpty,
                    slot: SlotState.read(configuration.slot, catalog),
                    timeline: identity.timeline,
                    serverEnd: serverEnd
                )
            )
            try output.follow(systemIdentifier: identity.systemIdentifier, timeline: identity.timeline)
            switch decision {
            case .stream:
                try checkTables(catalog)
                return identity
            case .wait(let processID):
                let reason = "slot \(configuration.slot) is active for pid \(processID)"
                throw PostgresError(.objectInUse, reason, hint: "stop the other leftfold, or choose another slot name")
            case .snapshotAgain:
                report("-- the first snapshot was cut short; it begins again with a new slot")
                logger.notice("the first snapshot was cut short and begins again")
                try runReported(
                    "SELECT pg_catalog.pg_drop_replication_slot(\(SQLText.literal(configuration.slot)))",
                    catalog
                )
            case .snapshot:
                try snapshot(identity, serverEnd, catalog, replication)
            }
        }
        return nil
    }

    private func snapshot(
        _ identity: SystemIdentity,
        _ serverEnd: LSN,
        _ catalog: PostgresConnection,
        _ replication: PostgresConnection
    ) throws {
        guard configuration.createMissing else {
            throw SourceError(
                .creationRefused,
                "slot \(configuration.slot) does not exist and nothing may be made on the server",
                hint: "leftfold run, without --no-create"
            )
        }
        let preparation = Preparation(configuration, catalog, report: report)
        try preparation.run(mayCreate: true)
        let snapshot = InitialSnapshot(
            output: output,
            status: board,
            timeline: identity.timeline,
            connect: { () throws(PostgresError) in try self.connect() },
            readTables: { try Preparation(self.configuration, $0, report: self.report).snapshotTables() },
            report: report,
            chunkByteCount: configuration.bufferByteMax / 4
        )
        try snapshot.run(slot: configuration.slot, replication, startingAt: serverEnd)
    }

    /// A table that was configured after the first snapshot has no rows in the log: say so instead of serving half of it.
    private func checkTables(_ catalog: PostgresConnection) throws {
        let known = Set(output.schemas.map(\.relation))
        let ids = try CatalogReader(connection: catalog).ids(of: configuration.tables)
        for (name, id) in zip(configuration.tables, ids) {
            guard let id, !known.contains(id.rawValue) else { continue }
            throw SourceError(
                .tableNotInLog,
                "table \(name) was not part of the first snapshot",
                hint: "take it out of leftfold.yaml, or begin anew: leftfold destroy --delete-data && leftfold run"
            )
        }
    }

    private func runReported(_ sql: String, _ connection: PostgresConnection) throws(PostgresError) {
        report(sql + ";")
        try connection.query(sql)
    }

    private func stream(
        _ identity: SystemIdentity,
        _ catalog: PostgresConnection,
        _ replication: PostgresConnection
    ) throws {
        let timeout = try replication.value("SHOW wal_sender_timeout").flatMap(Self.duration(ofSetting:))
        let side = SideConnection(catalog) { () throws(PostgresError) in try self.connect() }
        let followed = configuration.tables.isEmpty ? nil : Set(configuration.tables)
        let relations = RelationTable(output: output, followed: followed, timeline: identity.timeline) { id in
            try side.retrying { connection throws(PostgresError) in
                try CatalogReader(connection: connection).relations([id]).first
            }
        }
        let session = try StreamSession(
            replication,
            output: output,
            relations: relations,
            control: control,
            status: board,
            walSenderTimeout: timeout,
            limit: configuration.untilLSN,
            partByteCount: configuration.bufferByteMax,
            probe: { self.probe(side) }
        )
        logger.info("streaming", metadata: ["from": "\(output.durablePosition)", "slot": "\(configuration.slot)"])
        switch try session.run(slot: configuration.slot, publication: configuration.publication) {
        case .stopped, .reachedLimit: return
        }
    }

    /// Looks how far the server is; trouble shows elsewhere.
    private func probe(_ side: SideConnection) {
        let slot = configuration.slot
        let found = try? side.retrying { connection throws(PostgresError) in
            (try SlotState.read(slot, connection), try ServerPosition.read(connection))
        }
        guard let (state, position) = found else { return }
        board.update {
            $0.retainedBytes = state?.retainedBytes
            $0.serverEnd = max($0.serverEnd, position)
        }
    }

    /// A time as SHOW prints it; nil for 0, which means none.
    static func duration(ofSetting text: String) -> Duration? {
        let digits = text.prefix { $0.isNumber }
        guard let count = Int64(digits), count > 0 else { return nil }
        switch text.dropFirst(digits.count) {
        case "ms", "": return .milliseconds(count)
        case "s": return .seconds(count)
        case "min": return .seconds(60 * count)
        case "h": return .seconds(3600 * count)
        case "d": return .seconds(86400 * count)
        default: return .seconds(60)
        }
    }
}
