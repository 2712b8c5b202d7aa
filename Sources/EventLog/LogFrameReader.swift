public import Relational

/// Follows a log from an offset, frame by frame, in the order in which units become visible. Owned by one thread.
///
/// - Frames of one unit come one after the other; all but the last say that more follows (`FrameView.continues`). Units come in the order
///   of their ends, so `FrameView.progress` grows although the first offsets of frames need not.
/// - What a reader has delivered, it never delivers again, and it passes over nothing that is to be seen.
/// - In a compacted part everything up to the horizon is one unit, and its frames say so (`FrameView.horizon`): its records are states of
///   their keys.
/// - A reader under way when the log is compacted or closed goes on.
///
/// The reader names its log, and not the log its reader: readers are not copyable, which Swift allows no associated type of a protocol.
/// Code for any backend is generic over the reader, without a wrapper or an existential for each frame.
public protocol LogFrameReader: ~Copyable {
    associatedtype Log: ReadableLog

    /// Begins at the first unit that is not done at `offset`: 0, or what `progress` was. An offset in the middle of a frame delivers the
    /// whole frame.
    ///
    /// - Throws: `outOfRange` above the frontier or below the first offset; `horizonPassed` when a tombstone, or a record that was too old or one too
    ///   many, has left above `offset`: the way on is to begin again at 0, which never throws it.
    init(_ log: Log, from offset: Offset) throws(LogError)

    /// The end of the last unit delivered; the offset to begin again from.
    var progress: Offset { get }

    /// The next frame, valid until the next call; nil at the durable end, where it may be called again later.
    ///
    /// Each record has been checked to be well formed.
    /// - Throws: `corrupt` or `newerFormat` with the exact place, or `io`: the reader is at the same frame then, and may be asked again;
    ///   `horizonPassed` when what has left meanwhile would be missing from what was delivered.
    mutating func next() throws(LogError) -> FrameView?
}

extension LogReader: LogFrameReader {}
