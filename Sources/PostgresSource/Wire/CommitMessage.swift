public import Relational

/// `C`: the transaction is complete.
public struct CommitMessage: Hashable, Sendable {
    /// Where its commit record starts.
    public var commitLSN: LSN
    /// Where its commit record ends: what may be confirmed once the transaction is durable.
    public var endLSN: LSN
    /// Microseconds since 2000-01-01 UTC.
    public var commitTime: Int64

    /// Decodes the body; the type byte is already consumed.
    public init(from reader: inout WireReader) throws(WireError) {
        let flags: UInt8 = try reader.integer("commit.flags")
        guard flags == 0 else { throw WireError(code: .unknownValue, field: "commit.flags", byteOffset: 1) }
        commitLSN = LSN(try reader.integer("commit.commitLSN"))
        endLSN = LSN(try reader.integer("commit.endLSN"))
        commitTime = try reader.integer("commit.commitTime")
        try reader.finish("commit")
    }
}
