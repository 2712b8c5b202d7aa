public import Relational

/// A `Standby status update`: the only message that moves a slot.
///
/// One position stands for written, flushed and applied, because nothing counts here before it is durable.
public struct StandbyStatus: Hashable, Sendable {
    /// Up to here everything is durable in the log.
    public var durable: LSN
    /// This side's clock, in microseconds since 2000-01-01 UTC.
    public var time: Int64
    /// Whether the server shall answer with a keepalive at once.
    public var requestsReply: Bool

    /// Makes a status.
    public init(durable: LSN, time: Int64, requestsReply: Bool) {
        self.durable = durable
        self.time = time
        self.requestsReply = requestsReply
    }

    /// | bytes | content |
    /// |---|---|
    /// | 0 | `r` |
    /// | 1..<9, 9..<17, 17..<25 | written, flushed, applied, big-endian |
    /// | 25..<33 | clock |
    /// | 33 | 1 when a reply is wanted |
    public func encode() -> [UInt8] {
        var bytes = [UInt8(ascii: "r")]
        for value in [durable.rawValue, durable.rawValue, durable.rawValue, UInt64(bitPattern: time)] {
            withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
        }
        bytes.append(requestsReply ? 1 : 0)
        return bytes
    }
}
