import EventLog
import Relational

/// What decides whether a run of compaction is due.
struct CompactionNeed: Equatable {
    /// Why one is due.
    enum Reason: Equatable {
        /// What no run has seen is as large as the rest.
        case size
        /// Something that no run has seen is older than `max_lag`: nobody is waited for.
        case age
    }

    /// Bytes of sealed segments above `clean`, which no run has seen and one may look at.
    var dirtyByteCount: Int64
    /// Bytes of segments below it.
    var cleanByteCount: Int64
    /// Commit time of the first record above `clean`, in microseconds since 2000-01-01 00:00 UTC; nil without one.
    var oldestDirtyTime: Int64?

    /// - Parameter maxLag: microseconds.
    func reason(maxLag: Int64, now: Int64) -> Reason? {
        if let oldestDirtyTime, now.subtractingReportingOverflow(oldestDirtyTime).partialValue > maxLag { return .age }
        return dirtyByteCount > 0 && dirtyByteCount >= cleanByteCount ? .size : nil
    }
}

extension CompactionNeed {
    /// - Parameter bound: segments that end above it do not count as dirty: somebody still reads them.
    init(_ statistics: LogStatistics, oldestDirtyTime: Int64?, bound: Offset = Offset(.max)) {
        dirtyByteCount = 0
        cleanByteCount = 0
        for segment in statistics.segments where segment.isSealed {
            if segment.endOffset <= statistics.clean {
                cleanByteCount += segment.byteCount
            } else if segment.endOffset <= bound {
                dirtyByteCount += segment.byteCount
            }
        }
        self.oldestDirtyTime = oldestDirtyTime
    }
}

/// Finds the oldest record that no run has seen, and remembers it until one has.
struct OldestRecord {
    private var clean: Offset?
    private var time: Int64?
    /// Everything below it has no records.
    private var searched = Offset.zero

    /// Its commit time; nil while there is none.
    mutating func time(in log: EventLog, above clean: Offset) throws(LogError) -> Int64? {
        if self.clean != clean {
            self.clean = clean
            time = nil
            searched = clean
        }
        if let time { return time }
        var reader = try LogReader(log, from: searched, acceptingLoss: true)
        while let frame = try reader.next() {
            let committed = frame.closing.transaction.commitTime
            if frame.header.recordCount > 0, committed > 0 {
                time = committed
                return committed
            }
            if let progress = frame.progress { searched = progress }
        }
        return nil
    }
}
