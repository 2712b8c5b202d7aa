import EventLog
import Foundation
import Logging
import PostgresClient
import PostgresSource
import Relational
import ViewMaintenance
import ViewStores

/// One configuration with the parts it names: the composition root's hands.
struct Installation {
    let configuration: Configuration
    let logger: Logger

    init(_ configuration: Configuration, logger: Logger = Installation.quietLogger) {
        self.configuration = configuration
        self.logger = logger
    }

    /// For commands that answer on standard output: what goes wrong is in their answer, once.
    static var quietLogger: Logger {
        var logger = Logger(label: "leftfold", factory: { StreamLogHandler.standardError(label: $0) })
        logger.logLevel = .critical
        return logger
    }

    var controlClient: ControlClient { ControlClient(socketPath: configuration.socketPath) }

    var postgres: PostgresSourceConfiguration {
        switch configuration.source {
        case .postgres(let postgres): postgres
        }
    }

    /// The views folder, or the statements of the views that run.
    func viewFolder(applied: Bool) -> ViewFolder {
        let appliedPath = configuration.stateDirectory + "/views"
        return ViewFolder(
            path: applied ? appliedPath : configuration.views,
            appliedPath: appliedPath,
            retention: configuration.retention,
            stores: configuration.stores
        )
    }

    var viewFolder: ViewFolder { viewFolder(applied: false) }

    // MARK: Log

    /// Whether a log that is not there is made.
    enum LogOpening {
        case existing
        case creating
    }

    /// Opens the log for this process alone.
    func openLog(_ opening: LogOpening) throws -> EventLog {
        if opening == .creating {
            try createFolder(configuration.data)
        } else {
            try requireLog()
        }
        var options = LogOptions()
        options.createIfMissing = opening == .creating
        options.bufferByteLimit = configuration.memory.logBufferByteMax
        return try EventLog.open(directory: configuration.logDirectory, options: options)
    }

    /// Whether something was ever followed here.
    var hasLog: Bool { FileManager.default.fileExists(atPath: configuration.logDirectory) }

    /// - Throws: `CommandFailure` when nothing was ever followed here.
    func requireLog() throws {
        guard !hasLog else { return }
        throw CommandFailure(
            .dataError,
            "there is no log in \(configuration.logDirectory)",
            hint: "fill it with: leftfold run"
        )
    }

    private func createFolder(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: path,
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        } catch {
            throw CommandFailure(
                .dataError,
                "the folder \(path) cannot be made",
                detail: error.localizedDescription,
                hint: "set 'data:' in leftfold.yaml to a folder you can write to"
            )
        }
    }

    /// The tables that views can read: of the log when it has them, else of the server.
    func relations() throws -> [RelationSchema] {
        if controlClient.isDaemonRunning {
            let relations = try controlClient.call("GET", "/schemas", as: [RelationSchema].self)
            if !relations.isEmpty { return relations }
        } else if FileManager.default.fileExists(atPath: configuration.logDirectory) {
            let log = try openLog(.existing)
            defer { try? log.close() }
            let relations = LogWriter(log).schemas
            if !relations.isEmpty { return relations }
        }
        return try relationsOnServer()
    }

    private func relationsOnServer() throws -> [RelationSchema] {
        let connection = try PostgresConnection(postgres.url)
        return try PostgresSource.readSchemas(connection, tables: postgres.tables.map(\.qualified))
    }

    // MARK: Views

    /// Views in the stores whose file is gone.
    func viewsWithoutFile() throws -> [String] {
        let names = Set(try viewFolder.compile(relations()).map(\.name))
        return Set(try viewsByStore().map(\.view)).subtracting(names).filter { PreviousView.original(of: $0) == nil }
            .sorted()
    }

    // MARK: At rest

    /// What `apply` and `rebuild` do when no daemon runs.
    enum Work: Sendable {
        case apply(ApplyRequest)
        case rebuild(RebuildRequest)
    }

    /// Does the work on the files, on a thread of its own, and shows how it gets on.
    func reconcileAtRest(_ work: Work) async throws -> ApplyReport {
        let (configuration, logger, folder, ledger) = (configuration, logger, viewFolder, rebuildLedger)
        let log = try openLog(.existing)
        defer { try? log.close() }
        let scratch = try openScratch(of: log)
        defer { removeScratch() }
        let board = StatusBoard()
        VerifiedLedger(configuration).follow(board, logger)
        let meter = ProgressPrinter { board.published.views.compactMap(\.progress).first }
        return try await meter.whileShowing {
            try await OwnThread.run("leftfold-fold") {
                let fold = try FoldAtRest(
                    log: log,
                    compiler: folder,
                    stores: try Self.openStores(configuration),
                    logger: logger,
                    board: board,
                    rebuilds: ledger,
                    state: scratch,
                    memory: configuration.memory,
                    workers: configuration.workers
                )
                switch work {
                case .apply(let request): return try fold.apply(request)
                case .rebuild(let request): return try fold.rebuild(request)
                }
            }
        }
    }
}
