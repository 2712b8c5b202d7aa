public import Relational

/// One frame as a reader delivers it; valid until the reader's next call.
public struct FrameView {
    public let header: FrameHeader
    /// The payload, starting at an 8-byte boundary; for kinds with records exactly `recordCount` valid records.
    public let payload: UnsafeRawBufferPointer
    /// Whether more frames of the same unit follow: a source transaction or a snapshot must not be split for a reader.
    public let continues: Bool
    /// The frame that ends this frame's unit: itself, or the one that closes its group.
    public let closing: ClosingFrame
    /// Where the frame's unit ends when it lies in a compacted part of the log; nil elsewhere.
    ///
    /// Everything up to there is one unit. Its records are states of their keys: an insert or update puts its row there whether or
    /// not one was there, a delete takes the row away if one is there.
    public let horizon: LogHorizon?

    /// A frame of any backend; `payload` is the header's, well formed by the rules of its kind and aligned to 8.
    public init(
        header: FrameHeader,
        payload: UnsafeRawBufferPointer,
        continues: Bool,
        closing: ClosingFrame,
        horizon: LogHorizon? = nil
    ) {
        self.header = header
        self.payload = payload
        self.continues = continues
        self.closing = closing
        self.horizon = horizon
    }

    /// Where to go on reading when everything up to this frame is done; nil in the middle of a unit.
    public var progress: Offset? { continues ? nil : header.endOffset }

    /// The records in order; none for kinds without records.
    @inlinable
    public var records: FrameRecords {
        FrameRecords(kindHasRecords ? payload : UnsafeRawBufferPointer(start: nil, count: 0))
    }

    @usableFromInline
    var kindHasRecords: Bool { header.kind.hasRecords }

    /// The offset of the frame's `index`-th record.
    @inlinable
    public func offset(of record: ChangeRecord, at index: Int) -> Offset {
        Offset(header.firstOffset.rawValue + Int64(header.isSparse ? record.offsetDistance : index))
    }

    /// The schema that a *schema* frame holds; nil for other kinds.
    public var schema: (id: SchemaID, schema: RelationSchema)? {
        header.kind == .schema ? SchemaPayload.decode(payload) : nil
    }

    /// The relations that a *snapshot complete* or *generation* frame lists; nil for other kinds.
    public var relations: [RelationID]? {
        switch header.kind {
        case .snapshotComplete, .generation: RelationListPayload.decode(payload)
        default: nil
        }
    }
}

/// The change records of one frame, in order.
@frozen
public struct FrameRecords: Sequence, IteratorProtocol {
    // Unsafe: records are walked where they lie in the reader's buffer, without a copy; each was validated with its length.
    @usableFromInline var place: UnsafeRawPointer?
    @usableFromInline let end: UnsafeRawPointer?

    @inlinable
    init(_ payload: UnsafeRawBufferPointer) {
        place = payload.baseAddress
        end = payload.baseAddress.map { $0 + payload.count }
    }

    @inlinable
    public mutating func next() -> ChangeRecord? {
        guard let base = place, base != end else { return nil }
        let record = ChangeRecord(base)
        place = base + record.byteCount
        return record
    }
}
