/// How a manifest names a run, with what must be true of its file.
public struct RunReference: Hashable, Sendable {
    /// Unique in a folder for all time; the file is `<id, 16 hexadecimal digits>.run`.
    public var id: UInt64
    /// The length of the file.
    public var byteCount: Int64
    public var entryCount: Int
    /// Entries with a weight below 0, or 0 under `replace`: what a merge with elder runs takes away.
    public var cancelCount: Int
    /// CRC32C of the footer, which covers the checksums of all that is before it.
    public var checksum: UInt32

    public init(id: UInt64, byteCount: Int64, entryCount: Int, cancelCount: Int, checksum: UInt32) {
        self.id = id
        self.byteCount = byteCount
        self.entryCount = entryCount
        self.cancelCount = cancelCount
        self.checksum = checksum
    }
}
