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
/// | 8..<12 | format version, 1 |
/// | 12..<16 | CRC32C of the header from byte 16 on |
/// | 16..<32 | log id, in the order in which it is printed |
/// | 32..<40 | first offset |
/// | 40..<48 | end offset: the first one that is not in the file |
/// | 48..<52 | timeline of the source, 0 without one |
/// | 52..<56 | byte count *n* of the source's system identifier, 0 without one |
/// | 56..<64 | zero |
/// | 64..<64 + n | the system identifier; zeros to the multiple of 8 |
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
    public var id: LogID
    public var source: SourceIdentity?
    public var firstOffset: Offset
    /// The first offset that is not in the file; every transaction below it is whole.
    public var endOffset: Offset
    public var frameCount = 0
    public var recordCount = 0
    /// Bytes of all frames, without header and trailer.
    public var byteCount: Int64 = 0

    static let version: UInt32 = 1
    static let headerByteCountMin = 64
    static let trailerByteCount = 40
    private static let magic: [UInt8] = Array("LFLDLOG\0".utf8)
    private static let trailerMagic: [UInt8] = Array("LFLDEND\0".utf8)

    init(id: LogID, source: SourceIdentity?, firstOffset: Offset, endOffset: Offset) {
        self.id = id
        self.source = source
        self.firstOffset = firstOffset
        self.endOffset = endOffset
    }

    // MARK: Header

    var header: [UInt8] {
        let identifier = Array((source?.systemIdentifier ?? "").utf8)
        var bytes = [UInt8](repeating: 0, count: Self.headerByteCount(identifier: identifier.count))
        bytes.replaceSubrange(0..<8, with: Self.magic)
        bytes.store(Self.version.littleEndian, at: 8)
        bytes.store(id.high.bigEndian, at: 16)
        bytes.store(id.low.bigEndian, at: 24)
        bytes.store(firstOffset.rawValue.littleEndian, at: 32)
        bytes.store(endOffset.rawValue.littleEndian, at: 40)
        bytes.store((source?.timeline ?? 0).littleEndian, at: 48)
        bytes.store(UInt32(identifier.count).littleEndian, at: 52)
        bytes.replaceSubrange(64..<64 + identifier.count, with: identifier)
        bytes.store(bytes.checksum(from: 16).littleEndian, at: 12)
        return bytes
    }

    private static func headerByteCount(identifier count: Int) -> Int { headerByteCountMin + (count + 7) & ~7 }

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
        let identifierByteCount = Int(start.littleEndian(at: 52, as: UInt32.self))
        let damaged = LogError.corrupt("the file's header is damaged", at: place)
        guard version == Self.version, identifierByteCount <= SourceIdentity.identifierByteCountMax else {
            throw damaged
        }
        let byteCount = Self.headerByteCount(identifier: identifierByteCount)
        let bytes = try file.read(byteCount, at: 0)
        guard bytes.count == byteCount, bytes.littleEndian(at: 12, as: UInt32.self) == bytes.checksum(from: 16) else {
            throw damaged
        }
        id = LogID(high: bytes.bigEndian(at: 16, as: UInt64.self), low: bytes.bigEndian(at: 24, as: UInt64.self))
        firstOffset = Offset(bytes.littleEndian(at: 32, as: Int64.self))
        endOffset = Offset(bytes.littleEndian(at: 40, as: Int64.self))
        if identifierByteCount > 0 {
            source = SourceIdentity(
                systemIdentifier: String(decoding: bytes[64..<64 + identifierByteCount], as: UTF8.self),
                timeline: bytes.littleEndian(at: 48, as: UInt32.self)
            )
        }
        // The encoding is one to one: what differs from it, reserved bytes included, was not written by us.
        guard source?.isWellFormed != false, firstOffset >= .zero, firstOffset <= endOffset, bytes == header else {
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
