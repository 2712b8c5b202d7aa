public import EventLog
public import Relational

/// Reads a log's changes as envelopes, frame by frame; see `ChangeEnvelope`. Owned by one thread.
public struct EnvelopeReader: ~Copyable {
    /// The envelopes of one frame.
    public struct Page {
        public var lines: [String]
        /// Where to go on reading when everything up to here is done; nil in the middle of a commit or snapshot.
        public var progress: Offset?
    }

    private let log: EventLog
    private let start: Offset
    private let sourceName: String
    private let version: String
    private var reader: LogReader
    /// Records before the next frame in its commit or snapshot.
    private var ordinal = 0

    /// Begins with the first record at or after `offset`; `sourceName` is the slot's name.
    public init(_ log: EventLog, from offset: Offset, sourceName: String, version: String) throws(LogError) {
        self.log = log
        self.sourceName = sourceName
        self.version = version
        start = offset
        reader = try LogReader(log, from: max(offset, log.firstOffset))
    }

    /// The next frame's envelopes, none for a frame without records; nil at the log's durable end.
    public mutating func next() throws(LogError) -> Page? {
        guard let frame = try reader.next() else { return nil }
        let all = ChangeEnvelope.lines(
            of: frame,
            firstOrdinal: ordinal,
            log: log,
            sourceName: sourceName,
            version: version
        )
        ordinal = frame.continues ? ordinal + frame.header.recordCount : 0
        // The first commit may begin below the offset.
        let below = Int(clamping: max(start.rawValue - frame.offset(ofRecord: 0).rawValue, 0))
        return Page(lines: Array(all.dropFirst(below)), progress: frame.progress)
    }
}
