import Relational

/// Writes what lives of adjacent segments into one.
///
/// A frame whose records all stay as they are is copied byte for byte; of another one a sparse frame with the same header stays. Frames that have
/// grown by completing their records come as several, so that one buffer is enough.
struct SegmentRewriter: ~Copyable {
    private static let pieceByteLimit = 16 << 20

    private let scope: CompactionScope
    private var rewriter: RecordRewriter
    /// The records of the sparse frame that is being made, and one record.
    private var payload = ByteSlab(capacity: 1 << 16)
    private var form = ByteSlab(capacity: 1 << 12)
    /// Of that frame; its first offset grows with each piece.
    private var header: FrameHeader
    private(set) var recordsRemoved = 0

    init(_ scope: CompactionScope) {
        self.scope = scope
        rewriter = RecordRewriter(scope)
        let none = TransactionHeader(xid: 0, commitEnd: .none, commitTime: 0)
        header = FrameHeader(kind: .commit, recordCount: 0, firstOffset: .zero, transaction: none)
    }

    /// Rewrites the segments in `range`, in order.
    mutating func rewrite(
        _ range: Range<Int>,
        _ survey: borrowing CompactionSurvey,
        into output: inout SegmentOutput
    ) throws(LogError) {
        for index in range {
            var walk = try FileWalk(scope, index, isChecked: true)
            var ordinal = index < scope.cleanCount ? survey.findings.cleanStarts[index] : 0
            while let frame = try walk.next() {
                try survey.pace.advance(frame.byteCount)
                let isLast = walk.isAtEnd && index == range.upperBound - 1
                try take(frame, isLast: isLast, ordinal, survey, into: &output)
                ordinal += frame.header.recordCount
            }
        }
    }

    private mutating func take(
        _ frame: WalkedFrame,
        isLast: Bool,
        _ ordinal: Int,
        _ survey: borrowing CompactionSurvey,
        into output: inout SegmentOutput
    ) throws(LogError) {
        let header = frame.header
        let group = header.group
        let isDelivered = !(header.kind.isGroupMember && survey.findings.unclosedGroups.contains(group))
        let closesLiving = !header.kind.isGroupMember && survey.findings.livingGroups.contains(group)
        switch header.kind {
        case .schema, .generation: try output.append(frame.bytes)
        case .clockTick: if isLast || survey.findings.lastTick == header.firstOffset { try output.append(frame.bytes) }
        case .position: if isLast { try output.append(frame.bytes) }
        case .snapshotComplete: if isLast || closesLiving { try output.append(frame.bytes) }
        case .commit, .part, .snapshot, .application:
            let isChanged = try gather(frame, isDelivered, ordinal, survey, into: &output)
            if !isChanged {
                if header.recordCount > 0 || isLast || closesLiving { try output.append(frame.bytes) }
            } else if self.header.recordCount > 0 || isLast || closesLiving {
                self.header.offsetCount = Int(header.endOffset.rawValue - self.header.firstOffset.rawValue)
                try output.append(self.header, payload.bytes)
            }
            payload.removeAll()
            payload.shrink(keeping: 4 * Self.pieceByteLimit)
        }
    }

    /// Gathers the records of a frame that stay; false when all of them stay as they are.
    private mutating func gather(
        _ frame: WalkedFrame,
        _ isDelivered: Bool,
        _ ordinal: Int,
        _ survey: borrowing CompactionSurvey,
        into output: inout SegmentOutput
    ) throws(LogError) -> Bool {
        begin(frame.header)
        let isClean = frame.segment < scope.cleanCount
        let first = frame.header.firstOffset.rawValue
        let start = isClean ? ordinal : Int(first - scope.base.rawValue)
        var isChanged = false
        var index = 0
        for record in FrameRecords(frame.payload) {
            let distance = frame.header.isSparse ? record.offsetDistance : index
            form.removeAll()
            let place = RecordPlace(segment: frame.segment, position: frame.position(of: record))
            let number = start + (isClean ? index : distance)
            let outcome =
                isDelivered
                ? try rewriter.rewrite(record, number, place, survey, into: &form) : .leaves
            if case .staysAsItIs = outcome {
                if isChanged { try add(record.bytes, at: first + Int64(distance), into: &output) }
            } else {
                if !isChanged {
                    isChanged = true
                    try addFirst(index, of: frame, into: &output)
                }
                if case .rewritten = outcome {
                    try add(form.bytes, at: first + Int64(distance), into: &output)
                } else {
                    recordsRemoved += 1
                }
            }
            index += 1
        }
        return isChanged
    }

    private mutating func begin(_ original: FrameHeader) {
        header = original
        header.isSparse = true
        header.recordCount = 0
        payload.removeAll()
    }

    /// Adds the first records of a frame, which stay as they are.
    private mutating func addFirst(
        _ count: Int,
        of frame: WalkedFrame,
        into output: inout SegmentOutput
    ) throws(LogError) {
        var index = 0
        for record in FrameRecords(frame.payload) {
            if index == count { return }
            let distance = frame.header.isSparse ? record.offsetDistance : index
            try add(record.bytes, at: frame.header.firstOffset.rawValue + Int64(distance), into: &output)
            index += 1
        }
    }

    /// Adds a record; a frame that is large enough goes out before it.
    private mutating func add(
        _ record: UnsafeRawBufferPointer,
        at offset: Int64,
        into output: inout SegmentOutput
    ) throws(LogError) {
        if header.recordCount > 0, payload.count + record.count > Self.pieceByteLimit {
            try endPiece(at: offset, &output)
        }
        let start = payload.count
        payload.append(record)
        payload.store(UInt32(truncatingIfNeeded: offset - header.firstOffset.rawValue), at: start + 12)
        header.recordCount += 1
    }

    /// Writes what was gathered as a frame of its own, which ends before `offset`. The end of a group is told by the last piece alone.
    private mutating func endPiece(at offset: Int64, _ output: inout SegmentOutput) throws(LogError) {
        var piece = header
        if piece.kind == .commit, piece.group != .none { piece.kind = .part }
        piece.offsetCount = Int(offset - piece.firstOffset.rawValue)
        try output.append(piece, payload.bytes)
        payload.removeAll()
        header.firstOffset = Offset(offset)
        header.recordCount = 0
    }
}
