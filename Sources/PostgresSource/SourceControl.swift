import PostgresClient
import Synchronization

/// What other threads ask of the source's thread.
final class SourceControl: Sendable {
    let signal: WakeSignal
    private let wantsPosition = Atomic<Bool>(false)

    init() throws(PostgresError) { signal = try WakeSignal() }

    func requestPosition() {
        wantsPosition.store(true, ordering: .releasing)
        signal.wake()
    }

    /// Takes the request, if there is one.
    func takePositionRequest() -> Bool {
        wantsPosition.load(ordering: .relaxed) && wantsPosition.exchange(false, ordering: .acquiring)
    }

    var isStopped: Bool { signal.isStopped }
}
