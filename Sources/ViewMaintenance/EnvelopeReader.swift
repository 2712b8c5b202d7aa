public import EventLog
public import Relational

/// Reads a log's changes as envelopes, frame by frame; see `ChangeEnvelope`. Owned by one thread.
public struct EnvelopeReader: ~Copyable {
    /// The envelopes of one frame.
    public struct Page {
        public var lines: [String]
        /// Where to go on reading when everything up to here is done; nil in the middle of a commit or snapshot.
        ///
        /// In a compacted part of the log every commit counts, though the part as a whole is one unit for a fold.
        public var progress: Offset?
    }

    private let log: EventLog
    private let start: Offset
    private let sourceName: String
    private let version: String
    private var reader: LogReader
    /// The end of the commit or snapshot that the last frame belongs to, and the records before the next frame in it.
    private var unit: ClosingFrame?
    private var ordinal = 0

    /// Begins with the first record at or after `offset` that the log still has; `sourceName` is the slot's name.
    public init(_ log: EventLog, from offset: Offset, sourceName: String, version: String) throws(LogError) {
        self.log = log
        self.sourceName = sourceName
        self.version = version
        start = offset
        reader = try LogReader(log, from: max(offset, log.firstOffset), acceptingLoss: true)
    }

    /// The next frame's envelopes, none for a frame without records; nil at the log's durable end.
    public mutating func next() throws(LogError) -> Page? {
        guard let frame = try reader.next() else { return nil }
        let header = frame.header
        if unit != frame.closing { ordinal = 0 }
        unit = frame.closing
        let lines = ChangeEnvelope.lines(
            of: frame,
            from: start,
            firstOrdinal: ordinal,
            log: log,
            sourceName: sourceName,
            version: version
        )
        ordinal += header.isSparse ? header.offsetCount : header.recordCount
        let isCommitEnd = frame.horizon != nil && !header.kind.isGroupMember
        return Page(lines: lines, progress: isCommitEnd ? header.endOffset : frame.progress)
    }
}
