import Synchronization

/// The source's status, written by its thread and read by any.
final class StatusBoard: Sendable {
    private let status = Mutex(SourceStatus())

    var current: SourceStatus { status.withLock { $0 } }

    func update(_ change: (inout SourceStatus) -> Void) {
        status.withLock { change(&$0) }
    }
}
