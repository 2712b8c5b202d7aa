/// What the source says of one committed transaction.
public struct TransactionHeader: Hashable, Sendable {
    public var xid: UInt32
    /// Where the commit record ends: the transaction's identity together with the timeline.
    public var commitEnd: SourcePosition
    /// Microseconds since 2000-01-01 00:00 UTC, by the source's clock.
    public var commitTime: Int64

    public init(xid: UInt32, commitEnd: SourcePosition, commitTime: Int64) {
        self.xid = xid
        self.commitEnd = commitEnd
        self.commitTime = commitTime
    }
}
