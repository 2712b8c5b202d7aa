import Relational

/// A frame's 64-byte header as it lies in a segment. All integers little-endian.
///
/// | bytes | content |
/// |---|---|
/// | 0..<4 | CRC32C of bytes 4..<64, continuing from the log's seed |
/// | 4..<8 | CRC32C of the payload, continuing from the log's seed |
/// | 8..<12 | byte count of header and payload, a multiple of 8 |
/// | 12 | kind |
/// | 13 | format: 1, or 2 for a sparse frame, from which compaction took records |
/// | 14..<16 | zero |
/// | 16..<20 | record count |
/// | 20..<24 | timeline |
/// | 24..<32 | first offset |
/// | 32..<40 | commit end LSN |
/// | 40..<48 | commit time |
/// | 48..<56 | group |
/// | 56..<60 | xid |
/// | 60..<64 | format 1: unsynced distance, offsets below `first offset − distance` were durable when the frame was appended; format 2: how many offsets the frame uses |
struct StoredFrame {
    static let headerByteCount = 64
    static let byteCountMax = Int(UInt32.max) & ~7
    /// Of frames as they were appended.
    static let format: UInt8 = 1
    /// Of frames from which compaction took records.
    static let sparseFormat: UInt8 = 2

    var header: FrameHeader
    /// Header and payload.
    var byteCount: Int
    var payloadChecksum: UInt32
    /// Everything below was durable when this frame was appended.
    var synced: Offset

    var payloadByteCount: Int { byteCount - Self.headerByteCount }

    /// Writes the header into 64 bytes.
    func encode(into place: UnsafeMutableRawPointer, seed: UInt32) {
        let transaction = header.transaction
        let distance =
            header.isSparse
            ? UInt32(header.offsetCount) : UInt32(clamping: header.firstOffset.rawValue - synced.rawValue)
        place.storeBytes(of: payloadChecksum.littleEndian, toByteOffset: 4, as: UInt32.self)
        place.storeBytes(of: UInt32(byteCount).littleEndian, toByteOffset: 8, as: UInt32.self)
        place.storeBytes(of: header.kind.rawValue, toByteOffset: 12, as: UInt8.self)
        place.storeBytes(of: header.isSparse ? Self.sparseFormat : Self.format, toByteOffset: 13, as: UInt8.self)
        place.storeBytes(of: 0, toByteOffset: 14, as: UInt16.self)
        place.storeBytes(of: UInt32(header.recordCount).littleEndian, toByteOffset: 16, as: UInt32.self)
        place.storeBytes(of: transaction.commitEnd.timeline.littleEndian, toByteOffset: 20, as: UInt32.self)
        place.storeBytes(of: header.firstOffset.rawValue.littleEndian, toByteOffset: 24, as: Int64.self)
        place.storeBytes(of: transaction.commitEnd.lsn.rawValue.littleEndian, toByteOffset: 32, as: UInt64.self)
        place.storeBytes(of: transaction.commitTime.littleEndian, toByteOffset: 40, as: Int64.self)
        place.storeBytes(of: header.group.rawValue.littleEndian, toByteOffset: 48, as: UInt64.self)
        place.storeBytes(of: transaction.xid.littleEndian, toByteOffset: 56, as: UInt32.self)
        place.storeBytes(of: distance.littleEndian, toByteOffset: 60, as: UInt32.self)
        let checksum = Checksum.crc32c(UnsafeRawBufferPointer(start: place + 4, count: 60), seed: seed)
        place.storeBytes(of: checksum.littleEndian, as: UInt32.self)
    }

    /// Reads a header from 64 bytes; nil when its checksum is wrong.
    ///
    /// - Throws: `newerFormat` or `corrupt` when the checksum is right and the content is not ours or breaks a rule.
    static func decode(
        _ bytes: UnsafeRawPointer,
        seed: UInt32,
        place: @autoclosure () -> LogError.Place
    ) throws(LogError) -> StoredFrame? {
        let checksum = Checksum.crc32c(UnsafeRawBufferPointer(start: bytes + 4, count: 60), seed: seed)
        guard integer(bytes, 0, UInt32.self) == checksum else { return nil }
        let format = integer(bytes, 13, UInt8.self)
        guard format == Self.format || format == Self.sparseFormat else {
            throw .newerFormat("frame of format \(format)", at: place())
        }
        let rawKind = integer(bytes, 12, UInt8.self)
        guard let kind = FrameKind(rawValue: rawKind) else {
            throw .newerFormat("frame of unknown kind \(rawKind)", at: place())
        }
        var header = FrameHeader(
            kind: kind,
            recordCount: Int(integer(bytes, 16, UInt32.self)),
            firstOffset: Offset(integer(bytes, 24, Int64.self)),
            transaction: TransactionHeader(
                xid: integer(bytes, 56, UInt32.self),
                commitEnd: SourcePosition(
                    timeline: integer(bytes, 20, UInt32.self),
                    lsn: LSN(integer(bytes, 32, UInt64.self))
                ),
                commitTime: integer(bytes, 40, Int64.self)
            ),
            group: GroupID(integer(bytes, 48, UInt64.self))
        )
        let byteCount = Int(integer(bytes, 8, UInt32.self))
        var distance = Int64(integer(bytes, 60, UInt32.self))
        if format == Self.sparseFormat {
            header.isSparse = true
            header.offsetCount = Int(distance)
            distance = 0
        }
        let first = header.firstOffset.rawValue
        guard byteCount >= headerByteCount, byteCount & 7 == 0, integer(bytes, 14, UInt16.self) == 0,
            first >= 0, first < Int64.max - Int64(UInt32.max),
            kind.hasRecords ? header.recordCount <= (byteCount - headerByteCount) / 16 : header.recordCount == 0,
            !header.isSparse || kind.hasRecords && header.offsetCount >= max(1, header.recordCount),
            header.group != .none || !(kind.isGroupMember || kind == .snapshotComplete)
        else { throw .corrupt("frame header breaks the format's rules", at: place()) }
        return StoredFrame(
            header: header,
            byteCount: byteCount,
            payloadChecksum: integer(bytes, 4, UInt32.self),
            synced: Offset(max(0, first - distance))
        )
    }

    private static func integer<Value: FixedWidthInteger & BitwiseCopyable>(
        _ bytes: UnsafeRawPointer,
        _ at: Int,
        _ type: Value.Type
    ) -> Value {
        Value(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: type))
    }
}
