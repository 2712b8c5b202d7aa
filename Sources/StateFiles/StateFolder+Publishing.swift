import EventLog
import Synchronization

extension StateFolder {
    /// Makes a manifest the newest one; it is durable on return. Its log, rules and number are the folder's to give.
    ///
    /// All its runs must be held, or named by a manifest that is kept. Then every file goes that no kept manifest names and nobody holds.
    ///
    /// - Throws: `notFound` when a run is not in the folder, or what the file system said; then the manifests before it are in force.
    @discardableResult
    public func publish(_ manifest: StateManifest) throws(StateError) -> StateManifest {
        try checkWritable()
        let names = [logID] + manifest.sections.map(\.name) + manifest.notes.keys
        precondition(names.allSatisfy(Self.isWord), "names in a manifest are words")
        var manifest = manifest
        manifest.logID = logID
        manifest.semantics = semantics
        return try publishing.withLock { _ throws(StateError) in
            if let run = contents.withLock({ $0.beginPublication(&manifest) }) { throw .missing(run.id, in: path) }
            do throws(StateError) {
                let byteCount = try store(manifest)
                contents.withLock { $0.endPublication(byteCount: byteCount, manifestsKept: options.manifestsKept) }
            } catch {
                contents.withLock { $0.endPublication(byteCount: nil, manifestsKept: options.manifestsKept) }
                throw error
            }
            removeLeftovers()
            return manifest
        }
    }

    /// Takes a manifest out of those that are kept, when its runs turned out to be damaged, and every other that names the run of the error's
    /// path; their files go with the next `publish`.
    public func refuse(_ manifest: StateManifest, because error: StateError) {
        contents.withLock { $0.refuse(manifest.number, error) }
    }

    /// Removes the manifests, where there is no space and nobody began with one of them; runs that are held stay.
    public func giveUpManifests() {
        if contents.withLock({ $0.forgetElder(keeping: 0) }) { removeLeftovers() }
    }

    /// Removes all manifests and runs: the state is made again from the log. The folder stays usable; runs that are still held can be read but
    /// not published.
    public func drop() throws(StateError) {
        try checkWritable()
        try publishing.withLock { _ throws(StateError) in
            contents.withLock { $0.forgetAll() }
            let names = try source.names()
            for name in names where StateNames.manifestNumber(name) != nil { try remove(name) }
            // Commit point: from here on no manifest names the runs.
            try synchronize()
            for name in contents.withLock({ $0.takeLeftovers(names) }) {
                try remove(name)
                if let id = StateNames.runID(name) { cache.forget(id) }
            }
        }
    }

    private static func isWord(_ name: String) -> Bool {
        !name.isEmpty && !name.utf8.contains { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }
    }

    /// Writes the file of a manifest; its length.
    private func store(_ manifest: StateManifest) throws(StateError) -> Int64 {
        let bytes = manifest.bytes
        let name = StateNames.manifest(manifest.number)
        guard bytes.count <= StateManifest.byteMax else {
            throw StateError(
                .io,
                "a manifest of state is too long",
                detail: "\(bytes.count) bytes",
                path: source.place(name)
            )
        }
        do throws(StateError) {
            try write(bytes, to: name)
            return Int64(bytes.count)
        } catch {
            // Nobody relies on it: not even its runs are sure to stay.
            try? remove(name + StateNames.unfinished)
            try? remove(name)
            throw error
        }
    }

    private func write(_ bytes: [UInt8], to name: String) throws(StateError) {
        let (fileSystem, target) = (source.fileSystem, source.place(name))
        let unfinished = target + StateNames.unfinished
        // A manifest that a crash leaves finds its runs: their names are durable before its own.
        try synchronize()
        try source.asking { () throws(LogError) in
            let file = try fileSystem.open(unfinished, .create)
            let outcome: Result<Void, LogError> = bytes.withUnsafeBytes { buffer in
                do throws(LogError) {
                    return .success(try file.write(buffer, at: 0))
                } catch {
                    return .failure(error)
                }
            }
            try outcome.get()
            try file.synchronize()
            try fileSystem.rename(unfinished, to: target)
        }
        // Commit point: until the folder is durable the manifests before this one are in force.
        try synchronize()
    }

    /// Removes the files that nobody needs; what cannot be removed now is tried again the next time. `publish` does so by itself.
    public func removeLeftovers() {
        guard let names = try? source.names() else { return }
        let leftovers = contents.withLock { $0.takeLeftovers(names) }
        // Manifests go first, so that none names a run that is gone.
        for name in leftovers where StateNames.runID(name) == nil { try? remove(name) }
        for name in leftovers {
            guard let id = StateNames.runID(name) else { continue }
            try? remove(name)
            cache.forget(id)
        }
    }
}
