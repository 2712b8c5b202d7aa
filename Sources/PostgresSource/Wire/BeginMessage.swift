public import Relational

/// `B`: a transaction's changes follow.
public struct BeginMessage: Hashable, Sendable {
    /// Where its commit record starts.
    public var commitLSN: LSN
    /// Microseconds since 2000-01-01 UTC.
    public var commitTime: Int64
    /// The transaction's number.
    public var xid: UInt32

    /// Decodes the body; the type byte is already consumed.
    public init(from reader: inout WireReader) throws(WireError) {
        commitLSN = LSN(try reader.integer("begin.commitLSN"))
        commitTime = try reader.integer("begin.commitTime")
        xid = try reader.integer("begin.xid")
        try reader.finish("begin")
    }
}
