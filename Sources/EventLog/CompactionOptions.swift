public import Relational

/// What one run of compaction may do; see `docs/compaction.md`. Times are microseconds.
public struct CompactionOptions: Sendable {
    public var retention = LogRetention()
    /// Only these relations; all when nil.
    public var only: Set<RelationID>?
    /// Seals the active segment first and waits neither for `minLag` nor for cursors.
    public var isForced = false
    /// Younger segments are left alone.
    public var minLag: Int64 = 0
    /// Segments with older records are compacted whether cursors lie above them or not.
    public var maxLag: Int64 = 24 * 3_600_000_000
    /// Younger tombstones stay.
    public var minAge: Int64 = 3_600_000_000
    /// A cursor that has not moved for so long holds nothing any more.
    public var maxHold: Int64 = 7 * 24 * 3_600_000_000
    /// A cursor with more bytes of the log above it holds nothing any more.
    public var maxHoldByteCount: Int64 = .max
    /// What the key map of the survey may take, in bytes; a run that needs more makes more passes.
    public var keyMapByteLimit = 64 << 20
    /// Bytes read and written in a second; nil for as fast as it goes.
    public var bytesPerSecond: Int?
    /// The time now, in microseconds since 2000-01-01 00:00 UTC.
    public var now: Int64

    public init(now: Int64) { self.now = now }
}

/// What one run of compaction did.
public struct CompactionReport: Hashable, Sendable {
    /// Below it only the latest record of each key remains.
    public var horizon = Offset.zero
    /// Segments that the run looked at, and those it wrote.
    public var segmentsRead = 0
    public var segmentsWritten = 0
    /// Of the segments that it looked at.
    public var bytesBefore: Int64 = 0
    public var bytesAfter: Int64 = 0
    public var recordsBefore = 0
    public var recordsAfter = 0
    /// Tombstones that left, and those that stay.
    public var tombstonesDropped = 0
    public var tombstonesLeft = 0
    /// Times the part above `clean` was read.
    public var passes = 0
    /// The most bytes that the key map took.
    public var keyMapPeakByteCount = 0

    public init() {}
}

/// How far a run of compaction is.
public struct CompactionProgress: Hashable, Sendable {
    /// What the run does.
    public enum Step: String, Sendable { case survey, rewrite }

    public var step: Step
    /// Bytes read so far in this step, and how many there are in all passes known so far.
    public var bytesDone: Int64
    public var bytesTotal: Int64
    /// Memory of the keys that are looked at.
    public var keyMapByteCount = 0

    public init(step: Step, bytesDone: Int64, bytesTotal: Int64) {
        self.step = step
        self.bytesDone = bytesDone
        self.bytesTotal = bytesTotal
    }
}

/// Somebody who reads the log and may need what compaction would take away.
public struct LogCursor: Hashable, Sendable {
    /// `store main`, `subscription orders`.
    public var name: String
    /// Everything below was taken in, durably.
    public var offset: Offset
    /// When the cursor last moved or was registered, in microseconds since 2000-01-01 00:00 UTC.
    public var movedAt: Int64

    public init(name: String, offset: Offset, movedAt: Int64) {
        self.name = name
        self.offset = offset
        self.movedAt = movedAt
    }
}
