public import Relational

/// The frame that ends a unit, as every frame of the unit knows it: a commit's own position is known before its parts are read.
public struct ClosingFrame: Hashable, Sendable {
    public let kind: FrameKind
    public let offset: Offset
    public let transaction: TransactionHeader

    init(kind: FrameKind, offset: Offset, transaction: TransactionHeader) {
        self.kind = kind
        self.offset = offset
        self.transaction = transaction
    }

    public init(_ header: FrameHeader) {
        kind = header.kind
        offset = header.firstOffset
        transaction = header.transaction
    }
}
