import EventLog
import Logging
import Relational
import ServiceLifecycle
import StateFiles
import Synchronization
import TestSupport
import ViewMaintenance

/// What a test changes of a daemon's making.
struct DaemonSetup {
    var holdDuration = Duration.seconds(60)
    var limit = FoldLimit.none
    var appliesFolder = true
    /// How the stores are opened; the one of the place by default.
    var openStores: [String: @Sendable () throws -> NamedStore]?
    var storeLimits = StoreLimits()
    var waitsUntilBuilt = true
    var source: (any ChangeSource)?
    var compaction: CompactionSettings?
    var state: StateFolder?
    var memory = MemoryBudget()
    var checkpointInterval = Duration.seconds(5)
    var logger = LogPlace.logger
}

extension DaemonSetup {
    /// One with its state on a disk as a process finds it that starts after another has ended.
    init(
        _ place: LogPlace,
        stateOn disk: FaultyFileSystem,
        _ options: StateOptions = StateOptions(headroomByteCount: 0),
        every interval: Duration
    ) throws {
        self.init()
        disk.crash(.everything)
        state = try disk.openState(of: place.log, options)
        checkpointInterval = interval
    }
}

extension FaultyFileSystem {
    /// The one folder of state on this disk.
    func openState(of log: EventLog, _ options: StateOptions) throws -> StateFolder {
        try StateFolder.open("/state", logID: log.id.description, semantics: 1, fileSystem: self, options: options)
    }
}

/// Work that runs once beside a daemon and ends it.
private struct BodyService: Service {
    var body: @Sendable () async -> Void

    func run() async throws { await body() }
}

/// Runs a daemon, without a source unless one is set up, over a place's log while `body` works, then shuts it down in order.
///
/// Throws what `body` or the daemon threw.
func runDaemon<Value: Sendable>(
    _ place: LogPlace,
    _ compiler: StatementCompiler,
    _ setup: DaemonSetup = DaemonSetup(),
    _ body: @escaping @Sendable (Daemon) async throws -> Value
) async throws -> Value {
    var parts = Daemon.Parts(
        log: place.log,
        source: setup.source,
        compiler: compiler,
        stores: (setup.openStores ?? ["main": { try place.openStore() }]).mapValues {
            StoreOpening(kind: "sqlite", location: "not open yet", open: $0)
        },
        logger: setup.logger,
        version: "test",
        appliesFolder: setup.appliesFolder,
        limit: setup.limit
    )
    parts.storeLimits = setup.storeLimits
    parts.holdDuration = setup.holdDuration
    parts.compaction = setup.compaction
    parts.state = setup.state
    parts.memory = setup.memory
    parts.checkpointInterval = setup.checkpointInterval
    let daemon = Daemon(parts)
    let result = OutcomeBox<Value>()
    let waits = setup.waitsUntilBuilt
    let work = BodyService {
        do {
            if waits { try await daemon.waitUntilBuilt() }
            result.set(.success(try await body(daemon)))
        } catch {
            result.set(.failure(error))
        }
    }
    var services = daemon.services.map { ServiceGroupConfiguration.ServiceConfiguration(service: $0) }
    services.append(.init(service: work, successTerminationBehavior: .gracefullyShutdownGroup))
    let group = ServiceGroup(configuration: .init(services: services, logger: LogPlace.logger))
    try await group.run()
    guard let value = result.value else { throw CancellationError() }
    return try value.get()
}

private final class OutcomeBox<Value: Sendable>: Sendable {
    private let outcome = Mutex<Result<Value, any Error>?>(nil)

    func set(_ result: Result<Value, any Error>) { outcome.withLock { $0 = result } }

    var value: Result<Value, any Error>? { outcome.withLock { $0 } }
}

extension Daemon {
    func view(_ name: String) async -> Status.View? { await status().views.first { $0.name == name } }

    /// Returns when `condition` holds of the status; false when it does not for long.
    func eventually(_ condition: @Sendable (Status) -> Bool) async throws -> Bool {
        for _ in 0..<1000 {
            if condition(await status()) { return true }
            try await Task.sleep(for: .milliseconds(10))
        }
        return false
    }
}
