import Relational

/// The segments of a folder, by the manifest and by their names.
struct SegmentNames {
    /// The first offsets of the segments above the horizon, ascending.
    private(set) var above: [Offset] = []
    /// Files that compaction has replaced, or has not put in place: nobody reads them.
    private(set) var leftovers: [SegmentName] = []

    /// Whether the segments above the horizon go on where a walk has ended.
    func checkContinues(at end: Offset, in directory: String) throws(LogError) {
        guard !above.contains(end) else { return }
        throw .corrupt(
            "the segment that begins with offset \(end) is missing",
            at: LogError.Place(path: "\(directory)/\(SegmentName(first: end))", offset: end)
        )
    }

    /// - Throws: `corrupt` when a file that the manifest names is missing; `foreign` for a name that is like a segment's.
    init(in directory: String, _ manifest: Manifest, fileSystem: any FileSystem) throws(LogError) {
        let names = Set(try fileSystem.list(directory) ?? [])
        for segment in manifest.segments where !names.contains("\(segment.name)") {
            throw .corrupt(
                "a segment that the manifest names is missing",
                at: LogError.Place(path: segment.path(in: directory), offset: segment.first)
            )
        }
        let listed = Set(manifest.segments.map(\.name))
        for name in names.sorted() where name.hasSuffix(SegmentName.suffix) {
            guard let segment = SegmentName(parsing: name) else {
                throw LogError(
                    .foreign,
                    "a file in the log's folder looks like a segment and is none of the log's",
                    hint: "move it out of the folder",
                    place: LogError.Place(path: "\(directory)/\(name)")
                )
            }
            if listed.contains(segment) { continue }
            if segment.revision == 0, segment.first >= manifest.horizon.offset {
                above.append(segment.first)
            } else {
                leftovers.append(segment)
            }
        }
        above.sort()
        guard above.first == manifest.horizon.offset else {
            let isEmpty = above.isEmpty && manifest.segments.isEmpty
            throw .corrupt(
                isEmpty
                    ? "the log has a manifest and no segments"
                    : manifest.segments.isEmpty
                        ? "the log's first segment is missing" : "the segment above the horizon is missing",
                at: LogError.Place(
                    path: "\(directory)/\(SegmentName(first: manifest.horizon.offset))",
                    offset: manifest.horizon.offset
                )
            )
        }
    }
}
