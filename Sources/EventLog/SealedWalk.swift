import Relational

/// Walks sealed segments by their frames' headers, and gathers what the frames say in sum.
///
/// Payloads are left to readers, who check them; only schemas have theirs read.
struct SealedWalk: ~Copyable {
    let directory: String
    let id: LogID
    let fileSystem: any FileSystem
    private let seed: UInt32
    private(set) var history: LogHistory
    /// What needs not be walked any more, in order.
    private(set) var segments: [Segment]

    /// Begins behind the segments of a recovery point.
    init(
        directory: String,
        id: LogID,
        from point: RecoveryPoint?,
        fileSystem: any FileSystem
    ) {
        history = point?.history ?? LogHistory()
        segments = point?.segments ?? []
        self.directory = directory
        self.id = id
        self.fileSystem = fileSystem
        seed = Checksum.seed(id)
    }

    /// Where the next segment begins.
    var end: Offset { segments.last?.end ?? .zero }

    /// Walks the segments below the horizon, which end where the manifest tells.
    mutating func walkCompacted(_ manifest: Manifest) throws(LogError) {
        for segment in manifest.segments where segment.first >= end {
            var cursor = try cursor(segment)
            let byteCount = cursor.limit
            try walk(&cursor, to: segment.end)
            guard cursor.nextOffset == segment.end, byteCount == segment.byteCount else {
                throw .corrupt(
                    "the segment does not end where the manifest tells",
                    detail: "\(byteCount) bytes up to offset \(cursor.nextOffset), "
                        + "where \(segment.byteCount) bytes up to offset \(segment.end) should be",
                    at: cursor.place
                )
            }
            segments.append(segment)
        }
        history.reach(manifest)
    }

    /// Walks a segment that was not compacted, as far as frames reach or up to `end`.
    mutating func walk(_ first: Offset, to end: Offset = Offset(.max)) throws(LogError) -> Segment {
        let segment = Segment(first: first, end: first, byteCount: 0)
        var cursor = try cursor(segment)
        try walk(&cursor, to: end)
        let walked = Segment(first: first, end: cursor.nextOffset, byteCount: cursor.position)
        segments.append(walked)
        return walked
    }

    /// What an opening finds that needs no further walk.
    var point: RecoveryPoint { RecoveryPoint(segments: segments, history: history) }

    private func cursor(_ segment: Segment) throws(LogError) -> FrameCursor {
        let file = try SegmentFile.open(segment, in: directory, id: id, fileSystem: fileSystem)
        return FrameCursor(
            file,
            path: segment.path(in: directory),
            first: segment.first,
            seed: seed,
            limit: try file.byteCount(),
            isRewritten: segment.isRewritten,
            windowByteCount: 64 << 10
        )
    }

    private mutating func walk(_ cursor: inout FrameCursor, to end: Offset) throws(LogError) {
        while cursor.nextOffset < end {
            switch try cursor.peek() {
            case .end: return
            case .damaged(let reason): throw .corrupt(reason, at: cursor.place)
            case .frame(let frame): try history.noteHeader(of: frame, past: &cursor)
            }
        }
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
