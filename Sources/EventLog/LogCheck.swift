public import Relational

/// What a full check of a log found.
public struct LogCheck: Sendable {
    public var segmentCount = 0
    public var frameCount = 0
    public var recordCount = 0
    public var byteCount: Int64 = 0
    /// The first offset after the last good frame.
    public var nextOffset = Offset.zero
    /// Bytes at the end that were never made durable; the next opening cuts them off.
    public var tornByteCount: Int64 = 0
    /// The first fault of each file, in log order.
    public var faults: [LogError] = []
    /// Names in the folder that are not the log's.
    public var foreignNames: [String] = []

    public var isSound: Bool { faults.isEmpty }
}
