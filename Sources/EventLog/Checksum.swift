import CChecksum

/// CRC32C of the bytes in files.
public enum Checksum {
    /// The checksum of `bytes`, continuing from `seed` (0, or the checksum of the bytes before).
    public static func crc32c(_ bytes: UnsafeRawBufferPointer, seed: UInt32 = 0) -> UInt32 {
        leftfold_crc32c(seed, bytes.baseAddress, bytes.count)
    }

    /// Where every checksum of a log begins, so that bytes of another log are never taken for this one's.
    static func seed(_ id: LogID) -> UInt32 {
        withUnsafeBytes(of: (id.high.bigEndian, id.low.bigEndian)) { crc32c($0) }
    }
}
