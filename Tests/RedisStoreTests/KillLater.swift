import Foundation
import TestSupport

/// Kills a server after a while, on a thread of its own.
final class KillLater: Sendable {
    private let done = DispatchSemaphore(value: 0)

    init(_ server: ThrowawayRedis, microseconds: UInt32) {
        let done = done
        Thread.detachNewThread {
            usleep(microseconds)
            server.kill()
            done.signal()
        }
    }

    func wait() { done.wait() }
}

/// Reads one key again and again, on a thread of its own, and counts the times it was not there.
final class KeyReader: @unchecked Sendable {
    // Unchecked: written by the thread alone until it has ended, which `finish` waits for.
    private var missing = 0
    private var reads = 0
    private let stop = DispatchSemaphore(value: 0)
    private let done = DispatchSemaphore(value: 0)

    init(_ body: @escaping @Sendable () -> Bool) {
        Thread.detachNewThread { [self] in
            while stop.wait(timeout: .now()) == .timedOut {
                reads += 1
                if !body() { missing += 1 }
            }
            done.signal()
        }
    }

    func finish() -> (reads: Int, missing: Int) {
        stop.signal()
        done.wait()
        return (reads, missing)
    }
}
