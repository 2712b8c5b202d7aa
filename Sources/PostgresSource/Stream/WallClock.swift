#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The clock of status messages.
enum WallClock {
    /// Microseconds since 2000-01-01 00:00 UTC.
    static var microseconds: Int64 {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return (Int64(now.tv_sec) - 946_684_800) * 1_000_000 + Int64(now.tv_nsec) / 1000
    }
}
