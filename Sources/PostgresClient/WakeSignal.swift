#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif
import Synchronization

/// Lets other threads wake the one thread that waits on a connection, or end what it does. Safe from any thread.
public final class WakeSignal: Sendable {
    private let readingEnd: Int32
    private let writingEnd: Int32
    private let isPending = Atomic<Bool>(false)
    private let isStopRequested = Atomic<Bool>(false)

    /// - Throws: `PostgresError.other` when the process has no file descriptor left.
    public init() throws(PostgresError) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw PostgresError(.other, "no pipe can be opened: too many open files") }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        (readingEnd, writingEnd) = (ends[0], ends[1])
    }

    deinit {
        close(readingEnd)
        close(writingEnd)
    }

    /// What the waiting thread polls.
    var descriptor: Int32 { readingEnd }

    /// Ends the current or the next wait, once.
    public func wake() {
        guard !isPending.exchange(true, ordering: .acquiringAndReleasing) else { return }
        var byte: UInt8 = 1
        // A full pipe wakes as well, so the result does not matter.
        _ = write(writingEnd, &byte, 1)
    }

    /// Ends every wait from now on; queries that wait fail with `interrupted`.
    public func stop() {
        isStopRequested.store(true, ordering: .releasing)
        wake()
    }

    /// Whether `stop` was called.
    public var isStopped: Bool { isStopRequested.load(ordering: .acquiring) }

    /// Takes the pending wake-up; the waiting thread calls it.
    func clear() {
        guard isPending.exchange(false, ordering: .acquiringAndReleasing) else { return }
        var byte: UInt8 = 0
        while read(readingEnd, &byte, 1) == 1 {}
    }

    /// Waits without a connection. Returns early, and true, when woken or stopped.
    @discardableResult
    public func wait(_ duration: Duration) -> Bool {
        if isStopped { return true }
        var entry = pollfd(fd: readingEnd, events: Int16(POLLIN), revents: 0)
        let milliseconds = max(0, duration / .milliseconds(1))
        let isWoken = poll(&entry, 1, Int32(min(milliseconds, 600_000))) > 0
        if isWoken { clear() }
        return isWoken || isStopped
    }
}
