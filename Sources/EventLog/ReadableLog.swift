public import Relational

/// A log as its readers see it, whatever keeps it: files beside the process, or a service of several machines.
///
/// What a reader may assume of every log:
/// - **Offsets.** An offset is given once, in the order of appending, and after a crash never to something else that was seen before it.
///   Frames and records carry theirs for good; there are holes, so compare offsets and never count with them.
/// - **Durable first.** A frame is visible only when it is durable. What was visible once is there after every crash, except for what
///   compaction may take away below the horizon.
/// - **Units.** A transaction with all its parts, a snapshot with all its frames and each other frame are delivered whole and in order, or not
///   at all. A group that was not closed when its writer ended is never seen.
/// - **Horizon.** Above it nothing is missing. Below it a record of a relation with a key may be gone because a later one says more; what is
///   left folds to what the whole log folds to, at the horizon and at every unit's end above it.
/// - **Corruption is not an end.** Missing or changed bytes are a `corrupt` error with their place, never a shorter log.
///
/// A reader is a `LogFrameReader`. Calls may block and may come from any thread.
public protocol ReadableLog: AnyObject, Sendable {
    /// The log's identity, from its creation on.
    var id: LogID { get }

    /// The source the log follows; nil before `WritableLog.follow`.
    var source: SourceIdentity? { get }

    /// The first offset that the log holds.
    var firstOffset: Offset { get }

    /// How far the log is durable, and the position of the source up to which it is. It never moves back, and compaction does not change what
    /// it says of the source: by that position a writer knows which commits are in the log already.
    var frontier: LogFrontier { get }

    /// Below it a record may be gone because a later one says more; it never moves back.
    var horizon: LogHorizon { get }

    /// A schema by its id; nil when the log has none of that id. Schemas are never taken away.
    func schema(_ id: SchemaID) -> RelationSchema?

    /// The id of each relation's newest schema.
    var currentSchemas: [RelationID: SchemaID] { get }

    /// Blocks until the frontier lies beyond `offset`; nil when the time is over, `wakeReaders` was called after `wakeCount` was read, or the log
    /// was closed.
    ///
    /// - Throws: `poisoned` when the frontier will not move any more.
    func waitForFrontier(
        beyond offset: Offset,
        timeout: Duration?,
        since wakeCount: UInt64?
    ) throws(LogError) -> LogFrontier?

    /// Ends the waits of readers who gave a wake count read before this call.
    func wakeReaders()

    /// Read it before looking for work that `wakeReaders` announces, and give it to `waitForFrontier`: no call in between is missed.
    var wakeCount: UInt64 { get }
}
