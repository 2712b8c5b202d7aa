import Logging
public import PostgresSource
import Relational
import ViewMaintenance

extension LogWriter: SourceOutput {}

/// The Postgres source as the daemon supervises it.
struct PostgresChangeSource: ChangeSource {
    private let source: PostgresSource
    private let configuration: PostgresSourceConfiguration

    init(
        _ configuration: PostgresSourceConfiguration,
        output: LogWriter,
        createsMissing: Bool,
        until: LSN?,
        bufferByteMax: Int,
        logger: Logger,
        report: @escaping @Sendable (String) -> Void
    ) throws {
        self.configuration = configuration
        source = try PostgresSource(
            configuration: SourceConfiguration(
                url: configuration.url,
                slot: configuration.slot,
                publication: configuration.publication,
                tables: configuration.tables.map(\.qualified),
                createMissing: createsMissing,
                untilLSN: until,
                bufferByteMax: bufferByteMax
            ),
            output: output,
            logger: logger,
            report: report
        )
    }

    func run() throws { try source.run() }

    func stop() { source.stop() }

    func wake() { source.wake() }

    func requestPosition() { source.requestPosition() }

    var bufferedBytes: Int64 { source.status.bufferedBytes }

    /// A buffer doubles when it is full.
    var bufferLimitBytes: Int64? { Int64(2 * source.configuration.bufferByteMax) }

    var status: Status.Source {
        let now = source.status
        var status = Status.Source(
            kind: "postgres",
            state: Self.name(now.state),
            slot: configuration.slot,
            publication: configuration.publication
        )
        status.confirmedFlushLsn = now.confirmed.description
        status.receivedLsn = now.received.description
        status.serverLsn = now.serverEnd.description
        status.lagBytes = now.lagBytes
        status.retainedWalBytes = now.retainedBytes
        status.progress = Self.progress(now.state)
        status.error = now.state == .streaming ? nil : now.lastError
        return status
    }

    private static func name(_ state: SourceStatus.State) -> String {
        switch state {
        case .connecting: "connecting"
        case .snapshotting: "snapshotting"
        case .streaming: "streaming"
        case .waiting: "waiting"
        case .stopped: "stopped"
        case .failed: "error"
        }
    }

    private static func progress(_ state: SourceStatus.State) -> String? {
        switch state {
        case .waiting(let reason): return reason
        case .snapshotting(let snapshot):
            var text = "reading \(snapshot.table), table \(snapshot.tablesDone + 1) of \(snapshot.tableCount): "
            text += "\(snapshot.rows) rows, \(Int(snapshot.rowsPerSecond)) rows/s"
            if let estimate = snapshot.estimatedRows, estimate > snapshot.rows, snapshot.rowsPerSecond > 0 {
                text += ", about \(Int(Double(estimate - snapshot.rows) / snapshot.rowsPerSecond) + 1) s left"
            }
            return text
        case .connecting, .streaming, .stopped, .failed: return nil
        }
    }
}

extension TableName {
    /// The name as every module of ours has it.
    var qualified: QualifiedName { QualifiedName(schema: schema, name: name) }
}
