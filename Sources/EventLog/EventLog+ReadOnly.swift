import Relational

extension EventLog {
    /// Opens what is durable of a log now, for reading only, while another process may go on writing to it.
    ///
    /// Takes no lock and changes nothing. What becomes durable later is not seen; appending throws `closed`.
    ///
    /// - Throws: `notFound`, `corrupt` and `newerFormat` with the exact place, or what the file system said.
    public static func openForReading(
        directory: String,
        fileSystem: any FileSystem = PosixFileSystem()
    ) throws(LogError) -> EventLog {
        while true {
            guard let manifest = try Manifest.read(in: directory, fileSystem: fileSystem) else {
                throw try missing(directory, fileSystem)
            }
            do throws(LogError) {
                return try openForReading(manifest, directory, fileSystem)
            } catch {
                // Compaction may have put other files in place meanwhile.
                if try Manifest.read(in: directory, fileSystem: fileSystem) == manifest { throw error }
            }
        }
    }

    private static func openForReading(
        _ manifest: Manifest,
        _ directory: String,
        _ fileSystem: any FileSystem
    ) throws(LogError) -> EventLog {
        EventLog(
            directory: directory,
            fileSystem: fileSystem,
            options: LogOptions(createIfMissing: false),
            manifest: manifest,
            recovered: try DurablePart(directory: directory, id: manifest.id, fileSystem: fileSystem).read(manifest),
            cursors: try CursorFile.read(in: directory, fileSystem: fileSystem),
            lock: nil,
            writer: nil
        )
    }
}

/// Finds the durable part of a log from its files alone, beside the process that writes to them.
///
/// 1. The durable end is the highest of: the mark in `SYNCED`, the first offset of the last segment (a segment is begun when all
///    before it is durable), and what the frames of that segment tell of the durable end when they were appended. `SYNCED` is
///    written after each sync, so beside a running writer, and after one that was killed, it is the end that was published.
/// 2. The frame headers below that end must form one chain of offsets. Payloads are left to readers, who check them.
/// 3. Groups without an end are dropped: in this part nothing closes them.
struct DurablePart {
    let directory: String
    let id: LogID
    let fileSystem: any FileSystem

    func read(_ manifest: Manifest) throws(LogError) -> RecoveredLog {
        // Before the names: every segment with frames below the mark is among them.
        let mark = try SyncedMark.read(in: directory, seed: Checksum.seed(id), fileSystem: fileSystem)
        let names = try SegmentNames(in: directory, manifest, fileSystem: fileSystem)
        let above = names.above
        let end = max(mark, try attestedEnd(above[above.count - 1]))
        let point = try RecoveryPoint.read(in: directory, manifest, fileSystem: fileSystem)
        var walk = SealedWalk(directory: directory, id: id, from: point, fileSystem: fileSystem)
        try walk.walkCompacted(manifest)
        try names.checkContinues(at: walk.end, in: directory)
        for (index, first) in above.enumerated() where first >= walk.end && (index == 0 || first < end) {
            let goal = index + 1 < above.count ? min(end, above[index + 1]) : end
            let segment = try walk.walk(first, to: goal)
            guard segment.end >= goal else {
                throw .corrupt("the log ends too early: it was durable up to offset \(goal)", at: place(segment))
            }
            guard segment.end == goal else {
                throw .corrupt("a frame reaches beyond offset \(goal), where the next one begins", at: place(segment))
            }
        }
        var history = walk.history
        history.groups.dropOpen()
        return RecoveredLog(history: history, segments: walk.segments)
    }

    private func place(_ segment: Segment) -> LogError.Place {
        LogError.Place(path: segment.path(in: directory), byteOffset: segment.byteCount, offset: segment.end)
    }

    /// The highest durable end that the last segment and the headers in it tell.
    private func attestedEnd(_ first: Offset) throws(LogError) -> Offset {
        let last = Segment(first: first, end: first, byteCount: 0)
        let file = try SegmentFile.open(last, in: directory, id: id, fileSystem: fileSystem)
        var cursor = FrameCursor(
            file,
            path: last.path(in: directory),
            first: first,
            seed: Checksum.seed(id),
            limit: try file.byteCount(),
            windowByteCount: 64 << 10
        )
        var end = first
        while case .frame(let frame) = try cursor.peek() {
            end = max(end, frame.synced)
            cursor.advance(past: frame)
        }
        return end
    }
}
