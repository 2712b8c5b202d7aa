import Relational
import Synchronization

extension EventLog {
    /// Changes the manifest, unless the change is none; durable on return. Appending goes on meanwhile.
    func replaceManifest(_ change: (inout Manifest) throws(LogError) -> Void) throws(LogError) {
        try replacing.withLock { (_) throws(LogError) in
            var manifest = try monitor.withLock { () throws(LogError) in
                try state.checkWritable()
                return state.manifest
            }
            let before = manifest
            try change(&manifest)
            guard manifest != before else { return }
            try manifest.write(in: directory, fileSystem: fileSystem)
            monitor.withLock {
                manifest.revision = max(manifest.revision, state.manifest.revision)
                state.manifest = manifest
            }
        }
    }

    /// A revision that no file of this log has, or will have after a failure.
    func makeRevision() -> UInt32 {
        monitor.withLock {
            state.manifest.revision += 1
            return state.manifest.revision
        }
    }

    /// Puts `new`, whose file is durable in place, where `old` were, and moves the horizon; then removes the old files.
    ///
    /// `old` are adjacent sealed segments of the log as it is. `note` says what else the manifest tells from now on. A crash leaves the log as it
    /// was before or after. Readers that have an old file open go on in it.
    func swapSegments(
        _ old: ArraySlice<Segment>,
        for new: Segment,
        horizon: LogHorizon,
        _ note: (inout Manifest) -> Void
    ) throws(LogError) {
        try replaceManifest { (manifest) throws(LogError) in
            let segments = monitor.withLock { state.segments.replacing(old, by: new) }
            if horizon.offset > manifest.horizon.offset { manifest.horizon = horizon }
            manifest.segments = segments.filter { $0.end <= manifest.horizon.offset && $0.end > $0.first }
            note(&manifest)
        }
        // Commit point: the manifest names the new file. From here on nobody opens the old ones.
        monitor.withLock {
            state.segments = state.segments.replacing(old, by: new)
            state.sealed.segments = state.sealed.segments.replacing(old, by: new)
            state.frontier.byteCount += new.byteCount - old.reduce(0) { $0 + $1.byteCount }
            state.frontier.segmentCount = state.segments.count
        }
        writeRecoveryPoint()
        for segment in old where segment.name != new.name { try fileSystem.remove(segment.path(in: directory)) }
    }

    /// Ends the active segment, so that it can be compacted; one without frames stays active.
    ///
    /// - Throws: `diskFull`, `poisoned`, `closed`, or what the file system said.
    func sealActiveSegment() throws(LogError) {
        try flush()
        try monitor.withLock { () throws(LogError) in
            while state.isFlushing { monitor.wait() }
            try state.checkWritable()
            state.isFlushing = true
            let outcome: Result<Void, LogError> = monitor.withoutLock {
                do throws(LogError) {
                    return .success(try writer?.seal() ?? ())
                } catch {
                    return .failure(error)
                }
            }
            state.isFlushing = false
            monitor.broadcast()
            do throws(LogError) {
                try outcome.get()
            } catch {
                if error.code != .diskFull { note(error) }
                throw error
            }
            if let segment = writer?.segment { state.begin(segment) }
        }
        writeRecoveryPoint()
    }

    /// Notes what the sealed segments say in sum, for the next opening. Appending goes on meanwhile.
    func writeRecoveryPoint() {
        replacing.withLock { _ in
            let point = monitor.withLock { state.sealed }
            point.write(id: id, in: directory, headroom: options.headroomByteCount, fileSystem: fileSystem)
        }
    }
}

extension [Segment] {
    /// These segments with one in the place of several adjacent ones.
    fileprivate func replacing(_ old: ArraySlice<Segment>, by new: Segment) -> [Segment] {
        guard let first = old.first, let start = firstIndex(of: first) else { return self }
        var segments = self
        segments.replaceSubrange(start..<start + old.count, with: [new])
        return segments
    }
}
