internal import EventLog
internal import Relational

/// The two ends of a run's file.
///
/// Head:
///
/// | bytes | content |
/// |---|---|
/// | 0..<8 | `LEFTFRUN` |
/// | 8..<10 | format version |
/// | 10..<11 | merge rule |
/// | 11..<12 | 0 |
/// | 12..<16 | seed of all checksums |
/// | 16..<24 | id of the run |
/// | 24..<28 | 0 |
/// | 28..<32 | CRC32C of 0..<28 |
///
/// Foot, the last bytes of the file:
///
/// | bytes | content |
/// |---|---|
/// | 0..<8 | entries |
/// | 8..<16 | entries that cancel |
/// | 16..<24 | distinct keys |
/// | 24..<32 | offset of the top index |
/// | 32..<36 | its bytes |
/// | 36..<40 | its CRC32C |
/// | 40..<44 | the head's CRC32C |
/// | 44..<48 | CRC32C of 0..<44 |
struct RunLayout: Equatable {
    static let magic = Array("LEFTFRUN".utf8)
    static let version: UInt16 = 1
    static let headByteCount = 32
    static let footByteCount = 48

    var entryCount: Int64 = 0
    var cancelCount: Int64 = 0
    var keyCount: Int64 = 0
    var top = BlockPlace(offset: 0, byteCount: 0, checksum: 0)
    var headChecksum: UInt32 = 0

    /// Appends the head and returns its checksum.
    static func encodeHead(rule: MergeRule, id: UInt64, seed: UInt32, into output: inout ByteSlab) -> UInt32 {
        let start = output.count
        for byte in magic { output.append(byte: byte) }
        output.append(integer: version)
        output.append(integer: UInt16(rule.rawValue))
        output.append(integer: seed)
        output.append(integer: id)
        output.append(integer: UInt32(0))
        let checksum = Checksum.crc32c(UnsafeRawBufferPointer(rebasing: output.bytes[start...]), seed: seed)
        output.append(integer: checksum)
        return checksum
    }

    /// Appends the foot and returns its checksum.
    func encodeFoot(seed: UInt32, into output: inout ByteSlab) -> UInt32 {
        let start = output.count
        for number in [entryCount, cancelCount, keyCount, top.offset] { output.append(integer: number) }
        output.append(integer: UInt32(truncatingIfNeeded: top.byteCount))
        output.append(integer: top.checksum)
        output.append(integer: headChecksum)
        let checksum = Checksum.crc32c(UnsafeRawBufferPointer(rebasing: output.bytes[start...]), seed: seed)
        output.append(integer: checksum)
        return checksum
    }

    /// What the head says: its checksum.
    ///
    /// - Throws: `corrupt`, `newerFormat`, and `foreign` for a run of another log.
    static func decodeHead(
        _ bytes: UnsafeRawBufferPointer,
        rule: MergeRule,
        id: UInt64,
        seed: UInt32,
        path: String
    ) throws(StateError) -> UInt32 {
        guard bytes.count == headByteCount, bytes[..<8].elementsEqual(magic) else {
            throw .damaged("no head of a run", at: 0, path: path)
        }
        // By its own seed, so that a whole file of another log can be told from a damaged one.
        let stored = integer(bytes, 12, UInt32.self)
        let checksum = Checksum.crc32c(UnsafeRawBufferPointer(rebasing: bytes[..<28]), seed: stored)
        guard checksum == integer(bytes, 28, UInt32.self) else {
            throw .damaged("the head's checksum does not fit", at: 0, path: path)
        }
        let version = integer(bytes, 8, UInt16.self)
        guard version <= Self.version else {
            throw StateError(
                .newerFormat,
                "state run of format \(version), this version of leftfold reads up to \(Self.version)",
                hint: "use a version of leftfold that is at least as new, or run leftfold state drop",
                path: path
            )
        }
        guard stored == seed else {
            throw StateError(
                .foreign,
                "state run of another log",
                hint: "run leftfold state drop; the state is made again from the log",
                path: path
            )
        }
        guard version == Self.version, bytes[10] == rule.rawValue, integer(bytes, 16, UInt64.self) == id else {
            throw .damaged("the head is that of another run", at: 0, path: path)
        }
        return checksum
    }

    /// What the foot says, and its checksum.
    static func decodeFoot(
        _ bytes: UnsafeRawBufferPointer,
        at position: Int64,
        seed: UInt32,
        path: String
    ) throws(StateError) -> (RunLayout, checksum: UInt32) {
        guard bytes.count == footByteCount else { throw .damaged("no foot of a run", at: position, path: path) }
        let checksum = Checksum.crc32c(UnsafeRawBufferPointer(rebasing: bytes[..<44]), seed: seed)
        guard checksum == integer(bytes, 44, UInt32.self) else {
            throw .damaged("the foot's checksum does not fit", at: position, path: path)
        }
        let layout = RunLayout(
            entryCount: integer(bytes, 0, Int64.self),
            cancelCount: integer(bytes, 8, Int64.self),
            keyCount: integer(bytes, 16, Int64.self),
            top: BlockPlace(
                offset: integer(bytes, 24, Int64.self),
                byteCount: Int(integer(bytes, 32, UInt32.self)),
                checksum: integer(bytes, 36, UInt32.self)
            ),
            headChecksum: integer(bytes, 40, UInt32.self)
        )
        guard layout.top.offset >= headByteCount, layout.top.offset <= position,
            Int64(layout.top.byteCount) == position - layout.top.offset
        else { throw .damaged("the foot places the index outside of the file", at: position, path: path) }
        return (layout, checksum)
    }

    /// An integer at a place that the caller has checked.
    private static func integer<Value: FixedWidthInteger & BitwiseCopyable>(
        _ bytes: UnsafeRawBufferPointer,
        _ position: Int,
        _ type: Value.Type
    ) -> Value {
        Value(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: Value.self))
    }
}
