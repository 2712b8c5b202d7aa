import Relational

/// What an opening found in the files.
struct RecoveredLog {
    var history: LogHistory
    /// Never empty.
    var segments: [Segment]
    var frontier: LogFrontier

    init(history: LogHistory, segments: [Segment]) {
        self.history = history
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
/// 1. The segments' headers, names and frame headers must form one chain of offsets. Schemas, groups and the last source position are
///    read on the way. Payloads of sealed segments are left to readers, who check them again.
/// 2. The last segment is checked to the byte. At the first damaged frame: if any mark (the `SYNCED` file, or a frame header
///    before or after it) tells that this offset was durable, it is corruption. Otherwise a crash has torn a tail that was never
///    confirmed, and it is cut off. A log that ends cleanly below a mark is corruption too.
/// 3. Everything above the mark is written again in place and synced with its folder before anyone may see it: it may be in the
///    page cache alone, and after a failed sync the kernel may hold it for clean.
/// 4. Groups without an end are dropped.
struct Recovery {
    let directory: String
    let id: LogID
    let fileSystem: any FileSystem
    private let seed: UInt32
    private var history = LogHistory()

    init(directory: String, id: LogID, fileSystem: any FileSystem) {
        self.directory = directory
        self.id = id
        self.fileSystem = fileSystem
        seed = Checksum.seed(id)
    }

    /// `mark` is what the `SYNCED` file tells. Returns the last segment, open for writing, too.
    mutating func run(mark: Offset) throws(LogError) -> (log: RecoveredLog, last: any LogFile) {
        let firsts = try segmentOffsets()
        guard let last = firsts.last, firsts[0] == .zero else {
            throw .corrupt(
                firsts.isEmpty ? "the log has a manifest and no segments" : "the log's first segment is missing",
                at: LogError.Place(path: "\(directory)/\(SegmentFile.name(.zero))", offset: .zero)
            )
        }
        var segments: [Segment] = []
        for (index, first) in firsts.dropLast().enumerated() {
            let segment = try walkSealed(first)
            guard segment.end == firsts[index + 1] else {
                throw .corrupt(
                    "the segment ends at offset \(segment.end) and the next one begins at \(firsts[index + 1])",
                    at: LogError.Place(
                        path: segment.path(in: directory),
                        byteOffset: segment.byteCount,
                        offset: segment.end
                    )
                )
            }
            segments.append(segment)
        }
        let path = "\(directory)/\(SegmentFile.name(last))"
        let file = try SegmentFile.open(path, id: id, first: last, fileSystem: fileSystem, mode: .readWrite)
        segments.append(try recoverLast(file, path: path, first: last, mark: mark))
        history.groups.dropOpen()
        return (RecoveredLog(history: history, segments: segments), file)
    }

    /// The first offsets of the segments in the folder, ascending.
    private func segmentOffsets() throws(LogError) -> [Offset] {
        let names = try fileSystem.list(directory) ?? []
        for name in names where name.hasSuffix(".seg") && SegmentFile.firstOffset(ofName: name) == nil {
            throw LogError(
                .foreign,
                "a file in the log's folder looks like a segment and is none of the log's",
                hint: "move it out of the folder",
                place: LogError.Place(path: "\(directory)/\(name)")
            )
        }
        return names.compactMap(SegmentFile.firstOffset(ofName:)).sorted()
    }

    private mutating func walkSealed(_ first: Offset) throws(LogError) -> Segment {
        let path = "\(directory)/\(SegmentFile.name(first))"
        let file = try SegmentFile.open(path, id: id, first: first, fileSystem: fileSystem)
        var cursor = FrameCursor(
            file,
            path: path,
            first: first,
            seed: seed,
            limit: try file.byteCount(),
            windowByteCount: 64 << 10
        )
        while true {
            switch try cursor.peek() {
            case .end:
                return Segment(first: first, end: cursor.nextOffset, byteCount: cursor.position)
            case .damaged(let reason):
                throw .corrupt(reason, at: cursor.place)
            case .frame(let frame): try history.noteHeader(of: frame, past: &cursor)
            }
        }
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

extension LogHistory {
    /// Takes in the frame at the cursor and moves past it; only schemas have their payload read.
    mutating func noteHeader(of frame: StoredFrame, past cursor: inout FrameCursor) throws(LogError) {
        let place = cursor.place
        var payload: UnsafeRawBufferPointer?
        if frame.header.kind == .schema {
            payload = try cursor.payload(of: frame)
            if payload == nil { throw .corrupt("checksum of a frame's payload is wrong", at: place) }
        }
        try note(frame.header, payload: payload, at: place)
        cursor.advance(past: frame)
    }
}
