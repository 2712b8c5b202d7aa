import Relational

/// What the threads of a log share; guarded by the log's monitor.
struct LogState: ~Copyable {
    var source: SourceIdentity?
    /// Of every frame appended, durable or not.
    var history: LogHistory
    /// Never empty; only the last one grows.
    var segments: [Segment]
    var frontier: LogFrontier

    /// The offset that the next appended frame gets.
    var nextOffset: Offset

    /// Frames that wait for a flush.
    var waiting = ByteSlab(capacity: 1 << 20)
    /// Frames on their way to the disk; touched by the flushing thread alone while `isFlushing`.
    var leaving = ByteSlab(capacity: 1 << 20)
    var isFlushing = false
    /// Set once by a failed write or sync; nothing is taken after that.
    var failure: LogError?
    var isClosed = false
    /// How often `wakeReaders` was called.
    var wakeCount: UInt64 = 0
    /// Held while the log is open for writing.
    var lock: (any FileLock)?
    let isReadOnly: Bool

    /// Without a lock the log is for reading only.
    init(_ recovered: RecoveredLog, source: SourceIdentity?, lock: (any FileLock)?) {
        isReadOnly = lock == nil
        isClosed = lock == nil
        self.source = source
        self.lock = lock
        history = recovered.history
        segments = recovered.segments
        frontier = recovered.frontier
        nextOffset = recovered.frontier.nextOffset
    }

    /// Lets the waiting frames leave, and frames of the next flush wait in the other buffer.
    mutating func turnBuffers() { swap(&waiting, &leaving) }

    /// Throws when nothing may be appended or flushed any more.
    func checkWritable() throws(LogError) {
        if let failure { throw failure }
        if isClosed { throw LogError(.closed, isReadOnly ? "the log is open for reading only" : "the log was closed") }
    }
}
