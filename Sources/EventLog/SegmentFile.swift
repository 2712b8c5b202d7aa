import Relational

/// Name and header of a segment file. All integers little-endian.
///
/// The name is the first offset in twenty decimal digits with `.seg`. The file starts with 64 bytes:
///
/// | bytes | content |
/// |---|---|
/// | 0..<8 | `LFLDSEG` and a zero |
/// | 8..<12 | format version, 1 |
/// | 12..<16 | CRC32C of bytes 16..<64 |
/// | 16..<32 | log id, in the order in which it is printed |
/// | 32..<40 | first offset |
/// | 40..<64 | zero |
///
/// Frames follow without gaps; the next segment's first offset is where the last frame ends.
enum SegmentFile {
    static let headerByteCount = 64
    static let version: UInt32 = 1
    private static let magic: [UInt8] = Array("LFLDSEG\0".utf8)

    static func name(_ first: Offset) -> String {
        let digits = String(first.rawValue)
        return String(repeating: "0", count: 20 - digits.utf8.count) + digits + ".seg"
    }

    /// The first offset that a name tells; nil when it is not a segment's name.
    static func firstOffset(ofName name: String) -> Offset? {
        guard name.utf8.count == 24, name.hasSuffix(".seg"), let value = Int64(name.dropLast(4)) else { return nil }
        return name == Self.name(Offset(value)) ? Offset(value) : nil
    }

    static func header(id: LogID, first: Offset) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: headerByteCount)
        bytes.replaceSubrange(0..<magic.count, with: magic)
        bytes.store(version.littleEndian, at: 8)
        bytes.store(id.high.bigEndian, at: 16)
        bytes.store(id.low.bigEndian, at: 24)
        bytes.store(first.rawValue.littleEndian, at: 32)
        bytes.store(bytes.checksum(from: 16).littleEndian, at: 12)
        return bytes
    }

    /// Opens a segment and checks its header.
    static func open(
        _ path: String,
        id: LogID,
        first: Offset,
        fileSystem: any FileSystem,
        mode: FileOpenMode = .read
    ) throws(LogError) -> any LogFile {
        let file = try fileSystem.open(path, mode)
        let bytes = try file.read(headerByteCount, at: 0)
        let place = LogError.Place(path: path, byteOffset: 0, offset: first)
        guard bytes.count == headerByteCount, Array(bytes[0..<8]) == magic else {
            throw .corrupt("the file does not begin like a segment", at: place)
        }
        let version = bytes.littleEndian(at: 8, as: UInt32.self)
        guard version <= Self.version else { throw .newerFormat("segment of format \(version)", at: place) }
        guard version == Self.version, bytes.littleEndian(at: 12, as: UInt32.self) == bytes.checksum(from: 16) else {
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
        guard bytes.littleEndian(at: 32, as: Int64.self) == first.rawValue else {
            throw .corrupt("the segment's header and name tell different first offsets", at: place)
        }
        return file
    }

    /// Makes a new segment, durable with its name: write, sync, rename, sync the folder.
    static func create(
        in directory: String,
        id: LogID,
        first: Offset,
        fileSystem: any FileSystem
    ) throws(LogError) -> any LogFile {
        let path = "\(directory)/\(name(first))"
        let file = try fileSystem.open(path + ".tmp", .create)
        try file.write(header(id: id, first: first), at: 0)
        try file.synchronize()
        try fileSystem.rename(path + ".tmp", to: path)
        // Before any frame goes into it: a frame that is published must not lose its file's name.
        try fileSystem.synchronizeDirectory(directory)
        return file
    }
}
