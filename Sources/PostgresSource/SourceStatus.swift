public import Relational

/// How a source stands, at one moment.
public struct SourceStatus: Sendable, Hashable {
    /// What it does.
    public enum State: Sendable, Hashable {
        case connecting
        case snapshotting(SnapshotProgress)
        case streaming
        /// It tries again by itself; why, in words.
        case waiting(String)
        case stopped
        /// It has given up; see `lastError`.
        case failed
    }

    /// What it does.
    public var state = State.connecting
    /// The end of what was received.
    public var received = LSN.zero
    /// What the slot was told.
    public var confirmed = LSN.zero
    /// The server's own position, as last heard.
    public var serverEnd = LSN.zero
    /// Write-ahead log that the server keeps for the slot.
    public var retainedBytes: Int64?
    /// Memory of rows that are not in the log yet.
    public var bufferedBytes: Int64 = 0
    /// The newest trouble; stays after it is over.
    public var lastError: String?

    /// Bytes between the server's position and what is confirmed.
    public var lagBytes: Int64 {
        serverEnd > confirmed ? Int64(clamping: serverEnd.rawValue - confirmed.rawValue) : 0
    }
}

/// How the first snapshot gets on.
public struct SnapshotProgress: Sendable, Hashable {
    /// The table that is read.
    public var table: QualifiedName
    /// Rows read of it.
    public var rows: Int64
    /// Rows it has, as the planner's statistics say; nil when they do not.
    public var estimatedRows: Int64?
    /// Bytes read of all tables.
    public var bytes: Int64
    /// Rows a second since the table began.
    public var rowsPerSecond: Double
    /// Tables that are done, of how many.
    public var tablesDone: Int
    /// Tables there are.
    public var tableCount: Int
}
