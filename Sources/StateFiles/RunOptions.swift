/// How a run is laid out in its file.
public struct RunOptions: Hashable, Sendable {
    /// A data block is closed before it would outgrow this; an entry that is larger by itself has a block of its own.
    public var blockByteCount: Int
    /// Data blocks that share one index and one filter.
    public var blocksPerPartition: Int
    /// Bits of the filter for each distinct key, 0 for no filter; 10 let about 1 of 100 absent keys through.
    public var filterBitsPerKey: Int

    public init(blockByteCount: Int = 8192, blocksPerPartition: Int = 64, filterBitsPerKey: Int = 10) {
        self.blockByteCount = max(blockByteCount, 1)
        self.blocksPerPartition = max(blocksPerPartition, 1)
        self.filterBitsPerKey = min(max(filterBitsPerKey, 0), 64)
    }
}
