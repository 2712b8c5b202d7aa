public import Relational

/// What a frame says of itself, before its payload.
public struct FrameHeader: Hashable, Sendable {
    public var kind: FrameKind
    /// Change records in the payload; 0 for kinds without records.
    public var recordCount: Int
    /// The frame uses the offsets `firstOffset ..< endOffset`; record *i* has `firstOffset + i`, in a sparse frame the one it carries.
    public var firstOffset: Offset
    /// How many offsets the frame uses.
    public var offsetCount: Int
    /// Whether compaction took records out of the frame: the others carry their distance from `firstOffset`.
    public var isSparse = false
    /// xid, commit end and commit time of a source transaction; for other kinds see `docs/log-format.md`.
    public var transaction: TransactionHeader
    /// The large commit or the snapshot this frame belongs to.
    public var group: GroupID

    /// A frame as it is appended: its records use an offset each.
    public init(
        kind: FrameKind,
        recordCount: Int,
        firstOffset: Offset,
        transaction: TransactionHeader,
        group: GroupID = .none
    ) {
        self.kind = kind
        self.recordCount = recordCount
        self.firstOffset = firstOffset
        offsetCount = max(1, recordCount)
        self.transaction = transaction
        self.group = group
    }

    /// The first offset after the frame: a frame without records uses one offset too, so each frame has its own.
    public var endOffset: Offset { Offset(firstOffset.rawValue + Int64(offsetCount)) }

    public var commitEnd: SourcePosition { transaction.commitEnd }

    public var commitTime: Int64 { transaction.commitTime }
}
