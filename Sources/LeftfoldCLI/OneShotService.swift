import ServiceLifecycle
import Synchronization

/// Work that runs once beside a daemon; the daemon shuts down when it ends.
struct OneShotService: Service {
    private let work: @Sendable () async -> Void

    init(_ work: @escaping @Sendable () async -> Void) {
        self.work = work
    }

    func run() async throws { await work() }
}

/// Carries a result out of a service.
final class ResultBox<Value: Sendable>: Sendable {
    private let result = Mutex<Result<Value, any Error>?>(nil)

    func fill(_ body: @Sendable () async throws -> Value) async {
        let outcome: Result<Value, any Error>
        do {
            outcome = .success(try await body())
        } catch {
            outcome = .failure(error)
        }
        result.withLock { $0 = outcome }
    }

    /// - Throws: what the work threw; `CommandFailure` when it never ended.
    func value() throws -> Value {
        guard let outcome = result.withLock({ $0 }) else {
            throw CommandFailure(.dataError, "stopped before the end")
        }
        return try outcome.get()
    }
}
