import Relational

/// Writes frames to the last segment and begins new ones. Owned by whichever thread flushes.
struct SegmentWriter: ~Copyable {
    private let directory: String
    private let id: LogID
    private let fileSystem: any FileSystem
    private let byteTarget: Int64
    private let headroom: Int64
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
        options: LogOptions
    ) {
        self.directory = directory
        self.id = id
        self.fileSystem = fileSystem
        byteTarget = Int64(options.segmentByteTarget)
        headroom = Int64(options.headroomByteCount)
        self.file = file
        self.mark = mark
        segment = last
    }

    /// Makes whole frames durable, whose offsets end at `end`; they may begin a new segment.
    ///
    /// - Throws: `diskFull` when nothing of them counts and the same call may be made again, with the same frames. After any other
    ///   error nobody knows what the file holds.
    mutating func write(_ frames: UnsafeRawBufferPointer, end: Offset) throws(LogError) {
        try checkSpace(for: Int64(frames.count))
        if segment.byteCount >= byteTarget { try seal() }
        do throws(LogError) {
            try file.write(frames, at: segment.byteCount)
        } catch {
            // What did fit would only take the space from others; the next attempt writes all of it again.
            if error.code == .diskFull { try file.truncate(to: segment.byteCount) }
            throw error
        }
        // Commit point 1: from here on these frames are in the log, and only now may their source position be confirmed.
        try file.synchronizeData()
        segment.byteCount += Int64(frames.count)
        segment.end = end
        try writeMark()
    }

    /// Refuses before the disk is full: readers, views and compaction go on with the headroom.
    private func checkSpace(for byteCount: Int64) throws(LogError) {
        guard let free = fileSystem.freeByteCount(directory), free - byteCount < headroom else { return }
        throw .lowSpace(free, needing: byteCount, headroom: headroom, in: directory)
    }

    /// Begins a new segment unless the one that is written has no frames yet.
    mutating func seal() throws(LogError) {
        if segment.end > segment.first { try beginSegment() }
    }

    private mutating func beginSegment() throws(LogError) {
        let next = Segment(first: segment.end, end: segment.end, byteCount: Int64(SegmentFile.headerByteCount))
        file = try SegmentFile.create(next, in: directory, id: id, fileSystem: fileSystem)
        segment = next
    }

    /// Notes how far the log is durable.
    mutating func writeMark() throws(LogError) {
        do throws(LogError) {
            try mark.write(segment.end)
        } catch {
            // An old mark makes the next opening less sure, never wrong; what it would tell is durable already.
            guard error.code == .diskFull else { throw error }
        }
    }
}
