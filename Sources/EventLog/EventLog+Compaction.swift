import Relational

extension EventLog {
    /// Below it a record may be gone because a later one says more.
    public var horizon: LogHorizon { monitor.withLock { state.manifest.horizon } }

    /// Compacts sealed segments once; see `docs/compaction.md`. One run at a time; blocks for its whole length.
    ///
    /// `proceed` is told how far the run is, and ends it by returning false: what was swapped in stays.
    /// - Throws: `diskFull`, which may be tried again; `locked` while another run is under way; `corrupt`, `io`, `poisoned` or `closed`.
    @discardableResult
    public func compact(
        _ options: CompactionOptions,
        proceed: (CompactionProgress) -> Bool = { _ in true }
    ) throws(LogError) -> CompactionReport {
        try monitor.withLock { () throws(LogError) in
            try state.checkWritable()
            if state.isCompacting {
                throw LogError(.locked, "a run of compaction is under way", hint: "wait until it is over")
            }
            state.isCompacting = true
        }
        defer { monitor.withLock { state.isCompacting = false } }
        return try runCompaction(options, isDry: false, proceed)
    }

    /// What `compact` would do now, without the active segment; changes nothing.
    ///
    /// - Throws: `corrupt` or `io`.
    public func surveyCompaction(
        _ options: CompactionOptions,
        proceed: (CompactionProgress) -> Bool = { _ in true }
    ) throws(LogError) -> CompactionReport {
        try runCompaction(options, isDry: true, proceed)
    }

    private func runCompaction(
        _ options: CompactionOptions,
        isDry: Bool,
        _ proceed: (CompactionProgress) -> Bool
    ) throws(LogError) -> CompactionReport {
        try withoutActuallyEscaping(proceed) { (proceed) throws(LogError) in
            let pace = CompactionPace(bytesPerSecond: options.bytesPerSecond, proceed: proceed)
            return try CompactionRun(log: self, options: options, pace: pace, isDry: isDry).run()
        }
    }
}
