import Relational

/// What the threads of a log share; guarded by the log's monitor.
struct LogState: ~Copyable {
    /// As it was last written.
    var manifest: Manifest
    /// Who reads the log, by name.
    var cursors: [LogCursor]
    /// Whether a run of compaction is under way.
    var isCompacting = false
    /// Of every frame appended, durable or not.
    var history: LogHistory
    /// Of every durable frame.
    var settled: LogHistory
    /// Of the segments but the last one.
    var sealed: RecoveryPoint
    /// Never empty; only the last one grows.
    var segments: [Segment]
    var frontier: LogFrontier

    /// Looks over what is to be appended.
    var outline = RecordOutline()
    /// The offset that the next appended frame gets.
    var nextOffset: Offset

    /// Frames that wait for a flush.
    var waiting = ByteSlab(capacity: 1 << 20)
    /// Frames on their way to the disk; touched by the flushing thread alone while `isFlushing`. They stay here when there was no space
    /// for them.
    var leaving = ByteSlab(capacity: 1 << 20)
    /// How far the log reaches with the frames that leave.
    var departure: Departure
    var isFlushing = false
    /// Why the last attempt to flush found no space; nil when it did. While it is there, `leaving` holds frames.
    var shortage: LogError?
    /// Whether nobody waits for space any more.
    var isWaitingForSpaceOver = false
    /// Set once by a failed sync, or by a write that failed for another reason than missing space; nothing is taken after that.
    var failure: LogError?
    var isClosed = false
    /// How often `wakeReaders` was called.
    var wakeCount: UInt64 = 0
    /// Held while the log is open for writing.
    var lock: (any FileLock)?
    let isReadOnly: Bool

    /// Without a lock the log is for reading only.
    init(_ recovered: RecoveredLog, manifest: Manifest, cursors: [LogCursor], lock: (any FileLock)?) {
        isReadOnly = lock == nil
        isClosed = lock == nil
        self.manifest = manifest
        self.cursors = cursors
        self.lock = lock
        history = recovered.history
        segments = recovered.segments
        frontier = recovered.frontier
        nextOffset = recovered.frontier.nextOffset
        settled = recovered.history
        sealed = recovered.sealed
        departure = Departure(nextOffset: nextOffset, history: history)
    }

    /// Lets the waiting frames leave, and frames of the next flush wait in the other buffer, which must be empty.
    mutating func turnBuffers() {
        swap(&waiting, &leaving)
        departure = Departure(nextOffset: nextOffset, history: history)
    }

    /// The last segment gets no more frames; `segment` follows it, still empty.
    mutating func begin(_ segment: Segment) {
        guard segment.first != segments[segments.count - 1].first else { return }
        sealed = RecoveryPoint(segments: segments, history: settled)
        segments.append(segment)
        frontier.byteCount += Int64(SegmentFile.headerByteCount)
        frontier.segmentCount = segments.count
    }

    /// The frames that left are durable, at the end of `segment`.
    mutating func arrive(in segment: Segment, bufferByteLimit: Int) {
        let isNewSegment = segment.first != segments[segments.count - 1].first
        if isNewSegment {
            sealed = RecoveryPoint(segments: segments, history: settled)
            segments.append(segment)
        } else {
            segments[segments.count - 1] = segment
        }
        settled = departure.history
        frontier = LogFrontier(
            nextOffset: departure.nextOffset,
            source: settled.source,
            sourceTime: settled.sourceTime,
            byteCount: frontier.byteCount + Int64(leaving.count + (isNewSegment ? SegmentFile.headerByteCount : 0)),
            segmentCount: segments.count
        )
        shortage = nil
        leaving.removeAll()
        leaving.shrink(keeping: 2 * bufferByteLimit)
    }

    /// Throws when nothing may be appended or flushed any more.
    func checkWritable() throws(LogError) {
        if let failure { throw failure }
        if isClosed { throw LogError(.closed, isReadOnly ? "the log is open for reading only" : "the log was closed") }
    }
}

/// Where a flush ends.
struct Departure {
    var nextOffset: Offset
    var history: LogHistory
}
