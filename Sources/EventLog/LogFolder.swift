import Relational

/// The folder of a log: creating it, and clearing away what an interrupted step left.
struct LogFolder {
    let path: String
    let fileSystem: any FileSystem

    /// Creates the folder and missing ones above it, each durable in its parent before the next one is made.
    func create() throws(LogError) {
        var missing: [String] = []
        var current = path
        while try fileSystem.list(current) == nil {
            missing.append(current)
            let parent = Self.parent(of: current)
            if parent == current { break }
            current = parent
        }
        if missing.isEmpty { return }
        // The deepest folder that is there may be one that a killed process has just made. When this user may not even read the
        // folder above it, somebody else made it, long ago.
        try? fileSystem.synchronizeDirectory(Self.parent(of: current))
        for folder in missing.reversed() {
            _ = try fileSystem.createDirectory(folder)
            try fileSystem.synchronizeDirectory(Self.parent(of: folder))
        }
    }

    /// Makes a log where there is none: first segment, then the manifest, whose rename is the moment from which the log exists.
    func createLog(id: LogID, source: SourceIdentity?) throws(LogError) -> Manifest {
        let names = try fileSystem.list(path) ?? []
        let segments = names.filter { $0.hasSuffix(".seg") }
        let first = "\(SegmentName(first: .zero))"
        if !segments.isEmpty {
            // A creation that was interrupted leaves one segment without frames; anything else was a log.
            let place = LogError.Place(path: "\(path)/\(Manifest.name)")
            guard segments == [first],
                try fileSystem.open("\(path)/\(first)", .read).byteCount() == Int64(SegmentFile.headerByteCount)
            else { throw .corrupt("the folder holds segments and no manifest", at: place) }
        }
        let empty = Segment(first: .zero, end: .zero, byteCount: 0)
        _ = try SegmentFile.create(empty, in: path, id: id, fileSystem: fileSystem)
        let manifest = Manifest(id: id, source: source)
        try manifest.write(in: path, fileSystem: fileSystem)
        return manifest
    }

    /// Removes half-written files that were never renamed into place.
    func removeUnfinished() throws(LogError) {
        for name in try fileSystem.list(path) ?? [] where Self.isUnfinished(name) {
            try fileSystem.remove("\(path)/\(name)")
        }
    }

    /// Removes files of segments that no manifest names any more, or not yet.
    func removeLeftovers(of manifest: Manifest) throws(LogError) {
        for name in try SegmentNames(in: path, manifest, fileSystem: fileSystem).leftovers {
            try fileSystem.remove("\(path)/\(name)")
        }
    }

    /// The names that are not the log's.
    static func foreignNames(in names: [String]) -> [String] {
        let ours: Set = [Manifest.name, SyncedMark.name, CursorFile.name, RecoveryPoint.name, EventLog.lockName]
        return names.filter { !ours.contains($0) && !isUnfinished($0) && SegmentName(parsing: $0) == nil }.sorted()
    }

    private static func isUnfinished(_ name: String) -> Bool {
        [Manifest.name, CursorFile.name, RecoveryPoint.name].contains { name == $0 + ".tmp" }
            || name.hasSuffix(".seg.tmp") && SegmentName(parsing: String(name.dropLast(4))) != nil
    }

    static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
