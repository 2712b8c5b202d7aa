import ViewMaintenance

@testable import LeftfoldCLI

/// The daemon inside the test's own process.
extension Follower {
    /// Runs the daemon while `body` works, then shuts it down and waits for its end.
    func run(
        storeLimits: StoreLimits = StoreLimits(),
        memory: MemoryBudget? = nil,
        _ body: @escaping @Sendable (Daemon) async throws -> Void
    ) async throws {
        let results = ResultBox<Bool>()
        var run = DaemonRun(
            installation: try installation,
            limit: nil,
            createsMissing: true,
            appliesViews: true,
            handlesSignals: false
        )
        run.storeLimits = storeLimits
        run.memory = memory
        try await run.run { daemon in
            [
                OneShotService {
                    await results.fill {
                        try await daemon.waitUntilBuilt()
                        try await body(daemon)
                        return true
                    }
                }
            ]
        }
        _ = try results.value()
    }
}
