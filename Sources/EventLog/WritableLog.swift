public import Relational

/// A log as its one writer sees it.
///
/// - Appending takes a frame and gives its offset; it is visible only after `flush`, and what was not flushed is gone with the process.
/// - **Without space** appending and flushing throw `diskFull` and lose nothing: the frames that were taken keep their places, readers and
///   compaction go on, and the first flush that finds space goes on too, without a new opening.
/// - **Poisoned.** After any other failure to make frames durable nothing more is taken: every later call throws `poisoned` until the log is
///   opened again. What was visible stays readable.
/// - **Closed.** After `close` every call here throws `closed`; readers go on.
///
/// `append` belongs to one thread; another one may `flush` at the same time.
public protocol WritableLog: ReadableLog {
    /// Binds the log to a source on first use, or notes that its timeline has moved on; durable on return.
    ///
    /// - Throws: `foreign` when the log follows another source, or a later timeline of it; `invalidAppend` for an identifier that is none.
    func follow(_ source: SourceIdentity) throws(LogError)

    /// The id of a schema, appending a *schema* frame when it differs from the relation's current one.
    ///
    /// Ids are dense, in the order of their frames, and never used twice. A schema that was not flushed before a crash is registered again.
    /// - Throws: `invalidAppend` for a schema that contradicts itself; `diskFull`, `poisoned` or `closed`.
    func register(_ schema: RelationSchema, readAt position: SourcePosition) throws(LogError) -> SchemaID

    /// Begins a group: the parts of one large commit, or the frames of one snapshot. Its id is never given again.
    func makeGroup() -> GroupID

    /// Appends a frame of records (*commit*, *part*, *snapshot*, *application*) and returns its first offset.
    ///
    /// `records` starts at a multiple of 8 and is copied. May block while the buffer is full.
    /// - Throws: `invalidAppend`, and nothing was appended, for records that are not well formed or name an unknown schema, a commit at or below
    ///   the frontier's source position (it is in the log already), or a group that is not open; `diskFull`, `poisoned` or `closed`.
    @discardableResult
    func append(
        kind: FrameKind,
        header: TransactionHeader,
        group: GroupID,
        records: UnsafeRawBufferPointer,
        recordCount: Int
    ) throws(LogError) -> Offset

    /// Ends a snapshot of `relations`: once this is durable, its rows are visible. Throws as `append` does.
    @discardableResult
    func appendSnapshotComplete(
        group: GroupID,
        relations: [RelationID],
        header: TransactionHeader
    ) throws(LogError) -> Offset

    /// Notes that every published commit up to `position` is in the log. Throws as `append` does.
    @discardableResult
    func appendPosition(_ position: SourcePosition, time: Int64) throws(LogError) -> Offset

    /// Notes the time that *now* means from here on, in microseconds since 2000-01-01 00:00 UTC. Throws as `append` does.
    @discardableResult
    func appendClockTick(_ time: Int64) throws(LogError) -> Offset

    /// Notes that the rows of `relations` begin anew here: all of theirs before are gone. Throws as `append` does.
    @discardableResult
    func appendGeneration(relations: [RelationID], header: TransactionHeader) throws(LogError) -> Offset

    /// Makes everything appended before the call durable and visible.
    ///
    /// - Throws: `diskFull`, which may be tried again; what the medium said, after which the log is poisoned; `poisoned` or `closed`.
    @discardableResult
    func flush() throws(LogError) -> LogFrontier

    /// Blocks until something waits for a flush; false when the time is over or the log was closed.
    func waitForAppend(timeout: Duration?) throws(LogError) -> Bool

    /// Why the log takes no more to the medium for now; nil while it does.
    var shortage: LogError? { get }

    /// Blocks until a flush, which some other thread tries again and again, has found space.
    ///
    /// - Throws: `diskFull` once `stopWaitingForSpace` was called; `poisoned` or `closed`.
    func waitForSpace() throws(LogError)

    /// Ends the waiting for space, now and later.
    func stopWaitingForSpace()

    /// Flushes, ends all waiting, and lets another writer open the log.
    ///
    /// Without space it throws `diskFull` and closes all the same: what was not durable is gone. Of a poisoned log it only closes.
    func close() throws(LogError)
}

extension WritableLog {
    /// Appends a frame of the records in a slab.
    @inlinable
    @discardableResult
    public func append(
        kind: FrameKind,
        header: TransactionHeader,
        group: GroupID = .none,
        records: borrowing ByteSlab,
        recordCount: Int
    ) throws(LogError) -> Offset {
        try append(kind: kind, header: header, group: group, records: records.bytes, recordCount: recordCount)
    }
}
