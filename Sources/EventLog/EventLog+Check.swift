import Relational

extension EventLog {
    /// Verifies every byte of a log: manifest, segment headers, each checksum, the chain of offsets, each record.
    ///
    /// Changes nothing and takes no lock; beside a running writer, what is not durable yet shows as a torn tail.
    ///
    /// - Throws: what keeps the check from running at all: no log, an unreadable manifest, or what the file system said.
    public static func check(
        directory: String,
        fileSystem: any FileSystem = PosixFileSystem()
    ) throws(LogError) -> LogCheck {
        guard let manifest = try Manifest.read(in: directory, fileSystem: fileSystem) else {
            throw LogError(.notFound, "there is no event log", place: LogError.Place(path: directory))
        }
        var checker = LogChecker(directory: directory, manifest, fileSystem: fileSystem)
        return try checker.run()
    }
}

/// One pass over all files of a log that collects faults instead of stopping at the first.
struct LogChecker: ~Copyable {
    private let directory: String
    private let manifest: Manifest
    private let fileSystem: any FileSystem
    private let seed: UInt32
    private var result = LogCheck()
    private var history = LogHistory()
    private var validator = RecordValidator()

    init(directory: String, _ manifest: Manifest, fileSystem: any FileSystem) {
        self.directory = directory
        self.manifest = manifest
        self.fileSystem = fileSystem
        seed = Checksum.seed(manifest.id)
    }

    mutating func run() throws(LogError) -> LogCheck {
        let names = try fileSystem.list(directory) ?? []
        result.foreignNames = LogFolder.foreignNames(in: names)
        let mark = try SyncedMark.read(in: directory, seed: seed, fileSystem: fileSystem)
        for segment in manifest.segments {
            let end = try check(segment, isLast: false, mark: mark)
            if result.faults.isEmpty, end != segment.end {
                fault("the segment ends at offset \(end), and not at \(segment.end) as the manifest tells", segment)
            }
        }
        history.reach(manifest)
        let above = names.compactMap(SegmentName.init(parsing:))
            .filter { $0.revision == 0 && $0.first >= manifest.horizon.offset }.map(\.first).sorted()
        var expected = manifest.horizon.offset
        for (index, first) in above.enumerated() {
            let segment = Segment(first: first, end: first, byteCount: 0)
            if first != expected { fault("offsets \(expected) to \(first) are missing", segment) }
            expected = try check(segment, isLast: index == above.count - 1, mark: mark)
        }
        if above.isEmpty {
            let missing = Segment(first: expected, end: expected, byteCount: 0)
            fault("the segment that begins with offset \(expected) is missing", missing)
        }
        result.nextOffset = expected
        if result.faults.isEmpty, mark > expected, let last = above.last {
            let segment = Segment(first: last, end: last, byteCount: 0)
            fault("the log ends at offset \(expected) and was durable up to \(mark)", segment)
        }
        return result
    }

    private mutating func fault(_ message: String, _ segment: Segment) {
        let place = LogError.Place(path: segment.path(in: directory), byteOffset: 0, offset: segment.first)
        result.faults.append(.corrupt(message, at: place))
    }

    /// Checks one segment up to its first fault; returns where its good part ends.
    private mutating func check(_ segment: Segment, isLast: Bool, mark: Offset) throws(LogError) -> Offset {
        result.segmentCount += 1
        let path = segment.path(in: directory)
        let file: any LogFile
        do throws(LogError) {
            file = try SegmentFile.open(segment, in: directory, id: manifest.id, fileSystem: fileSystem)
        } catch {
            result.faults.append(error)
            return segment.first
        }
        let byteCount = try file.byteCount()
        result.byteCount += byteCount
        var cursor = FrameCursor(
            file,
            path: path,
            first: segment.first,
            seed: seed,
            limit: byteCount,
            isRewritten: segment.isRewritten
        )
        var synced = mark
        do throws(LogError) {
            while true {
                var damage: String?
                switch try cursor.peek() {
                case .end: return cursor.nextOffset
                case .damaged(let reason): damage = reason
                case .frame(let frame):
                    synced = max(synced, frame.synced)
                    let place = cursor.place
                    if let payload = try cursor.payload(of: frame) {
                        try check(frame.header, payload, place)
                        cursor.advance(past: frame)
                    } else {
                        damage = "checksum of a frame's payload is wrong"
                    }
                }
                guard let damage else { continue }
                if isLast, max(synced, try cursor.syncedBeyond()) <= cursor.nextOffset {
                    result.tornByteCount = byteCount - cursor.position
                    return cursor.nextOffset
                }
                throw LogError.corrupt(damage, at: cursor.place)
            }
        } catch {
            result.faults.append(error)
        }
        return cursor.nextOffset
    }

    private mutating func check(
        _ header: FrameHeader,
        _ payload: UnsafeRawBufferPointer,
        _ place: LogError.Place
    ) throws(LogError) {
        try history.note(header, payload: payload, at: place)
        let schemas = history.schemas
        try PayloadRules.check(header, payload, &validator, at: place) { schemas[$0] }
        result.frameCount += 1
        result.recordCount += header.recordCount
    }
}
