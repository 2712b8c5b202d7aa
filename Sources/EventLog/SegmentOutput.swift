import Relational

/// A rewritten segment on its way: `NAME.tmp`, sync, rename, sync the folder. One that is not finished is removed.
struct SegmentOutput: ~Copyable {
    private static let bufferByteLimit = 1 << 20

    private let log: EventLog
    private let pace: CompactionPace
    /// Nil when only the size is asked for.
    private let file: (any LogFile)?
    private var buffer = ByteSlab(capacity: bufferByteLimit)
    private var written = Int64(SegmentFile.headerByteCount)
    private var isFinished = false
    private(set) var segment: Segment

    /// `segment` has no size yet. Without `isWritten` nothing is written.
    init(_ segment: Segment, of log: EventLog, pace: CompactionPace, isWritten: Bool) throws(LogError) {
        let file = isWritten ? try Self.create(segment, of: log) : nil
        self.log = log
        self.pace = pace
        self.file = file
        self.segment = segment
        self.segment.byteCount = Int64(SegmentFile.headerByteCount)
    }

    private static func create(_ segment: Segment, of log: EventLog) throws(LogError) -> any LogFile {
        let path = segment.path(in: log.directory) + ".tmp"
        let file = try log.fileSystem.open(path, .create)
        do throws(LogError) {
            try file.write(SegmentFile.header(id: log.id, segment), at: 0)
        } catch {
            try? log.fileSystem.remove(path)
            throw error
        }
        return file
    }

    deinit {
        if file != nil, !isFinished { try? log.fileSystem.remove(segment.path(in: log.directory) + ".tmp") }
    }

    /// Appends a frame as it is.
    mutating func append(_ bytes: UnsafeRawBufferPointer) throws(LogError) {
        if buffer.count + bytes.count > Self.bufferByteLimit { try flush() }
        segment.byteCount += Int64(bytes.count)
        if bytes.count > Self.bufferByteLimit { try write(bytes) } else { buffer.append(bytes) }
    }

    /// Appends a sparse frame of the records in `payload`.
    mutating func append(_ header: FrameHeader, _ payload: UnsafeRawBufferPointer) throws(LogError) {
        if buffer.count + StoredFrame.headerByteCount > Self.bufferByteLimit { try flush() }
        let frame = StoredFrame(
            header: header,
            byteCount: StoredFrame.headerByteCount + payload.count,
            payloadChecksum: Checksum.crc32c(payload, seed: log.seed),
            synced: header.firstOffset
        )
        frame.encode(into: buffer.extend(by: StoredFrame.headerByteCount), seed: log.seed)
        segment.byteCount += Int64(StoredFrame.headerByteCount)
        try append(payload)
    }

    private mutating func flush() throws(LogError) {
        if buffer.count > 0 { try write(buffer.bytes) }
        buffer.removeAll()
    }

    private mutating func write(_ bytes: UnsafeRawBufferPointer) throws(LogError) {
        try file?.write(bytes, at: written)
        written += Int64(bytes.count)
        try pace.advance(bytes.count, isOutput: true)
    }

    /// Puts the file in place, durable with its name; nobody reads it before the manifest names it.
    mutating func finish() throws(LogError) -> Segment {
        try flush()
        guard let file else { return segment }
        let path = segment.path(in: log.directory)
        try file.synchronize()
        try log.fileSystem.rename(path + ".tmp", to: path)
        isFinished = true
        try log.fileSystem.synchronizeDirectory(log.directory)
        return segment
    }
}
