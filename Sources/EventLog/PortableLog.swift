public import Relational

/// A whole log in one file, as `leftfold log export` writes it. All integers little-endian.
///
///     header · the frames, byte for byte as in the segments · trailer
///
/// The header:
///
/// | bytes | content |
/// |---|---|
/// | 0..<8 | `LFLDLOG` and a zero |
/// | 8..<12 | format version, 2 |
/// | 12..<16 | CRC32C of the header from byte 16 on |
/// | 16..<32 | log id, in the order in which it is printed |
/// | 32..<40 | first offset |
/// | 40..<48 | end offset: the first one that is not in the file |
/// | 48..<52 | byte count *n* of the manifest |
/// | 52..<64 | zero |
/// | 64..<64 + n | the text of the log's `MANIFEST`; zeros to the multiple of 8 |
///
/// The trailer, which ends the file:
///
/// | bytes | content |
/// |---|---|
/// | 0..<8 | `LFLDEND` and a zero |
/// | 8..<16 | frames |
/// | 16..<24 | records |
/// | 24..<32 | bytes of all frames |
/// | 32..<36 | zero |
/// | 36..<40 | CRC32C of everything before these four bytes, from the file's first byte on |
public struct PortableLog: Hashable, Sendable {
    /// Of the log as it was: source, horizon, and the files of the compacted part.
    var manifest: Manifest
    public var firstOffset: Offset
    /// The first offset that is not in the file; every transaction below it is whole.
    public var endOffset: Offset
    public var frameCount = 0
    public var recordCount = 0
    /// Bytes of all frames, without header and trailer.
    public var byteCount: Int64 = 0

    static let version: UInt32 = 2
    private static let manifestByteCountMax = 256 << 20
    static let headerByteCountMin = 64
    static let trailerByteCount = 40
    private static let magic: [UInt8] = Array("LFLDLOG\0".utf8)
    private static let trailerMagic: [UInt8] = Array("LFLDEND\0".utf8)

    public var id: LogID { manifest.id }

    public var source: SourceIdentity? { manifest.source }

    init(_ manifest: Manifest, firstOffset: Offset, endOffset: Offset) {
        self.manifest = manifest
        self.firstOffset = firstOffset
        self.endOffset = endOffset
    }

    // MARK: Header

    var header: [UInt8] {
        let text = Array(manifest.text.utf8)
        var bytes = [UInt8](repeating: 0, count: Self.headerByteCount(manifest: text.count))
        bytes.replaceSubrange(0..<8, with: Self.magic)
        bytes.store(Self.version.littleEndian, at: 8)
        bytes.store(id.high.bigEndian, at: 16)
        bytes.store(id.low.bigEndian, at: 24)
        bytes.store(firstOffset.rawValue.littleEndian, at: 32)
        bytes.store(endOffset.rawValue.littleEndian, at: 40)
        bytes.store(UInt32(text.count).littleEndian, at: 48)
        bytes.replaceSubrange(64..<64 + text.count, with: text)
        bytes.store(bytes.checksum(from: 16).littleEndian, at: 12)
        return bytes
    }

    private static func headerByteCount(manifest count: Int) -> Int { headerByteCountMin + (count + 7) & ~7 }

    /// Reads and checks a header; the counts are zero.
    init(header file: any LogFile, path: String) throws(LogError) {
        let place = LogError.Place(path: path, byteOffset: 0)
        let start = try file.read(Self.headerByteCountMin, at: 0)
        guard start.count >= 8, Array(start[0..<8]) == Self.magic else {
            throw LogError(
                .corrupt,
                "the file is no exported log",
                hint: "make one with: leftfold log export FILE.leftfoldlog",
                place: place
            )
        }
        guard start.count == Self.headerByteCountMin else {
            throw .corrupt("the file ends inside its header", at: place)
        }
        let version = start.littleEndian(at: 8, as: UInt32.self)
        guard version <= Self.version else { throw .newerFormat("exported log of format \(version)", at: place) }
        let textByteCount = Int(start.littleEndian(at: 48, as: UInt32.self))
        let damaged = LogError.corrupt("the file's header is damaged", at: place)
        guard version == Self.version, textByteCount <= Self.manifestByteCountMax else { throw damaged }
        let byteCount = Self.headerByteCount(manifest: textByteCount)
        let bytes = try file.read(byteCount, at: 0)
        guard bytes.count == byteCount, bytes.littleEndian(at: 12, as: UInt32.self) == bytes.checksum(from: 16) else {
            throw damaged
        }
        let text = String(decoding: bytes[64..<64 + textByteCount], as: UTF8.self)
        guard let manifest = try? Manifest(parsing: text, path: path) else { throw damaged }
        self.manifest = manifest
        firstOffset = Offset(bytes.littleEndian(at: 32, as: Int64.self))
        endOffset = Offset(bytes.littleEndian(at: 40, as: Int64.self))
        // The encoding is one to one: what differs from it, reserved bytes included, was not written by us.
        guard source?.isWellFormed != false, firstOffset == .zero, endOffset >= manifest.horizon.offset, bytes == header
        else {
            throw damaged
        }
    }

    // MARK: Trailer

    /// The trailer without its last four bytes, which are the checksum of the file up to them.
    var trailer: [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Self.trailerByteCount - 4)
        bytes.replaceSubrange(0..<8, with: Self.trailerMagic)
        bytes.store(Int64(frameCount).littleEndian, at: 8)
        bytes.store(Int64(recordCount).littleEndian, at: 16)
        bytes.store(byteCount.littleEndian, at: 24)
        return bytes
    }

    mutating func count(_ frame: StoredFrame) {
        frameCount += 1
        recordCount += frame.header.recordCount
        byteCount += Int64(frame.byteCount)
    }
}
