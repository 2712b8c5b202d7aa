/// A whole log: read, written, compacted. `EventLog` keeps one in files; `LogConformance` (in TestSupport) holds every backend to what is
/// promised here. See `docs/log-backend.md`.
public protocol LogBackend: WritableLog {
    /// Takes away what retention does not ask for, once, as `docs/compaction.md` says; blocks for the whole length of the run.
    ///
    /// - `fold(log)` is the same before, after and at any moment between, for each reader, after each crash. A run that fails, is ended by `proceed` or is
    ///   cut off by a crash leaves the log before or after one of its steps; the next run goes on.
    /// - Offsets stay. What stays is what was appended, but that old rows leave records below the horizon and partial rows are completed.
    /// - Nothing younger than `minLag` and nothing above a registered cursor is touched, unless it is older than `maxLag` or the run is forced.
    ///   What was superseded longer than `maxLag` ago is gone after one run.
    /// - A tombstone leaves only when all it supersedes has left, every cursor that still holds is above it, and it is older than `minAge`.
    /// - Relations without a key, and those with retention `keep`, lose nothing.
    /// - Runs without new input end with nothing left to do.
    /// - Memory is bounded by `keyMapByteLimit` (and by the largest record); the result does not depend on it.
    ///
    /// Appending, flushing and reading go on meanwhile. One run at a time.
    /// - Throws: `diskFull`, which may be tried again; `locked` while another run is under way; `corrupt` or `io`, which leaves appending and
    ///   reading as they were; `poisoned` or `closed`.
    @discardableResult
    func compact(
        _ options: CompactionOptions,
        proceed: (CompactionProgress) -> Bool
    ) throws(LogError) -> CompactionReport

    /// Who reads the log and holds tombstones, by name.
    var cursors: [LogCursor] { get }

    /// Registers cursors, or notes that they have moved; durable on return, all of them or none. A cursor never moves back.
    ///
    /// - Throws: `diskFull`, which may be tried again; `io`, `poisoned` or `closed`.
    func noteCursors(_ moved: [LogCursor]) throws(LogError)

    /// Forgets a cursor; durable on return. Throws as `noteCursors` does.
    func removeCursor(_ name: String) throws(LogError)
}

extension EventLog: LogBackend {}
