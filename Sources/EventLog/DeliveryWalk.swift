import Relational

/// A frame of a part of the log; valid until the walk's next call.
struct WalkedFrame {
    var header: FrameHeader
    // Unsafe: frames are read where they lie in the walk's buffer, without a copy.
    var payload: UnsafeRawBufferPointer
    /// The number of its segment in the run.
    var segment: Int
    /// Where it starts in the file.
    var position: Int64
    /// The commit time of its unit; 0 when nobody knows.
    var time: Int64
    /// Where its unit ends: a reader below has not seen it.
    var unitEnd: Offset

    var byteCount: Int { StoredFrame.headerByteCount + payload.count }

    /// The frame as it lies in the file.
    var bytes: UnsafeRawBufferPointer {
        let start = payload.baseAddress.map { $0 - StoredFrame.headerByteCount }
        return UnsafeRawBufferPointer(start: start, count: byteCount)
    }

    /// Where a record of it lies in the file.
    func position(of record: ChangeRecord) -> Int64 {
        guard let base = payload.baseAddress else { return position }
        return position + Int64(StoredFrame.headerByteCount + (record.base - base))
    }
}

/// Where a frame lies that waits for the end of its group.
struct WaitingFrame {
    var header: FrameHeader
    var segment: Int
    var position: Int64
    var byteCount: Int
}

/// Walks sealed segments in the order of delivery: frames of a group right before the frame that closes it. Everything is checked.
///
/// Frames of groups without an end are passed over, and are in `waiting` at the end.
struct DeliveryWalk: ~Copyable {
    private let scope: CompactionScope
    private let last: Int
    private var index: Int
    private var cursor: FrameCursor?
    private var validator = RecordValidator()
    private(set) var waiting: [GroupID: [WaitingFrame]] = [:]
    private var streaming: GroupID?
    /// Frames to deliver before the one at the cursor.
    private var members: ArraySlice<WaitingFrame> = []
    private var memberSegment = -1
    private var memberCursor: FrameCursor?

    /// Walks the segments of `scope` in `range`.
    init(_ scope: CompactionScope, _ range: Range<Int>) {
        self.scope = scope
        index = range.lowerBound
        last = range.upperBound
    }

    mutating func next() throws(LogError) -> WalkedFrame? {
        if let member = members.first { return try deliver(member) }
        while let frame = try peek() {
            let header = frame.header
            if header.kind.isGroupMember {
                if streaming == header.group { return try deliverCurrent(frame) }
                if waiting[header.group] == nil, case .deliver = scope.log.treatment(of: header.group) {
                    streaming = header.group
                    return try deliverCurrent(frame)
                }
                let position = cursor?.position ?? 0
                waiting[header.group, default: []].append(
                    WaitingFrame(header: header, segment: index, position: position, byteCount: frame.byteCount)
                )
                cursor?.advance(past: frame)
            } else if header.group != .none, let found = waiting.removeValue(forKey: header.group) {
                members = found[...]
                if let member = members.first { return try deliver(member) }
            } else {
                streaming = nil
                return try deliverCurrent(frame)
            }
        }
        return nil
    }

    /// The frame at the cursor, which goes on to the next segment; nil at the end.
    private mutating func peek() throws(LogError) -> StoredFrame? {
        while index < last {
            if cursor == nil { cursor = try scope.open(index).cursor(seed: scope.log.seed) }
            switch try cursor?.peek() {
            case .frame(let frame): return frame
            case .damaged(let reason): throw .corrupt(reason, at: place())
            case .end, nil:
                cursor = nil
                index += 1
            }
        }
        return nil
    }

    private mutating func place() -> LogError.Place { cursor?.place ?? LogError.Place(path: scope.log.directory) }

    private mutating func deliverCurrent(_ frame: StoredFrame) throws(LogError) -> WalkedFrame {
        let place = place()
        let position = cursor?.position ?? 0
        guard let payload = try cursor?.payload(of: frame) else {
            throw .corrupt("checksum of a frame's payload is wrong", at: place)
        }
        try check(frame.header, payload, place)
        cursor?.advance(past: frame)
        return walked(frame.header, payload, index, position)
    }

    private mutating func deliver(_ member: WaitingFrame) throws(LogError) -> WalkedFrame {
        if memberSegment != member.segment {
            memberCursor = try scope.open(member.segment).cursor(seed: scope.log.seed)
            memberSegment = member.segment
        }
        memberCursor?.seek(to: member.position, offset: member.header.firstOffset)
        let place = memberCursor?.place ?? LogError.Place(path: scope.log.directory)
        guard case .frame(let frame) = try memberCursor?.peek(), let payload = try memberCursor?.payload(of: frame)
        else { throw .corrupt("checksum of a frame is wrong", at: place) }
        try check(frame.header, payload, place)
        members.removeFirst()
        return walked(frame.header, payload, member.segment, member.position)
    }

    private func walked(
        _ header: FrameHeader,
        _ payload: UnsafeRawBufferPointer,
        _ segment: Int,
        _ position: Int64
    ) -> WalkedFrame {
        let unit = scope.log.unit(of: header)
        return WalkedFrame(
            header: header,
            payload: payload,
            segment: segment,
            position: position,
            time: unit.time,
            unitEnd: unit.end
        )
    }

    private mutating func check(
        _ header: FrameHeader,
        _ payload: UnsafeRawBufferPointer,
        _ place: LogError.Place
    ) throws(LogError) {
        let log = scope.log
        try PayloadRules.check(header, payload, &validator, at: place) { log.schema($0) }
    }
}

/// Walks a sealed segment from front to back. Everything is checked, unless its records were checked before.
struct FileWalk: ~Copyable {
    private let scope: CompactionScope
    private let index: Int
    private let isChecked: Bool
    private var cursor: FrameCursor
    private var validator = RecordValidator()

    init(_ scope: CompactionScope, _ index: Int, isChecked: Bool = false) throws(LogError) {
        self.scope = scope
        self.index = index
        self.isChecked = isChecked
        cursor = try scope.open(index).cursor(seed: scope.log.seed)
    }

    /// Whether the frame that came last is the file's last one.
    var isAtEnd: Bool { cursor.position >= cursor.limit }

    mutating func next() throws(LogError) -> WalkedFrame? {
        let place = cursor.place
        switch try cursor.peek() {
        case .end: return nil
        case .damaged(let reason): throw .corrupt(reason, at: place)
        case .frame(let frame):
            let position = cursor.position
            guard let payload = try cursor.payload(of: frame) else {
                throw .corrupt("checksum of a frame's payload is wrong", at: place)
            }
            let log = scope.log
            if !isChecked { try PayloadRules.check(frame.header, payload, &validator, at: place) { log.schema($0) } }
            cursor.advance(past: frame)
            let unit = log.unit(of: frame.header)
            return WalkedFrame(
                header: frame.header,
                payload: payload,
                segment: index,
                position: position,
                time: unit.time,
                unitEnd: unit.end
            )
        }
    }
}

extension EventLog {
    /// The commit time of a frame's unit, and its end; a member knows neither.
    fileprivate func unit(of header: FrameHeader) -> (time: Int64, end: Offset) {
        guard header.kind.isGroupMember else { return (header.commitTime, header.endOffset) }
        let extent = monitor.withLock { state.history.groups.extents[header.group] }
        return (extent?.closing?.transaction.commitTime ?? header.commitTime, extent?.end ?? header.endOffset)
    }
}
