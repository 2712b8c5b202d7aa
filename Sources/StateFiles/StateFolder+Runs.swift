import EventLog
import Relational
import Synchronization

extension StateFolder {
    /// Opens a run that a manifest of this folder names; one that is open already is handed out again.
    ///
    /// - Throws: `notFound`, `corrupt`, `newerFormat` with the path, or what the file system said.
    public func open(_ reference: RunReference, rule: MergeRule) throws(StateError) -> Run {
        switch contents.withLock({ $0.claim(reference) }) {
        case .open(let run): return run
        case .missing: throw .missing(reference.id, in: path)
        case .begun: break
        }
        do throws(StateError) {
            let run = try source.open(reference, rule: rule)
            return contents.withLock { $0.endClaim(reference.id, run) } ?? run
        } catch {
            _ = contents.withLock { $0.endClaim(reference.id, nil) }
            throw error
        }
    }

    /// Sorts a batch into a run; nil when nothing is left of it. The file is durable, its name with the next `publish`.
    ///
    /// - Throws: `diskFull`, after which it can be tried again, `corrupt` when weights leave their range, or what the file system said.
    public func write(_ batch: borrowing EntryBatch, rule: MergeRule) throws(StateError) -> Run? {
        if batch.count == 0 { return nil }
        return try make(needing: Int64(batch.slab.count), isMerge: false) { id throws(StateError) in
            try RunFile.write(
                batch,
                rule: rule,
                id: id,
                seed: source.seed,
                in: path,
                fileSystem: source.fileSystem,
                options: options.runOptions
            )
        }
    }

    /// Merges runs, oldest first, into one; nil when nothing is left of them. `isWhole` says that no elder run exists.
    ///
    /// - Throws: as `write`.
    public func merge(_ runs: [Run], isWhole: Bool) throws(StateError) -> Run? {
        let byteCount = runs.reduce(0) { $0 &+ $1.reference.byteCount }
        return try make(needing: byteCount, isMerge: true) { id throws(StateError) in
            try RunFile.merge(
                runs,
                isWhole: isWhole,
                id: id,
                seed: source.seed,
                in: path,
                fileSystem: source.fileSystem,
                options: options.runOptions
            )
        }
    }

    /// Has a run made under a new id, for which there is space until it is there or has failed.
    private func make(
        needing byteCount: Int64,
        isMerge: Bool,
        _ body: (UInt64) throws(StateError) -> Run?
    ) throws(StateError) -> Run? {
        let id = try begin(needing: byteCount, isMerge: isMerge)
        var run: Run?
        defer { contents.withLock { $0.endRun(id, reserved: byteCount, run) } }
        run = try body(id)
        return run
    }

    /// Gives the id of a new run, when there is space for it.
    private func begin(needing byteCount: Int64, isMerge: Bool) throws(StateError) -> UInt64 {
        try checkWritable()
        if let id = try? take(byteCount, isMerge: isMerge).get() { return id }
        // What nobody needs any more may still be there.
        removeLeftovers()
        if let id = try? take(byteCount, isMerge: isMerge).get() { return id }
        // Newer state is worth more than a second place to begin at.
        if contents.withLock({ $0.forgetElder(keeping: 1) }) { removeLeftovers() }
        return try take(byteCount, isMerge: isMerge).get()
    }

    private func take(_ byteCount: Int64, isMerge: Bool) -> Result<UInt64, StateError> {
        let free = source.fileSystem.freeByteCount(path)
        return contents.withLock { contents in
            let taken = contents.takenByteCount
            // A merge is how the state becomes smaller.
            if let byteMax = options.byteMax, !isMerge, taken &+ byteCount > byteMax {
                return .failure(.overMax(taken, needing: byteCount, byteMax: byteMax, in: path))
            }
            let headroom = options.headroomByteCount
            if let free, free &- byteCount < headroom {
                return .failure(.lowSpace(free, needing: byteCount, headroom: headroom, in: path))
            }
            return .success(contents.beginRun(reserving: byteCount))
        }
    }
}
