public import Relational

/// `M`: what `pg_logical_emit_message` wrote.
public struct LogicalMessage {
    /// Whether it belongs to a transaction.
    public var isTransactional: Bool
    /// Where it stands in the write-ahead log.
    public var lsn: LSN
    /// Whose message it is.
    public var prefix: String
    /// The message; borrowed.
    public var content: UnsafeRawBufferPointer

    /// Decodes the body; the type byte is already consumed.
    public init(from reader: inout WireReader) throws(WireError) {
        let flags: UInt8 = try reader.integer("message.flags")
        guard flags <= 1 else { throw reader.error(.unknownValue, "message.flags") }
        isTransactional = flags == 1
        lsn = LSN(try reader.integer("message.lsn"))
        prefix = try reader.string("message.prefix")
        let byteCount: Int32 = try reader.integer("message.length")
        content = try reader.bytes(Int(byteCount), "message.content")
        try reader.finish("message")
    }
}
