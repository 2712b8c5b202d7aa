/// What the process may take of memory, and who of it gets how much.
///
/// | share of what is beyond the program itself | for |
/// |---|---|
/// | 1/2 | the rows and groups of the views' state, and what of it waits to be written |
/// | 1/8 | decoded blocks of state files |
/// | 1/8 | the epoch that is being folded: its records, and about three times as much in the operators |
/// | 1/8 | the queues of the stores together |
/// | 1/16 | sorting and merging what is written |
/// | 1/32 | the keys of compaction |
/// | 1/32 | what is received: rows of the first snapshot or of a transaction, and frames that wait for the disk of the log |
/// | 1/16, 64 MB at most | pages of files that stores write; on top of the others, which are rarely all full |
public struct MemoryBudget: Hashable, Sendable {
    /// Bytes in all.
    public var byteMax: Int

    /// The least that can be asked for.
    public static let least = 16 << 20
    /// What is resident of the program and its libraries before any row.
    private static let program = 80 << 20

    public init(_ byteMax: Int = 1 << 30) { self.byteMax = max(byteMax, Self.least) }

    private var rest: Int { max(byteMax - Self.program, byteMax / 4) }

    public var stateByteMax: Int { rest / 2 }

    public var cacheByteMax: Int { rest / 8 }

    public var compactionByteMax: Int { rest / 32 }

    /// Bytes of received rows before they go to the log.
    public var sourceByteMax: Int { min(max(rest / 128, 256 << 10), 8 << 20) }

    /// Bytes of frames that wait for the disk of the log; as many again may be on their way there.
    public var logBufferByteMax: Int { min(max(rest / 128, 256 << 10), 16 << 20) }

    /// Bytes of deltas that wait for each of so many stores.
    public func queueByteMax(of count: Int) -> Int { max(rest / 8 / max(count, 1), 1) }

    /// Bytes of pages for each of so many stores; less than a megabyte serves none.
    public func storeCacheByteMax(of count: Int) -> Int {
        max(min(rest / 16, 64 << 20) / max(count, 1), 1 << 20)
    }

    /// Bytes of entries that are sorted at once.
    var batchByteMax: Int { min(max(rest / 16, 1 << 20), 32 << 20) }

    /// Bytes of records in an epoch; its operators take about three times as much beside.
    var epochByteMax: Int { max(rest / 32, 64 << 10) }
}
