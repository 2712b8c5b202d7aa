#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Keeps a run of compaction to its speed, tells how far it is, and ends it when nobody wants it any more.
final class CompactionPace {
    private static let reportByteCount: Int64 = 1 << 20
    private static let sliceMicroseconds: UInt64 = 20_000

    private let bytesPerSecond: Int?
    private let proceed: (CompactionProgress) -> Bool
    private var progress = CompactionProgress(step: .survey, bytesDone: 0, bytesTotal: 0)
    private var sinceReport: Int64 = 0
    private var keyMapByteCount = 0
    /// Bytes since `start`, a time of the monotonic clock in microseconds.
    private var paced: Int64 = 0
    private var start: UInt64?

    init(bytesPerSecond: Int?, proceed: @escaping (CompactionProgress) -> Bool) {
        self.bytesPerSecond = bytesPerSecond
        self.proceed = proceed
    }

    /// Begins a step, or learns that there is more to it.
    func expect(_ byteCount: Int64, in step: CompactionProgress.Step) {
        if progress.step != step { progress = CompactionProgress(step: step, bytesDone: 0, bytesTotal: 0) }
        progress.bytesTotal += byteCount
    }

    /// So many bytes of memory are taken by the keys.
    func note(keyMapByteCount: Int) { self.keyMapByteCount = keyMapByteCount }

    /// Bytes were read or written.
    ///
    /// - Throws: `cancelled`.
    func advance(_ byteCount: Int, isOutput: Bool = false) throws(LogError) {
        if !isOutput { progress.bytesDone += Int64(byteCount) }
        paced += Int64(byteCount)
        sinceReport += Int64(byteCount)
        guard sinceReport >= Self.reportByteCount else { return }
        sinceReport = 0
        try report()
        try wait()
    }

    func report() throws(LogError) {
        progress.keyMapByteCount = keyMapByteCount
        if !proceed(progress) { throw .compactionCancelled }
    }

    /// Sleeps as long as more was done than the speed allows.
    private func wait() throws(LogError) {
        guard let bytesPerSecond, bytesPerSecond > 0 else { return }
        let start = self.start ?? Self.now()
        self.start = start
        let due = start + UInt64(Double(paced) / Double(bytesPerSecond) * 1_000_000)
        while true {
            let now = Self.now()
            if now >= due { return }
            usleep(UInt32(min(due - now, Self.sliceMicroseconds)))
            try report()
        }
    }

    private static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000 + UInt64(time.tv_nsec) / 1000
    }
}

extension LogError {
    /// The run was ended by whoever began it.
    static let compactionCancelled = LogError(Code(name: "cancelled"), "compaction was ended")
}
