public import Relational

extension EventLog {
    /// Begins a group: the parts of one large commit, or the frames of one snapshot.
    ///
    /// The group's frames become visible with its closing frame. A group that is not closed before the log is opened again is dropped.
    public func makeGroup() -> GroupID { monitor.withLock { state.history.groups.make() } }

    /// Appends a frame of records (*commit*, *part*, *snapshot*, *application*) and returns its first offset.
    ///
    /// Blocks while the buffer is full, flushing itself when no other thread does. Visible only after `flush`.
    ///
    /// While there is no space, what fits the buffer is still taken; what does not is refused with `diskFull`, and nothing was appended.
    ///
    /// - Throws: `invalidAppend` for records that are not well formed in outline or name an unknown schema, a commit that is in the log
    ///   already, or a group that is not open; `diskFull`, `poisoned` or `closed`.
    @discardableResult
    public func append(
        kind: FrameKind,
        header: TransactionHeader,
        group: GroupID = .none,
        records: UnsafeRawBufferPointer,
        recordCount: Int
    ) throws(LogError) -> Offset {
        guard kind.hasRecords else {
            throw LogError(.invalidAppend, "a \(kind) frame holds no records")
        }
        return try monitor.withLock { () throws(LogError) in
            try appendFrame(kind, header, group, records, recordCount)
        }
    }

    /// Ends a snapshot of `relations`: once this is durable, its rows are visible.
    @discardableResult
    public func appendSnapshotComplete(
        group: GroupID,
        relations: [RelationID],
        header: TransactionHeader
    ) throws(LogError) -> Offset {
        try appendList(.snapshotComplete, header, group, relations)
    }

    /// Notes that every published commit up to `position` is in the log.
    @discardableResult
    public func appendPosition(_ position: SourcePosition, time: Int64) throws(LogError) -> Offset {
        let header = TransactionHeader(xid: 0, commitEnd: position, commitTime: time)
        return try monitor.withLock { () throws(LogError) in try appendFrame(.position, header, .none, Self.empty, 0) }
    }

    /// Notes the time that *now* means from here on, in microseconds since 2000-01-01 00:00 UTC.
    @discardableResult
    public func appendClockTick(_ time: Int64) throws(LogError) -> Offset {
        let header = TransactionHeader(xid: 0, commitEnd: .none, commitTime: time)
        return try monitor.withLock { () throws(LogError) in try appendFrame(.clockTick, header, .none, Self.empty, 0) }
    }

    /// Notes that the rows of `relations` begin anew here.
    @discardableResult
    public func appendGeneration(relations: [RelationID], header: TransactionHeader) throws(LogError) -> Offset {
        try appendList(.generation, header, .none, relations)
    }

    private static var empty: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: nil, count: 0) }

    private func appendList(
        _ kind: FrameKind,
        _ header: TransactionHeader,
        _ group: GroupID,
        _ relations: [RelationID]
    ) throws(LogError) -> Offset {
        var payload = ByteSlab()
        RelationListPayload.encode(relations, into: &payload)
        return try monitor.withLock { () throws(LogError) in
            try appendFrame(kind, header, group, payload.bytes, 0)
        }
    }

    /// Puts one frame into the buffer. Called with the lock held.
    func appendFrame(
        _ kind: FrameKind,
        _ transaction: TransactionHeader,
        _ group: GroupID,
        _ payload: UnsafeRawBufferPointer,
        _ recordCount: Int
    ) throws(LogError) -> Offset {
        let byteCount = StoredFrame.headerByteCount + payload.count
        try waitForRoom(byteCount)
        let refusal =
            state.history.groups.refusal(kind, group) ?? state.history.refusal(kind, at: transaction.commitEnd)
            ?? (kind.hasRecords ? state.outline.fault(payload, count: recordCount, state.history.schemas) : nil)
            ?? (byteCount > StoredFrame.byteCountMax ? "a frame holds at most 4 GiB" : nil)
        if let refusal { throw LogError(.invalidAppend, refusal) }
        let header = FrameHeader(
            kind: kind,
            recordCount: recordCount,
            firstOffset: state.nextOffset,
            transaction: transaction,
            group: group
        )
        let frame = StoredFrame(
            header: header,
            byteCount: byteCount,
            payloadChecksum: Checksum.crc32c(payload, seed: seed),
            synced: state.frontier.nextOffset
        )
        try state.history.note(header, payload: payload, at: LogError.Place(path: directory))
        let start = state.waiting.count
        _ = state.waiting.extend(by: StoredFrame.headerByteCount)
        state.waiting.append(payload)
        frame.encode(into: state.waiting.pointer(at: start), seed: seed)
        state.nextOffset = header.endOffset
        // Whoever waits for frames was woken by the first one.
        if start == 0 { monitor.broadcast() }
        return header.firstOffset
    }

    /// Waits until a frame fits the buffer; an empty buffer takes any frame.
    private func waitForRoom(_ byteCount: Int) throws(LogError) {
        while true {
            try state.checkWritable()
            if state.waiting.count == 0 || state.waiting.count + byteCount <= options.bufferByteLimit { return }
            if state.isFlushing {
                monitor.wait()
            } else {
                try flushWaiting()
            }
        }
    }
}
