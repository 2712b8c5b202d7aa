public import Relational

extension EventLog {
    /// How far the log is durable.
    public var frontier: LogFrontier { monitor.withLock { state.frontier } }

    /// The first offset that the log holds.
    public var firstOffset: Offset { monitor.withLock { state.segments[0].first } }

    /// Makes everything appended before the call durable and visible.
    ///
    /// One write and one `fdatasync`, whatever the number of frames. Other threads may append meanwhile.
    ///
    /// - Throws: what the file system said; from then on the log is poisoned and every call says so.
    @discardableResult
    public func flush() throws(LogError) -> LogFrontier {
        try monitor.withLock { () throws(LogError) in
            let goal = state.nextOffset
            while state.frontier.nextOffset < goal {
                try state.checkWritable()
                if state.isFlushing {
                    monitor.wait()
                } else {
                    try flushWaiting()
                }
            }
            try state.checkWritable()
            return state.frontier
        }
    }

    /// Blocks until something waits for a flush; false when the time is over or the log was closed.
    public func waitForAppend(timeout: Duration? = nil) throws(LogError) -> Bool {
        let deadline = Monitor.Deadline(after: timeout)
        return try monitor.withLock { () throws(LogError) in
            while true {
                if let failure = state.failure { throw failure }
                if state.waiting.count > 0 { return true }
                if state.isClosed || !monitor.wait(until: deadline) { return false }
            }
        }
    }

    /// Blocks until the frontier lies beyond `offset`; nil when the time is over or the log was closed.
    ///
    /// - Throws: `poisoned` when the frontier will not move any more.
    public func waitForFrontier(
        beyond offset: Offset,
        timeout: Duration? = nil,
        since wakeCount: UInt64? = nil
    ) throws(LogError) -> LogFrontier? {
        let deadline = Monitor.Deadline(after: timeout)
        return try monitor.withLock { () throws(LogError) in
            while true {
                if state.frontier.nextOffset > offset { return state.frontier }
                if let failure = state.failure { throw failure }
                if let wakeCount, state.wakeCount != wakeCount { return nil }
                if state.isClosed || !monitor.wait(until: deadline) { return nil }
            }
        }
    }

    /// Ends the waits of readers who gave a wake count read before this call.
    public func wakeReaders() {
        monitor.withLock {
            state.wakeCount &+= 1
            monitor.broadcast()
        }
    }

    /// Read it before looking for work that `wakeReaders` announces, and give it to `waitForFrontier`: no call in between is missed.
    public var wakeCount: UInt64 { monitor.withLock { state.wakeCount } }

    /// Takes the waiting frames to the disk. Called with the lock held and no flush under way; the lock is free meanwhile.
    func flushWaiting() throws(LogError) {
        // Without a writer nothing was ever appended.
        guard state.waiting.count > 0 else { return }
        state.isFlushing = true
        state.turnBuffers()
        let frames = state.leaving.bytes
        let end = state.nextOffset
        let source = state.history.source
        let sourceTime = state.history.sourceTime
        let outcome: Result<Bool, LogError> = monitor.withoutLock {
            do throws(LogError) {
                return .success(try writer?.write(frames, end: end) ?? false)
            } catch {
                return .failure(error)
            }
        }
        state.isFlushing = false
        state.leaving.removeAll()
        state.leaving.shrink(keeping: 2 * options.bufferByteLimit)
        monitor.broadcast()
        switch outcome {
        case .failure(let error):
            // Nothing is tried again: after a failed sync the kernel may drop the pages and call the next sync a success.
            state.failure = LogError(
                .poisoned,
                "the log takes nothing more since a write failed: \(error.message)",
                detail: error.detail,
                hint: error.hint ?? "look at the device, then start again",
                place: error.place
            )
            throw error
        case .success(let isNewSegment):
            guard let segment = writer?.segment else { return }
            if isNewSegment {
                state.segments.append(segment)
            } else {
                state.segments[state.segments.count - 1] = segment
            }
            let added = Int64(frames.count) + (isNewSegment ? Int64(SegmentFile.headerByteCount) : 0)
            state.frontier = LogFrontier(
                nextOffset: end,
                source: source,
                sourceTime: sourceTime,
                byteCount: state.frontier.byteCount + added,
                segmentCount: state.segments.count
            )
        }
    }
}
