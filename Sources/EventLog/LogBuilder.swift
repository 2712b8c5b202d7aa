import Relational

/// Builds the folder of a log from a portable file, checking each byte of it on the way.
///
/// What it leaves is durable and complete only when `run` has returned.
struct LogBuilder: ~Copyable {
    private static let bufferByteLimit = 1 << 20

    private let path: String
    private let file: any LogFile
    private let expected: PortableLog
    private let directory: String
    private let fileSystem: any FileSystem
    private let byteTarget: Int64
    /// The files of the compacted part that are still to be written.
    private var compacted: ArraySlice<Segment>
    private let seed: UInt32
    /// Over the frames in the portable file.
    private var cursor: FrameCursor
    private var found: PortableLog
    /// Of the portable file, as far as it was read.
    private var checksum: UInt32
    private var history: LogHistory
    private var validator: RecordValidator
    /// The segment that is being written, how far it reaches with the buffer, and the bytes that wait.
    private var segment: any LogFile
    private var segmentByteCount: Int64
    private var buffer: ByteSlab

    init(
        _ file: any LogFile,
        path: String,
        _ expected: PortableLog,
        directory: String,
        fileSystem: any FileSystem,
        byteTarget: Int
    ) throws(LogError) {
        let limit = try file.byteCount() - Int64(PortableLog.trailerByteCount)
        let segments = expected.manifest.segments
        let first = segments.first ?? Segment(first: .zero, end: .zero, byteCount: 0)
        segment = try SegmentFile.create(first, in: directory, id: expected.id, fileSystem: fileSystem)
        segmentByteCount = Int64(SegmentFile.headerByteCount)
        buffer = ByteSlab(capacity: Self.bufferByteLimit)
        history = LogHistory()
        validator = RecordValidator()
        self.path = path
        self.file = file
        self.expected = expected
        self.directory = directory
        self.fileSystem = fileSystem
        self.byteTarget = Int64(byteTarget)
        seed = Checksum.seed(expected.id)
        found = expected
        compacted = segments[...]
        checksum = expected.header.checksum()
        cursor = FrameCursor(file, path: path, first: expected.firstOffset, seed: seed, limit: limit)
        cursor.seek(to: Int64(expected.header.count), offset: expected.firstOffset)
        cursor.isRewritten = first.isRewritten
    }

    mutating func run() throws(LogError) -> PortableLog {
        while cursor.nextOffset < expected.endOffset { try copyFrame() }
        if !compacted.isEmpty { try endCompactedSegment() }
        try checkEnd()
        try sealSegment()
        var mark = try SyncedMark(in: directory, seed: seed, fileSystem: fileSystem)
        try mark.write(expected.endOffset)
        try mark.synchronize()
        // Syncs the folder, and so the names of all files in it.
        try expected.manifest.write(in: directory, fileSystem: fileSystem)
        return found
    }

    private mutating func copyFrame() throws(LogError) {
        let place = cursor.place
        switch try cursor.peek() {
        case .end:
            throw .corrupt("the frames end before offset \(expected.endOffset), which the header tells", at: place)
        case .damaged(let reason):
            throw .corrupt(reason, at: place)
        case .frame(let frame):
            guard let bytes = try cursor.bytes(of: frame) else {
                throw .corrupt("checksum of a frame's payload is wrong", at: place)
            }
            let payload = UnsafeRawBufferPointer(rebasing: bytes[StoredFrame.headerByteCount...])
            try history.note(frame.header, payload: payload, at: place)
            let schemas = history.schemas
            try PayloadRules.check(frame.header, payload, &validator, at: place) { schemas[$0] }
            checksum = Checksum.crc32c(bytes, seed: checksum)
            found.count(frame)
            try write(bytes)
            cursor.advance(past: frame)
        }
    }

    /// Writes one frame, which begins a new segment when this one is full.
    private mutating func write(_ frame: UnsafeRawBufferPointer) throws(LogError) {
        if let current = compacted.first {
            if cursor.nextOffset >= current.end { try endCompactedSegment() }
        } else if segmentByteCount >= byteTarget {
            try begin(Segment(first: cursor.nextOffset, end: cursor.nextOffset, byteCount: 0))
        }
        if buffer.count + frame.count > Self.bufferByteLimit { try flush() }
        buffer.append(frame)
        segmentByteCount += Int64(frame.count)
    }

    /// A file of the compacted part is at its end: it must be the one that the manifest names.
    private mutating func endCompactedSegment() throws(LogError) {
        let segment = compacted.removeFirst()
        guard cursor.nextOffset == segment.end, segmentByteCount == segment.byteCount else {
            throw .corrupt("the frames up to offset \(segment.end) are not those the manifest tells", at: cursor.place)
        }
        let end = segment.end
        try begin(compacted.first ?? Segment(first: end, end: end, byteCount: 0))
    }

    private mutating func begin(_ next: Segment) throws(LogError) {
        try sealSegment()
        segment = try SegmentFile.create(next, in: directory, id: expected.id, fileSystem: fileSystem)
        segmentByteCount = Int64(SegmentFile.headerByteCount)
        cursor.isRewritten = next.isRewritten
    }

    private mutating func flush() throws(LogError) {
        try segment.write(buffer.bytes, at: segmentByteCount - Int64(buffer.count))
        buffer.removeAll()
        buffer.shrink(keeping: Self.bufferByteLimit)
    }

    private mutating func sealSegment() throws(LogError) {
        try flush()
        try segment.synchronize()
    }

    /// The frames end where the header tells and the trailer begins, the trailer is the one of what was read, and nothing follows.
    private func checkEnd() throws(LogError) {
        guard cursor.nextOffset == expected.endOffset, cursor.position == cursor.limit else {
            throw .corrupt("more lies between the last frame and the trailer", at: cursor.place)
        }
        guard history.unitEnd == expected.endOffset else {
            throw .corrupt("the file ends in the middle of a transaction", at: cursor.place)
        }
        let place = LogError.Place(path: path, byteOffset: cursor.position)
        let bytes = try file.read(PortableLog.trailerByteCount, at: cursor.position)
        let trailer = found.trailer
        guard bytes.count == PortableLog.trailerByteCount, Array(bytes[..<trailer.count]) == trailer else {
            throw .corrupt("the trailer does not fit the frames", at: place)
        }
        let whole = trailer.checksum(seed: checksum)
        guard bytes.littleEndian(at: trailer.count, as: UInt32.self) == whole else {
            throw .corrupt("checksum of the whole file is wrong", at: place)
        }
    }
}
