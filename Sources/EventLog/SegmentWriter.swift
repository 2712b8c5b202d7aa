import Relational

/// Writes frames to the last segment and begins new ones. Owned by whichever thread flushes.
struct SegmentWriter: ~Copyable {
    private let directory: String
    private let id: LogID
    private let fileSystem: any FileSystem
    private let byteTarget: Int64
    private var file: any LogFile
    private var mark: SyncedMark
    /// The segment that is being written, as far as it is durable.
    private(set) var segment: Segment

    init(
        _ last: Segment,
        file: any LogFile,
        mark: consuming SyncedMark,
        directory: String,
        id: LogID,
        fileSystem: any FileSystem,
        byteTarget: Int
    ) {
        self.directory = directory
        self.id = id
        self.fileSystem = fileSystem
        self.byteTarget = Int64(byteTarget)
        self.file = file
        self.mark = mark
        segment = last
    }

    /// Makes whole frames durable, whose offsets end at `end`; returns whether they began a new segment.
    mutating func write(_ frames: UnsafeRawBufferPointer, end: Offset) throws(LogError) -> Bool {
        let isNew = segment.byteCount >= byteTarget
        if isNew {
            file = try SegmentFile.create(in: directory, id: id, first: segment.end, fileSystem: fileSystem)
            segment = Segment(
                first: segment.end,
                end: segment.end,
                byteCount: Int64(SegmentFile.headerByteCount)
            )
        }
        try file.write(frames, at: segment.byteCount)
        // Commit point 1: from here on these frames are in the log, and only now may their source position be confirmed.
        try file.synchronizeData()
        segment.byteCount += Int64(frames.count)
        segment.end = end
        try mark.write(end)
        return isNew
    }

    /// Notes where recovery has ended.
    mutating func writeMark() throws(LogError) { try mark.write(segment.end) }
}
