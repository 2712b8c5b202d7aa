public import Relational

/// Follows a log from an offset, in the order in which units become visible. Owned by one thread.
///
/// A unit is what a consumer must not split: a commit with all its parts, a snapshot with all its frames, or any other single frame.
/// Frames of a group are passed over where they lie and delivered, in order, right before the frame that closes the group; so the first
/// offsets of delivered frames do not always grow, and `FrameView.progress` does. Every frame's checksum and every record is checked
/// before it is delivered. Only durable frames are delivered; the writer and compaction may go on meanwhile.
///
/// From where the reader comes into a file that compaction has rewritten, everything up to the horizon is one unit: a record there may
/// already lack what a later one has replaced.
public struct LogReader: ~Copyable {
    /// Where a frame lies.
    struct Location {
        var segment: OpenSegment
        var position: Int64
        var offset: Offset
    }

    private let log: EventLog
    /// Units that were done before this offset are not delivered.
    private let start: Offset
    /// The log's floor when the reader began.
    private let floor: Offset
    private var segment: OpenSegment
    private var cursor: FrameCursor
    private var validator = RecordValidator()
    /// Frames of groups whose end was not met yet.
    private var collected: [GroupID: [Location]] = [:]
    /// A group whose frames are delivered where they lie.
    private var streaming: GroupID?
    /// A closed group whose frames are being delivered, the next one first, and the cursor for them.
    private var members: ArraySlice<Location> = []
    private var memberSegment: OpenSegment?
    private var memberCursor: FrameCursor?
    /// The end of the last unit delivered.
    private var done: Offset
    /// The closing frame of the group whose members are being delivered.
    private var lastClosing: (group: GroupID, closing: ClosingFrame)?
    /// Where the unit ends that the reader is in, when it is in a compacted part of the log.
    private var horizon: LogHorizon?

    /// Begins at the first unit that is not done at `offset`; an offset in the middle of a frame delivers the whole frame.
    ///
    /// - Throws: `outOfRange` when the log does not hold the offset; its next offset is the highest that may be given. `horizonPassed`
    ///   when records above the offset have left the log for good; offset 0 never does.
    public init(_ log: EventLog, from offset: Offset) throws(LogError) {
        try self.init(log, from: offset, acceptingLoss: false)
    }

    /// Begins likewise; one that is `acceptingLoss`, for those who look at records and fold nothing, is never told that the horizon has
    /// passed.
    public init(_ log: EventLog, from offset: Offset, acceptingLoss: Bool) throws(LogError) {
        let floor = acceptingLoss ? Offset(.max) : log.floor
        let begin = try log.start(for: offset, acceptingLoss: acceptingLoss)
        guard let (segment, horizon) = try Self.open(log, at: begin, after: nil, floor: floor) else {
            throw LogError(.outOfRange, "offset \(begin) is not in the log")
        }
        var cursor = segment.cursor(seed: log.seed)
        try cursor.skip(to: begin)
        self.log = log
        self.floor = floor
        start = offset
        done = offset
        self.segment = segment
        self.cursor = cursor
        self.horizon = segment.extent.isRewritten ? horizon : nil
    }

    /// What `progress` the last delivered unit had; the offset to begin again from.
    public var progress: Offset { done }

    /// The next frame, valid until the next call; nil at the durable end, where it may be called again later.
    ///
    /// - Throws: `corrupt` with the exact place, or what the file system said; the reader is at the same frame then. `horizonPassed` when
    ///   compaction has overtaken the reader: begin again from the start of the log.
    public mutating func next() throws(LogError) -> FrameView? {
        if let location = members.first { return try deliverMember(location) }
        while let frame = try peek() {
            let header = frame.header
            if header.kind.isGroupMember {
                if streaming == header.group { return try deliver(frame, continues: true) }
                switch log.treatment(of: header.group) {
                case .deliver
                where header.firstOffset >= start && collected[header.group] == nil
                    && (horizon != nil || !log.isRewritten(header.group)):
                    streaming = header.group
                    return try deliver(frame, continues: true)
                case .deliver, .collect:
                    collected[header.group, default: []].append(
                        Location(segment: segment, position: cursor.position, offset: header.firstOffset)
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
                let limit = try log.durableByteCount(of: segment)
                if limit > cursor.limit {
                    cursor.limit = limit
                    continue
                }
                let position = cursor.nextOffset
                guard let (next, horizon) = try Self.open(log, at: position, after: segment.extent, floor: floor)
                else { return nil }
                cursor = next.cursor(seed: log.seed)
                segment = next
                if next.extent.isRewritten { self.horizon = horizon }
                // A file that others were taken into begins before the place this reader has come to.
                try cursor.skip(to: position)
            }
        }
    }

    /// Opens the file that a reader needs next; nil at the durable end.
    private static func open(
        _ log: EventLog,
        at position: Offset,
        after current: Segment?,
        floor: Offset
    ) throws(LogError) -> (OpenSegment, LogHorizon)? {
        while true {
            guard let (found, horizon) = try log.segment(at: position, after: current, floor: floor) else { return nil }
            do throws(LogError) {
                return (try OpenSegment(found, of: log), horizon)
            } catch  where error.code == .notFound {
                // Compaction may have replaced it since; otherwise it is missing.
                guard try log.segment(at: position, after: found, floor: floor) == nil else { continue }
                throw log.missing(found)
            }
        }
    }

    /// Delivers the frame at the cursor; one that ends its unit does not continue, unless the reader is below the horizon.
    private mutating func deliver(_ frame: StoredFrame, continues: Bool) throws(LogError) -> FrameView {
        let place = cursor.place
        guard let payload = try cursor.payload(of: frame) else {
            throw .corrupt("checksum of a frame's payload is wrong", at: place)
        }
        let header = frame.header
        try check(header, payload, place)
        cursor.advance(past: frame)
        let horizon = horizon
        let continues = continues || header.endOffset < horizon?.offset ?? .zero
        if !continues {
            done = header.endOffset
            if horizon != nil { leaveCompacted() }
        }
        return FrameView(
            header: header,
            payload: payload,
            continues: continues,
            closing: closing(of: header),
            horizon: horizon
        )
    }

    /// The reader has come to the horizon. Groups that were not closed below it never will be: what closed them had nothing left.
    private mutating func leaveCompacted() {
        horizon = nil
        collected = [:]
    }

    /// Delivers one collected frame.
    private mutating func deliverMember(_ location: Location) throws(LogError) -> FrameView {
        if memberSegment !== location.segment || location.position >= memberCursor?.limit ?? 0 {
            // A cursor that an earlier group has left may end before frames that were appended since.
            memberCursor = location.segment.cursor(seed: log.seed)
            memberCursor?.limit = try log.durableByteCount(of: location.segment)
            memberSegment = location.segment
        }
        let place = LogError.Place(
            path: location.segment.path,
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
            closing: closing(of: frame.header),
            horizon: horizon
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
}
