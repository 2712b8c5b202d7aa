import EventLog
import Foundation
import LeftfoldHTTP
import Logging
import Relational
import ServiceLifecycle
import UnixSignals
import ViewMaintenance

/// A daemon from its configuration to its end: the composition of log, source, fold, stores and control socket.
struct DaemonRun {
    var installation: Installation
    var limit: RunLimit?
    var createsMissing: Bool
    var appliesViews: Bool
    /// Whether SIGTERM and SIGINT end it; off where the process is somebody else's.
    var handlesSignals = true
    /// Whether it compacts the log; one with a limit never does.
    var compacts = true
    /// How the fold bears with stores that fail or are slow.
    var storeLimits = StoreLimits()
    /// What it may take of memory; nil for what is configured.
    var memory: MemoryBudget?
    /// Whether it compares views with the source in the background, as configured; one with a limit never does.
    var verifies = true
    /// Gets every statement that changes something on the server.
    var report: @Sendable (String) -> Void = { _ in }

    /// Runs until a signal, a failure, or the end of a service in `beside` or of the limit.
    func run(beside companions: [any Service] = []) async throws {
        try await run { _ in companions }
    }

    /// The same, with companions that use the daemon's control surface.
    func run(_ companions: (Daemon) -> [any Service]) async throws {
        let log = try installation.openLog(.creating)
        defer { try? log.close() }
        let source = try installation.makeSource(
            LogWriter(log),
            createsMissing: createsMissing,
            until: limit?.lsn,
            report: report
        )
        let (configuration, logger) = (installation.configuration, installation.logger)
        var parts = Daemon.Parts(
            log: log,
            source: source,
            compiler: installation.viewFolder,
            stores: Installation.storeOpenings(configuration, memory ?? configuration.memory),
            logger: logger,
            version: Leftfold.version,
            appliesFolder: appliesViews,
            limit: limit?.foldLimit ?? .none
        )
        parts.storeLimits = storeLimits
        parts.memory = memory ?? configuration.memory
        parts.workers = configuration.workers
        parts.storeLimits.queueByteMax = min(
            storeLimits.queueByteMax,
            parts.memory.queueByteMax(of: parts.stores.count)
        )
        parts.rebuilds = installation.rebuildLedger
        defer { if limit != nil { installation.removeScratch() } }
        try openState(of: log, for: &parts)
        if compacts, limit == nil { parts.compaction = installation.compaction }
        if let keyMap = parts.compaction?.options.keyMapByteLimit {
            parts.compaction?.options.keyMapByteLimit = min(keyMap, parts.memory.compactionByteMax)
        }
        let ledger = VerifiedLedger(configuration)
        parts.keepVerification = { try ledger.record($0) }
        let daemon = Daemon(parts)
        daemon.board.note(Array(ledger.read().values))
        ledger.follow(daemon.board, logger)
        var services: [ServiceGroupConfiguration.ServiceConfiguration] = [
            .init(service: ControlService(daemon, socketPath: configuration.socketPath, logger: logger))
        ]
        for service in daemon.services {
            // A bounded source ends by itself; the fold still has to take in what it read.
            services.append(.init(service: service, successTerminationBehavior: limit == nil ? .cancelGroup : .ignore))
        }
        if verifies, limit == nil, let schedule = configuration.verify {
            let verifier = BackgroundVerification(installation: installation, daemon: daemon, schedule: schedule)
            services.append(.init(service: verifier, successTerminationBehavior: .ignore))
        }
        for companion in companions(daemon) + (limit.map { [UntilService(daemon: daemon, limit: $0)] } ?? []) {
            services.append(.init(service: companion, successTerminationBehavior: .gracefullyShutdownGroup))
        }
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: services,
                gracefulShutdownSignals: handlesSignals ? [.sigterm, .sigint] : [],
                logger: quiet(logger)
            )
        )
        try await group.run()
        if limit != nil { try Self.checkNoneStopped(daemon) }
    }

    /// A bounded run begins at the log's beginning: what lies beyond its limit may be in a checkpoint.
    private func openState(of log: EventLog, for parts: inout Daemon.Parts) throws {
        guard limit == nil else {
            parts.state = try installation.openScratch(of: log)
            return
        }
        switch try installation.openState(of: log) {
        case .success(let folder): parts.state = folder
        case .failure(let error): parts.stateFailure = error
        }
        parts.checkpointInterval = installation.configuration.state.checkpointInterval
    }

    /// Nobody looks at the status of a bounded run.
    private static func checkNoneStopped(_ daemon: Daemon) throws {
        let stopped = daemon.board.published.views.filter { $0.state == .parked }
        guard let first = stopped.first else { return }
        let others = stopped.dropFirst().map { "view \($0.name): \($0.failure?.message ?? "it is parked")" }
        throw CommandFailure(
            .dataError,
            "view \(first.name): \(first.failure?.message ?? "it is parked")",
            detail: others.isEmpty ? nil : others.joined(separator: "\n"),
            hint: first.failure?.hint ?? "leftfold rebuild \(first.name)"
        )
    }

    private func quiet(_ logger: Logger) -> Logger {
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        return quiet
    }
}

/// Ends when the views have reached a limit.
struct UntilService: Service {
    var daemon: Daemon
    var limit: RunLimit

    func run() async throws {
        while !Task.isCancelled {
            let (frontier, views, _, _) = daemon.board.published
            let isBuilt = !views.contains { $0.state == .building || $0.state == .rebuilding }
            let isThere = isBuilt && daemon.board.isSettled
            if isThere, daemon.board.isAtLimit || limit.isReached(by: frontier) { return }
            try? await Task.sleep(for: .milliseconds(20))
        }
    }
}

extension RunLimit {
    var lsn: LSN? {
        switch self {
        case .lsn(let lsn): lsn
        case .offset: nil
        }
    }

    var foldLimit: FoldLimit {
        switch self {
        case .lsn(let lsn): .lsn(lsn)
        case .offset(let offset): .offset(offset)
        }
    }

    func isReached(by frontier: Frontier) -> Bool {
        switch self {
        case .lsn(let lsn): frontier.position.lsn >= lsn
        case .offset(let offset): frontier.offset >= offset
        }
    }
}
