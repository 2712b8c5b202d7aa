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
        guard let manifest = try Manifest.read(in: directory, fileSystem: fileSystem) else {
            throw try missing(directory, fileSystem)
        }
        var part = DurablePart(directory: directory, id: manifest.id, fileSystem: fileSystem)
        return EventLog(
            directory: directory,
            fileSystem: fileSystem,
            options: LogOptions(createIfMissing: false),
            manifest: manifest,
            recovered: try part.read(),
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
    private let directory: String
    private let id: LogID
    private let fileSystem: any FileSystem
    private let seed: UInt32
    private var history = LogHistory()

    init(directory: String, id: LogID, fileSystem: any FileSystem) {
        self.directory = directory
        self.id = id
        self.fileSystem = fileSystem
        seed = Checksum.seed(id)
    }

    mutating func read() throws(LogError) -> RecoveredLog {
        // Before the names: every segment with frames below the mark is among them.
        let mark = try SyncedMark.read(in: directory, seed: seed, fileSystem: fileSystem)
        let firsts = try (fileSystem.list(directory) ?? []).compactMap(SegmentFile.firstOffset(ofName:)).sorted()
        guard let last = firsts.last, firsts[0] == .zero else {
            throw .corrupt("the log's first segment is missing", at: place(.zero))
        }
        let end = max(mark, try attestedEnd(last))
        var segments: [Segment] = []
        for (index, first) in firsts.enumerated() where index == 0 || first < end {
            let goal = index + 1 < firsts.count ? min(end, firsts[index + 1]) : end
            let segment = try walk(first, to: goal)
            guard segment.end == goal else {
                throw .corrupt("a frame reaches beyond offset \(goal), where the next one begins", at: place(first))
            }
            segments.append(segment)
        }
        history.groups.dropOpen()
        return RecoveredLog(history: history, segments: segments)
    }

    private func place(_ first: Offset) -> LogError.Place {
        LogError.Place(path: "\(directory)/\(SegmentFile.name(first))", offset: first)
    }

    private func cursor(_ first: Offset) throws(LogError) -> FrameCursor {
        let path = "\(directory)/\(SegmentFile.name(first))"
        let file = try SegmentFile.open(path, id: id, first: first, fileSystem: fileSystem)
        let limit = try file.byteCount()
        return FrameCursor(file, path: path, first: first, seed: seed, limit: limit, windowByteCount: 64 << 10)
    }

    /// The highest durable end that the last segment and the headers in it tell.
    private func attestedEnd(_ first: Offset) throws(LogError) -> Offset {
        var cursor = try cursor(first)
        var end = first
        while case .frame(let frame) = try cursor.peek() {
            end = max(end, frame.synced)
            cursor.advance(past: frame)
        }
        return end
    }

    private mutating func walk(_ first: Offset, to end: Offset) throws(LogError) -> Segment {
        var cursor = try cursor(first)
        while cursor.nextOffset < end {
            let place = cursor.place
            switch try cursor.peek() {
            case .end: throw .corrupt("the log ends too early: it was durable up to offset \(end)", at: place)
            case .damaged(let reason): throw .corrupt(reason, at: place)
            case .frame(let frame): try history.noteHeader(of: frame, past: &cursor)
            }
        }
        return Segment(first: first, end: cursor.nextOffset, byteCount: cursor.position)
    }
}
