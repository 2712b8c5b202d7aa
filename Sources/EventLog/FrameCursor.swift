import Relational

/// Walks the frames of one segment.
struct FrameCursor: ~Copyable {
    /// What lies at the cursor.
    enum Step {
        case frame(StoredFrame)
        /// The limit, exactly at the end of a frame.
        case end
        /// Bytes that are not what was written: torn by a crash when they were never durable, corruption otherwise.
        case damaged(String)
    }

    let path: String
    private let seed: UInt32
    /// Whether offsets may be missing between frames, and inside them.
    var isRewritten: Bool
    private var window: FileWindow
    /// Where the next frame starts.
    private(set) var position: Int64
    /// The first offset of the next frame.
    private(set) var nextOffset: Offset
    /// Where to stop: the file's end, or the durable end of a segment that is being written.
    var limit: Int64

    init(
        _ file: any LogFile,
        path: String,
        first: Offset,
        seed: UInt32,
        limit: Int64,
        isRewritten: Bool = false,
        windowByteCount: Int = FileWindow.byteCountDefault
    ) {
        self.path = path
        self.isRewritten = isRewritten
        self.seed = seed
        self.limit = limit
        window = FileWindow(file, byteCount: windowByteCount)
        position = Int64(SegmentFile.headerByteCount)
        nextOffset = first
    }

    var place: LogError.Place { LogError.Place(path: path, byteOffset: position, offset: nextOffset) }

    /// The frame's header at the cursor, which stays where it is.
    mutating func peek() throws(LogError) -> Step {
        if position >= limit { return .end }
        let count = StoredFrame.headerByteCount
        guard let bytes = try window.bytes(at: position, count: count, limit: limit) else {
            return .damaged("the file ends inside a frame's header")
        }
        guard let frame = try StoredFrame.decode(bytes, seed: seed, place: place) else {
            return .damaged("checksum of a frame's header is wrong")
        }
        let first = frame.header.firstOffset
        guard first == nextOffset || isRewritten && first > nextOffset else {
            throw .corrupt("frame with offset \(first) where \(nextOffset) should be", at: place)
        }
        guard isRewritten || !frame.header.isSparse else {
            throw .corrupt("a sparse frame in a segment that was not rewritten", at: place)
        }
        guard position + Int64(frame.byteCount) <= limit else { return .damaged("the file ends inside a frame") }
        return .frame(frame)
    }

    /// The payload of the frame at the cursor, aligned to 8; nil when its checksum is wrong. Valid until the next call.
    mutating func payload(of frame: StoredFrame) throws(LogError) -> UnsafeRawBufferPointer? {
        guard let bytes = try bytes(of: frame) else { return nil }
        return UnsafeRawBufferPointer(rebasing: bytes[StoredFrame.headerByteCount...])
    }

    /// The whole frame at the cursor as it lies in the file; nil when its payload's checksum is wrong. Valid until the next call.
    mutating func bytes(of frame: StoredFrame) throws(LogError) -> UnsafeRawBufferPointer? {
        guard let bytes = try window.bytes(at: position, count: frame.byteCount, limit: limit) else { return nil }
        let payload = UnsafeRawBufferPointer(
            start: bytes + StoredFrame.headerByteCount,
            count: frame.payloadByteCount
        )
        guard Checksum.crc32c(payload, seed: seed) == frame.payloadChecksum else { return nil }
        return UnsafeRawBufferPointer(start: bytes, count: frame.byteCount)
    }

    mutating func advance(past frame: StoredFrame) {
        position += Int64(frame.byteCount)
        nextOffset = frame.header.endOffset
    }

    /// Walks frame headers up to the frame that holds `offset`, or to the limit.
    mutating func skip(to offset: Offset) throws(LogError) {
        while true {
            switch try peek() {
            case .end: return
            case .damaged(let reason): throw .corrupt(reason, at: place)
            case .frame(let frame):
                if frame.header.endOffset > offset { return }
                advance(past: frame)
            }
        }
    }

    /// Goes to a frame that is known to start at `position` with `offset`.
    mutating func seek(to position: Int64, offset: Offset) {
        self.position = position
        nextOffset = offset
    }

    /// The highest durable end that any frame header after the cursor tells, whatever lies between.
    ///
    /// Only looked for at a damaged frame: a later frame that was appended when the damaged one was durable proves corruption.
    mutating func syncedBeyond() throws(LogError) -> Offset {
        var highest = Offset.zero
        var at = position + 8
        while let bytes = try window.bytes(at: at, count: StoredFrame.headerByteCount, limit: limit) {
            // A cheap look before the checksum: format and the two zero bytes.
            if bytes.loadUnaligned(fromByteOffset: 13, as: UInt8.self) == StoredFrame.format,
                bytes.loadUnaligned(fromByteOffset: 14, as: UInt16.self) == 0,
                let frame = try? StoredFrame.decode(bytes, seed: seed, place: place),
                frame.header.firstOffset >= nextOffset
            {
                highest = max(highest, frame.synced)
            }
            at += 8
        }
        return highest
    }
}
