/// How a log is opened.
public struct LogOptions: Sendable {
    /// Whether a missing log is created.
    public var createIfMissing: Bool
    /// A segment that has reached this size gets no further flush; it may be exceeded by one flush.
    public var segmentByteTarget: Int
    /// Bytes that wait for a flush before `append` blocks; as many again may be on their way to the disk.
    public var bufferByteLimit: Int
    /// Space that appending leaves free on the log's device: for views, compaction and whoever has to free some.
    public var headroomByteCount: Int
    /// The source this log must follow: set on first use, refused when the log follows another.
    public var source: SourceIdentity?
    /// The identity of a log that is created now.
    public var newID: LogID

    public init(
        createIfMissing: Bool = true,
        segmentByteTarget: Int = 256 << 20,
        bufferByteLimit: Int = 16 << 20,
        headroomByteCount: Int = 64 << 20,
        source: SourceIdentity? = nil,
        newID: LogID = .random()
    ) {
        self.createIfMissing = createIfMissing
        self.segmentByteTarget = segmentByteTarget
        self.bufferByteLimit = bufferByteLimit
        self.headroomByteCount = headroomByteCount
        self.source = source
        self.newID = newID
    }
}

/// The source a log follows: the server's system identifier and the timeline last seen.
public struct SourceIdentity: Hashable, Sendable {
    /// For Postgres, `system_identifier` of `IDENTIFY_SYSTEM`. Printable ASCII without spaces.
    public var systemIdentifier: String
    public var timeline: UInt32

    public init(systemIdentifier: String, timeline: UInt32) {
        self.systemIdentifier = systemIdentifier
        self.timeline = timeline
    }

    static let identifierByteCountMax = 256

    var isWellFormed: Bool {
        !systemIdentifier.isEmpty && systemIdentifier.utf8.count <= Self.identifierByteCountMax
            && systemIdentifier.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    }
}
