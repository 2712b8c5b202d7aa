#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A mutex with one condition, for threads that block; those are never of the cooperative pool.
// Sendable: pthread's own objects, at a stable address.
package final class Monitor: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    package init() {
        mutex.initialize(to: pthread_mutex_t())
        condition.initialize(to: pthread_cond_t())
        pthread_mutex_init(mutex, nil)
        #if canImport(Glibc)
            var attributes = pthread_condattr_t()
            pthread_condattr_init(&attributes)
            pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
            pthread_cond_init(condition, &attributes)
            pthread_condattr_destroy(&attributes)
        #else
            pthread_cond_init(condition, nil)
        #endif
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    package func withLock<Result: ~Copyable, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure)
        -> Result
    {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body()
    }

    /// Runs `body` with the lock free, within `withLock`.
    package func withoutLock<Result>(_ body: () -> Result) -> Result {
        pthread_mutex_unlock(mutex)
        defer { pthread_mutex_lock(mutex) }
        return body()
    }

    /// Wakes every waiting thread; called with the lock held.
    package func broadcast() { pthread_cond_broadcast(condition) }

    /// Waits for a broadcast, with the lock held before and after; may also return without one.
    package func wait() { pthread_cond_wait(condition, mutex) }

    /// Waits until `deadline` at most; false when it has passed.
    func wait(until deadline: Deadline) -> Bool {
        guard let time = deadline.time else {
            wait()
            return true
        }
        #if canImport(Glibc)
            var absolute = time
            return pthread_cond_timedwait(condition, mutex, &absolute) != ETIMEDOUT
        #else
            var relative = Deadline.remaining(until: time)
            return pthread_cond_timedwait_relative_np(condition, mutex, &relative) != ETIMEDOUT
        #endif
    }

    /// A moment on the monotonic clock; without a time, never.
    struct Deadline {
        let time: timespec?

        init(after timeout: Duration?) {
            guard let timeout else {
                time = nil
                return
            }
            var now = timespec()
            clock_gettime(CLOCK_MONOTONIC, &now)
            // A year is never; it also keeps the sum in range.
            let parts = min(max(timeout, .zero), .seconds(365 * 86400)).components
            let nanoseconds = now.tv_nsec + Int(parts.attoseconds / 1_000_000_000)
            time = timespec(
                tv_sec: now.tv_sec + Int(parts.seconds) + nanoseconds / 1_000_000_000,
                tv_nsec: nanoseconds % 1_000_000_000
            )
        }

        #if !canImport(Glibc)
            static func remaining(until time: timespec) -> timespec {
                var now = timespec()
                clock_gettime(CLOCK_MONOTONIC, &now)
                let nanoseconds = (time.tv_sec - now.tv_sec) * 1_000_000_000 + time.tv_nsec - now.tv_nsec
                return timespec(
                    tv_sec: max(0, nanoseconds) / 1_000_000_000,
                    tv_nsec: max(0, nanoseconds) % 1_000_000_000
                )
            }
        #endif
    }
}
