public import Relational

/// Follows a log from an offset, in the order in which units become visible. Owned by one thread.
///
/// A unit is what a consumer must not split: a commit with all its parts, a snapshot with all its frames, or any other single frame.
/// Frames of a group are passed over where they lie and delivered, in order, right before the frame that closes the group; so the first
/// offsets of delivered frames do not always grow, and `FrameView.progress` does. Every frame's checksum and every record is checked
/// before it is delivered. Only durable frames are delivered; the writer may go on meanwhile.
public struct LogReader: ~Copyable {
    /// Where a frame lies.
    struct Location {
        var segment: Offset
        var position: Int64
        var offset: Offset
    }

    private let log: EventLog
    /// Units that were done before this offset are not delivered.
    private let start: Offset
    private var segment: Segment
    private var cursor: FrameCursor
    private var validator = RecordValidator()
    /// Frames of groups whose end was not met yet.
    private var collected: [GroupID: [Location]] = [:]
    /// A group whose frames are delivered where they lie.
    private var streaming: GroupID?
    /// A closed group whose frames are being delivered, the next one first, and the cursor for them.
    private var members: ArraySlice<Location> = []
    private var memberSegment: Offset?
    private var memberCursor: FrameCursor?
    /// The end of the last unit delivered.
    private var done: Offset
    /// The closing frame of the group whose members are being delivered.
    private var lastClosing: (group: GroupID, closing: ClosingFrame)?

    /// Begins at the first unit that is not done at `offset`; an offset in the middle of a frame delivers the whole frame.
    ///
    /// - Throws: `outOfRange` when the log does not hold the offset; its next offset is the highest that may be given.
    public init(_ log: EventLog, from offset: Offset) throws(LogError) {
        let begin = try log.start(for: offset)
        guard let segment = log.segment(holding: begin) else {
            throw LogError(.outOfRange, "offset \(begin) is not in the log")
        }
        var cursor = try Self.cursor(log, segment)
        try cursor.skip(to: begin)
        self.log = log
        start = offset
        done = offset
        self.segment = segment
        self.cursor = cursor
    }

    /// What `progress` the last delivered unit had; the offset to begin again from.
    public var progress: Offset { done }

    /// The next frame, valid until the next call; nil at the durable end, where it may be called again later.
    ///
    /// - Throws: `corrupt` with the exact place, or what the file system said; the reader is at the same frame then.
    public mutating func next() throws(LogError) -> FrameView? {
        if let location = members.first { return try deliverMember(location) }
        while let frame = try peek() {
            let header = frame.header
            if header.kind.isGroupMember {
                if streaming == header.group { return try deliver(frame, continues: true) }
                switch log.treatment(of: header.group) {
                case .deliver where header.firstOffset >= start && collected[header.group] == nil:
                    streaming = header.group
                    return try deliver(frame, continues: true)
                case .deliver, .collect:
                    collected[header.group, default: []].append(
                        Location(segment: segment.first, position: cursor.position, offset: header.firstOffset)
                    )
                case .skip:
                    break
                }
                cursor.advance(past: frame)
            } else if header.endOffset <= start {
                // Done before this reader's beginning; read only to find the groups that go on.
                collected[header.group] = nil
                cursor.advance(past: frame)
            } else if header.group != .none, let locations = collected.removeValue(forKey: header.group) {
                // The closing frame comes when its members are through.
                members = locations[...]
                if let location = members.first { return try deliverMember(location) }
            } else {
                streaming = nil
                return try deliver(frame, continues: false)
            }
        }
        return nil
    }

    /// The frame at the cursor; nil at the durable end.
    private mutating func peek() throws(LogError) -> StoredFrame? {
        while true {
            switch try cursor.peek() {
            case .frame(let frame): return frame
            case .damaged(let reason): throw .corrupt(reason, at: cursor.place)
            case .end:
                guard let current = log.segment(beginningAt: segment.first) else {
                    throw LogError(.outOfRange, "the reader's segment is gone", place: cursor.place)
                }
                if current.byteCount > cursor.limit {
                    segment = current
                    cursor.limit = current.byteCount
                } else if let next = log.segment(beginningAt: cursor.nextOffset), next.first != segment.first {
                    cursor = try Self.cursor(log, next)
                    segment = next
                } else {
                    return nil
                }
            }
        }
    }

    private mutating func deliver(_ frame: StoredFrame, continues: Bool) throws(LogError) -> FrameView {
        let place = cursor.place
        guard let payload = try cursor.payload(of: frame) else {
            throw .corrupt("checksum of a frame's payload is wrong", at: place)
        }
        try check(frame.header, payload, place)
        cursor.advance(past: frame)
        if !continues { done = frame.header.endOffset }
        return FrameView(
            header: frame.header,
            payload: payload,
            continues: continues,
            closing: closing(of: frame.header)
        )
    }

    /// Delivers one collected frame.
    private mutating func deliverMember(_ location: Location) throws(LogError) -> FrameView {
        if memberSegment != location.segment || location.position >= memberCursor?.limit ?? 0 {
            // A cursor that an earlier group has left may end before frames that were appended since.
            guard let segment = log.segment(beginningAt: location.segment) else {
                throw LogError(.outOfRange, "a segment of a large commit is gone", place: cursor.place)
            }
            memberCursor = try Self.cursor(log, segment)
            memberSegment = location.segment
        }
        let place = LogError.Place(
            path: "\(log.directory)/\(SegmentFile.name(location.segment))",
            byteOffset: location.position,
            offset: location.offset
        )
        memberCursor?.seek(to: location.position, offset: location.offset)
        guard case .frame(let frame) = try memberCursor?.peek(), let payload = try memberCursor?.payload(of: frame)
        else { throw .corrupt("checksum of a frame is wrong", at: place) }
        try check(frame.header, payload, place)
        members.removeFirst()
        return FrameView(
            header: frame.header,
            payload: payload,
            continues: true,
            closing: closing(of: frame.header)
        )
    }

    /// The frame that ends the unit of a frame; members are delivered only when their group is closed.
    private mutating func closing(of header: FrameHeader) -> ClosingFrame {
        guard header.kind.isGroupMember else { return ClosingFrame(header) }
        if let last = lastClosing, last.group == header.group { return last.closing }
        let closing = log.closing(of: header.group) ?? ClosingFrame(header)
        lastClosing = (header.group, closing)
        return closing
    }

    /// Checks a payload whose checksum is right by the rules of its kind.
    private mutating func check(
        _ header: FrameHeader,
        _ payload: UnsafeRawBufferPointer,
        _ place: LogError.Place
    ) throws(LogError) {
        let log = log
        try PayloadRules.check(header, payload, &validator, at: place) { log.schema($0) }
    }

    private static func cursor(_ log: EventLog, _ segment: Segment) throws(LogError) -> FrameCursor {
        let path = segment.path(in: log.directory)
        let file = try SegmentFile.open(path, id: log.id, first: segment.first, fileSystem: log.fileSystem)
        return FrameCursor(file, path: path, first: segment.first, seed: log.seed, limit: segment.byteCount)
    }
}
