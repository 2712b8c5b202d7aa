import Relational

/// The header of a segment file. All integers little-endian.
///
/// | bytes | content |
/// |---|---|
/// | 0..<8 | `LFLDSEG` and a zero |
/// | 8..<12 | format version: 1, or 2 for a rewritten segment |
/// | 12..<16 | CRC32C of bytes 16..<64 |
/// | 16..<32 | log id, in the order in which it is printed |
/// | 32..<40 | first offset |
/// | 40..<48 | of a rewritten segment, the first offset after it; else zero |
/// | 48..<52 | of a rewritten segment, its revision; else zero |
/// | 52..<64 | zero |
///
/// Frames follow without gaps between their bytes; the next segment's first offset is where the last frame ends.
enum SegmentFile {
    static let headerByteCount = 64
    static let version: UInt32 = 1
    static let rewrittenVersion: UInt32 = 2
    private static let magic: [UInt8] = Array("LFLDSEG\0".utf8)

    /// The header of a segment; of a rewritten one, its `end` must be known.
    static func header(id: LogID, _ segment: Segment) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: headerByteCount)
        bytes.replaceSubrange(0..<magic.count, with: magic)
        bytes.store((segment.isRewritten ? rewrittenVersion : version).littleEndian, at: 8)
        bytes.store(id.high.bigEndian, at: 16)
        bytes.store(id.low.bigEndian, at: 24)
        bytes.store(segment.first.rawValue.littleEndian, at: 32)
        if segment.isRewritten {
            bytes.store(segment.end.rawValue.littleEndian, at: 40)
            bytes.store(segment.revision.littleEndian, at: 48)
        }
        bytes.store(bytes.checksum(from: 16).littleEndian, at: 12)
        return bytes
    }

    /// Opens a segment and checks its header, and of a rewritten one that it is the one that `segment` tells.
    static func open(
        _ segment: Segment,
        in directory: String,
        id: LogID,
        fileSystem: any FileSystem,
        mode: FileOpenMode = .read
    ) throws(LogError) -> any LogFile {
        let path = segment.path(in: directory)
        let file = try fileSystem.open(path, mode)
        let bytes = try file.read(headerByteCount, at: 0)
        let place = LogError.Place(path: path, byteOffset: 0, offset: segment.first)
        guard bytes.count == headerByteCount, Array(bytes[0..<8]) == magic else {
            throw .corrupt("the file does not begin like a segment", at: place)
        }
        let version = bytes.littleEndian(at: 8, as: UInt32.self)
        guard version <= rewrittenVersion else { throw .newerFormat("segment of format \(version)", at: place) }
        guard bytes.littleEndian(at: 12, as: UInt32.self) == bytes.checksum(from: 16) else {
            throw .corrupt("the segment's header is damaged", at: place)
        }
        let fileID = LogID(
            high: bytes.bigEndian(at: 16, as: UInt64.self),
            low: bytes.bigEndian(at: 24, as: UInt64.self)
        )
        guard fileID == id else {
            throw LogError(
                .foreign,
                "the segment belongs to log \(fileID), not to \(id)",
                hint: "move the file out of the folder and restore the log's own from a backup",
                place: place
            )
        }
        guard bytes == header(id: id, segment) else {
            throw .corrupt("the segment's header and name tell different offsets", at: place)
        }
        return file
    }

    /// Makes a new segment, durable with its name: write, sync, rename, sync the folder.
    static func create(
        _ segment: Segment,
        in directory: String,
        id: LogID,
        fileSystem: any FileSystem
    ) throws(LogError) -> any LogFile {
        let path = segment.path(in: directory)
        let file = try fileSystem.open(path + ".tmp", .create)
        try file.write(header(id: id, segment), at: 0)
        try file.synchronize()
        try fileSystem.rename(path + ".tmp", to: path)
        // Before any frame goes into it: a frame that is published must not lose its file's name.
        try fileSystem.synchronizeDirectory(directory)
        return file
    }
}
