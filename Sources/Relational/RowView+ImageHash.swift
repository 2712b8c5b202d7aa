extension RowView {
    /// A hash of the row's image, the same in every process and version. Rows that differ in one word have different hashes.
    public var imageHash: UInt64 {
        var hash: UInt64 = 0x9E37_79B9_7F4A_7C15
        var offset = 0
        let count = byteCount
        while offset < count {
            hash = (hash ^ base.load(fromByteOffset: offset, as: UInt64.self)) &* 0xD6E8_FEB8_6659_FD93
            hash = hash << 29 | hash >> 35
            offset += 8
        }
        hash ^= hash >> 32
        hash = hash &* 0xD6E8_FEB8_6659_FD93
        return hash ^ hash >> 29
    }
}
