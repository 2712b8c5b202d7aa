public import Relational

/// What a frame says of itself, before its payload.
public struct FrameHeader: Hashable, Sendable {
    public var kind: FrameKind
    /// Change records in the payload; 0 for kinds without records.
    public var recordCount: Int
    /// The frame uses the offsets `firstOffset ..< endOffset`; record *i* has `firstOffset + i`.
    public var firstOffset: Offset
    /// xid, commit end and commit time of a source transaction; for other kinds see `docs/log-format.md`.
    public var transaction: TransactionHeader
    /// The large commit or the snapshot this frame belongs to.
    public var group: GroupID

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
        self.transaction = transaction
        self.group = group
    }

    /// The first offset after the frame: a frame without records uses one offset too, so each frame has its own.
    public var endOffset: Offset { Offset(firstOffset.rawValue + Int64(max(1, recordCount))) }

    public var commitEnd: SourcePosition { transaction.commitEnd }

    public var commitTime: Int64 { transaction.commitTime }
}
