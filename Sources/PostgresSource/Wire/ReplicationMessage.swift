public import Relational

/// What a walsender sends inside COPY BOTH.
///
/// Format: Postgres manual, "Streaming Replication Protocol".
public enum ReplicationMessage {
    /// One message of the output plugin. The position is where it comes from; it is not safe to confirm.
    case data(XLogData)
    /// How far the server is.
    case keepalive(PrimaryKeepalive)

    /// Decodes one message.
    public init(_ bytes: UnsafeRawBufferPointer) throws(WireError) {
        var reader = WireReader(bytes)
        switch try reader.integer("replication.kind", as: UInt8.self) {
        case UInt8(ascii: "w"): self = .data(try XLogData(from: &reader))
        case UInt8(ascii: "k"): self = .keepalive(try PrimaryKeepalive(from: &reader))
        default: throw WireError(code: .unknownValue, field: "replication.kind", byteOffset: 0)
        }
    }
}

/// An `XLogData` message.
public struct XLogData {
    /// Where the change starts in the write-ahead log.
    public var walStart: LSN
    /// The server's position when it sent this.
    public var walEnd: LSN
    /// The server's clock, in microseconds since 2000-01-01 UTC.
    public var sendTime: Int64
    /// The output plugin's message; borrowed.
    public var payload: UnsafeRawBufferPointer

    init(from reader: inout WireReader) throws(WireError) {
        walStart = LSN(try reader.integer("xlogData.walStart"))
        walEnd = LSN(try reader.integer("xlogData.walEnd"))
        sendTime = try reader.integer("xlogData.sendTime")
        payload = reader.rest()
    }
}

/// A `Primary keepalive` message.
public struct PrimaryKeepalive: Hashable, Sendable {
    /// Everything that was published below this position has been sent.
    public var walEnd: LSN
    /// The server's clock, in microseconds since 2000-01-01 UTC.
    public var sendTime: Int64
    /// Whether the server wants a status at once, else it ends the connection.
    public var isReplyRequested: Bool

    init(from reader: inout WireReader) throws(WireError) {
        walEnd = LSN(try reader.integer("keepalive.walEnd"))
        sendTime = try reader.integer("keepalive.sendTime")
        let reply: UInt8 = try reader.integer("keepalive.reply")
        guard reply <= 1 else {
            throw WireError(code: .unknownValue, field: "keepalive.reply", byteOffset: reader.position - 1)
        }
        isReplyRequested = reply == 1
        try reader.finish("keepalive")
    }
}
