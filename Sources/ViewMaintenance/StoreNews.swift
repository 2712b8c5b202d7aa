import Synchronization

/// What stores' threads have to say to the fold's.
final class StoreNews: Sendable {
    let board: StatusBoard
    private let isNew = Atomic(false)
    private let listens = Atomic(false)
    private let wake: @Sendable () -> Void

    /// `wake` ends the fold's wait for the log.
    init(_ board: StatusBoard, wake: @escaping @Sendable () -> Void) {
        self.board = board
        self.wake = wake
    }

    /// Something happened that the fold must look at.
    func tell() {
        isNew.store(true, ordering: .sequentiallyConsistent)
        wake()
    }

    /// A job is done, which matters only to a fold that waits for it.
    func tellListener() {
        if listens.load(ordering: .sequentiallyConsistent) { wake() }
    }

    /// Whether something happened since the last call.
    func take() -> Bool { isNew.exchange(false, ordering: .sequentiallyConsistent) }

    /// The fold waits for jobs to be done from now on, or does not. To be set before it looks.
    func listen(_ value: Bool) { listens.store(value, ordering: .sequentiallyConsistent) }
}
