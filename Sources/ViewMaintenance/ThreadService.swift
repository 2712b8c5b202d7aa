import ServiceLifecycle

/// A service whose work blocks a thread of its own. Returning from the work without being told to stop is a failure.
struct ThreadService: Service {
    private let name: String
    private let work: @Sendable () throws -> Void
    private let stop: @Sendable () -> Void

    init(_ name: String, _ work: @escaping @Sendable () throws -> Void, stop: @escaping @Sendable () -> Void) {
        self.name = name
        self.work = work
        self.stop = stop
    }

    func run() async throws {
        try await withTaskCancellationOrGracefulShutdownHandler {
            try await OwnThread.run(name, work)
        } onCancelOrGracefulShutdown: {
            stop()
        }
    }
}
