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
    /// - Throws: `diskFull` when there is no space: everything appended is kept, and the next call tries again. Else what the file
    ///   system said; from then on the log is poisoned and every call says so.
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

    /// Why the log takes no more to the disk for now; nil while it does.
    public var shortage: LogError? { monitor.withLock { state.shortage } }

    /// Blocks until a flush, which some other thread tries again and again, has found space.
    ///
    /// - Throws: `diskFull` once `stopWaitingForSpace` was called; `poisoned` or `closed`.
    public func waitForSpace() throws(LogError) {
        try monitor.withLock { () throws(LogError) in
            while let shortage = state.shortage {
                try state.checkWritable()
                if state.isWaitingForSpaceOver { throw shortage }
                monitor.wait()
            }
        }
    }

    /// Whether `stopWaitingForSpace` was called.
    public var isWaitingForSpaceOver: Bool { monitor.withLock { state.isWaitingForSpaceOver } }

    /// Ends the waiting for space, now and later.
    public func stopWaitingForSpace() {
        monitor.withLock {
            state.isWaitingForSpaceOver = true
            monitor.broadcast()
        }
    }

    /// Blocks until something waits for a flush; false when the time is over or the log was closed.
    public func waitForAppend(timeout: Duration? = nil) throws(LogError) -> Bool {
        let deadline = Monitor.Deadline(after: timeout)
        return try monitor.withLock { () throws(LogError) in
            while true {
                if let failure = state.failure { throw failure }
                if state.waiting.count > 0 || state.shortage != nil { return true }
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

    /// Takes frames to the disk: those that found no space before, else the waiting ones. Called with the lock held and no flush under
    /// way; the lock is free meanwhile.
    func flushWaiting() throws(LogError) {
        // A log that is open for reading only never comes further: nothing was appended.
        if state.leaving.count == 0 {
            guard state.waiting.count > 0 else { return }
            state.turnBuffers()
        }
        state.isFlushing = true
        let frames = state.leaving.bytes
        let end = state.departure.nextOffset
        let outcome: Result<Void, LogError> = monitor.withoutLock {
            do throws(LogError) {
                return .success(try writer?.write(frames, end: end) ?? ())
            } catch {
                return .failure(error)
            }
        }
        state.isFlushing = false
        monitor.broadcast()
        switch outcome {
        case .success:
            guard let segment = writer?.segment else { return }
            let begun = segment.first != state.segments[state.segments.count - 1].first
            state.arrive(in: segment, bufferByteLimit: options.bufferByteLimit)
            if begun { monitor.withoutLock { writeRecoveryPoint() } }
        case .failure(let error):
            note(error)
            throw error
        }
    }

    /// Takes note of a flush that failed.
    func note(_ error: LogError) {
        if error.code == .diskFull {
            // The frames stay in `leaving`: the next attempt writes the same bytes to the same place.
            state.shortage = error
            return
        }
        // Nothing is tried again: after a failed sync the kernel may drop the pages and call the next sync a success.
        state.shortage = nil
        state.leaving.removeAll()
        state.failure = LogError(
            .poisoned,
            "the log takes nothing more since a write failed: \(error.message)",
            detail: error.detail,
            hint: error.hint ?? "look at the device, then start again",
            place: error.place
        )
    }
}
