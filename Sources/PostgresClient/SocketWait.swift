#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The one place where a thread sleeps on a connection's socket.
enum SocketWait {
    static let readable = Int16(POLLIN)
    static let writable = Int16(POLLOUT)

    enum Outcome {
        case ready
        case woken
        case timedOut
    }

    /// Waits for the socket, the wake signal or the deadline, whichever comes first; nil waits without end.
    static func wait(
        _ socket: Int32,
        _ events: Int16,
        until deadline: ContinuousClock.Instant?,
        _ wakeSignal: WakeSignal?
    ) -> Outcome {
        while true {
            var entries = (
                pollfd(fd: socket, events: events, revents: 0),
                pollfd(fd: wakeSignal?.descriptor ?? -1, events: Int16(POLLIN), revents: 0)
            )
            let milliseconds = deadline.map {
                max(0, (ContinuousClock.now.duration(to: $0) + .microseconds(999)) / .milliseconds(1))
            }
            let timeout = milliseconds.map { Int32(min($0, 1_000_000)) } ?? -1
            let count = withUnsafeMutableBytes(of: &entries) {
                poll($0.assumingMemoryBound(to: pollfd.self).baseAddress, 2, timeout)
            }
            if count < 0 && errno == EINTR { continue }
            if entries.1.revents != 0 {
                wakeSignal?.clear()
                if entries.0.revents == 0 { return .woken }
            }
            // A closed or failed socket is "ready": the next read says what happened.
            if count != 0 { return .ready }
            return .timedOut
        }
    }
}
