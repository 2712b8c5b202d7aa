import Relational

/// What an opening found in the files.
struct RecoveredLog {
    var history: LogHistory
    /// Never empty.
    var segments: [Segment]
    var frontier: LogFrontier
    /// Of the segments but the last one.
    var sealed: RecoveryPoint

    init(history: LogHistory, segments: [Segment], sealed: RecoveryPoint? = nil) {
        self.history = history
        self.sealed = sealed ?? RecoveryPoint(segments: segments, history: history)
        self.segments = segments
        frontier = LogFrontier(
            nextOffset: segments[segments.count - 1].end,
            source: history.source,
            sourceTime: history.sourceTime,
            byteCount: segments.reduce(0) { $0 + $1.byteCount },
            segmentCount: segments.count
        )
    }
}

/// Brings the files of a log to a state that may be published.
///
/// 1. Manifest, names, segments' headers and frame headers must form one chain of offsets. Schemas, groups and the last source position are
///    read on the way. Payloads of sealed segments are left to readers, who check them again.
/// 2. The last segment is checked to the byte. At the first damaged frame: if any mark (the `SYNCED` file, or a frame header
///    before or after it) tells that this offset was durable, it is corruption. Otherwise a crash has torn a tail that was never
///    confirmed, and it is cut off. A log that ends cleanly below a mark is corruption too.
/// 3. Everything above the mark is written again in place and synced with its folder before anyone may see it: it may be in the
///    page cache alone, and after a failed sync the kernel may hold it for clean.
/// 4. Groups without an end are dropped.
struct Recovery {
    private let directory: String
    private let id: LogID
    private let fileSystem: any FileSystem
    private let headroom: Int
    private let seed: UInt32
    private var history = LogHistory()

    init(directory: String, id: LogID, headroom: Int, fileSystem: any FileSystem) {
        self.headroom = headroom
        self.directory = directory
        self.id = id
        self.fileSystem = fileSystem
        seed = Checksum.seed(id)
    }

    /// `mark` is what the `SYNCED` file tells. Returns the last segment, open for writing, too.
    mutating func run(_ manifest: Manifest, mark: Offset) throws(LogError) -> (log: RecoveredLog, last: any LogFile) {
        let names = try SegmentNames(in: directory, manifest, fileSystem: fileSystem)
        let above = names.above
        let point = try RecoveryPoint.read(in: directory, manifest, fileSystem: fileSystem)
        var walk = SealedWalk(directory: directory, id: id, from: point, fileSystem: fileSystem)
        try walk.walkCompacted(manifest)
        try names.checkContinues(at: walk.end, in: directory)
        for (index, first) in above.dropLast().enumerated() where first >= walk.end {
            let segment = try walk.walk(first)
            guard segment.end == above[index + 1] else {
                throw .corrupt(
                    "the segment ends at offset \(segment.end) and the next one begins at \(above[index + 1])",
                    at: LogError.Place(
                        path: segment.path(in: directory),
                        byteOffset: segment.byteCount,
                        offset: segment.end
                    )
                )
            }
        }
        let sealed = walk.point
        history = sealed.history
        let first = above[above.count - 1]
        let last = Segment(first: first, end: first, byteCount: Int64(SegmentFile.headerByteCount))
        let file = try SegmentFile.open(last, in: directory, id: id, fileSystem: fileSystem, mode: .readWrite)
        let active = try recoverLast(file, path: last.path(in: directory), first: first, mark: mark)
        history.groups.dropOpen()
        if sealed.segments.count != point?.segments.count ?? 0 {
            sealed.write(id: id, in: directory, headroom: headroom, fileSystem: fileSystem)
        }
        return (RecoveredLog(history: history, segments: sealed.segments + [active], sealed: sealed), file)
    }

    private mutating func recoverLast(
        _ file: any LogFile,
        path: String,
        first: Offset,
        mark: Offset
    ) throws(LogError) -> Segment {
        let fileByteCount = try file.byteCount()
        var cursor = FrameCursor(file, path: path, first: first, seed: seed, limit: fileByteCount)
        var synced = mark
        var rewriteFrom = cursor.position
        var damage: String?
        walk: while true {
            if cursor.nextOffset <= mark { rewriteFrom = cursor.position }
            switch try cursor.peek() {
            case .end: break walk
            case .damaged(let reason):
                damage = reason
                break walk
            case .frame(let frame):
                synced = max(synced, frame.synced)
                let place = cursor.place
                guard let payload = try cursor.payload(of: frame) else {
                    damage = "checksum of a frame's payload is wrong"
                    break walk
                }
                try history.note(frame.header, payload: payload, at: place)
                cursor.advance(past: frame)
            }
        }
        if damage != nil { synced = max(synced, try cursor.syncedBeyond()) }
        guard synced <= cursor.nextOffset else {
            throw .corrupt(
                damage ?? "the log ends too early",
                detail: "everything below offset \(synced) was durable once",
                at: cursor.place
            )
        }
        if damage != nil { try file.truncate(to: cursor.position) }
        try makeDurable(file, from: rewriteFrom, to: cursor.position)
        return Segment(first: first, end: cursor.nextOffset, byteCount: cursor.position)
    }

    /// Writes bytes of a file again as they are and syncs everything that an earlier process may have left unsynced.
    ///
    /// The sync also ends a truncation: torn bytes behind frames that are appended later must not come back with a crash.
    private func makeDurable(_ file: any LogFile, from start: Int64, to end: Int64) throws(LogError) {
        var position = start
        while position < end {
            let wanted = Int(min(1 << 20, end - position))
            let bytes = try file.read(wanted, at: position)
            guard bytes.count == wanted else {
                throw LogError(.io, "the last segment became shorter while it was read")
            }
            try file.write(bytes, at: position)
            position += Int64(wanted)
        }
        try file.synchronize()
        try fileSystem.synchronizeDirectory(directory)
    }
}
