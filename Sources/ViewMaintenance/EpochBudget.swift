/// How much of the log goes into one epoch.
///
/// At the log's end an epoch closes at once (latency). While there is a backlog it grows towards the limits (throughput): a step that
/// took less than `stepTarget` doubles the next one, a longer one halves it. A source transaction of more than `bytes` is folded in parts
/// and goes to the stores as one; where nobody sees the rows of any view, so does one of more than `records`.
struct EpochBudget {
    static let stepTarget = Duration.milliseconds(200)
    static let recordsMin = 4_096
    static let recordsMax = 262_144

    /// Records after which an epoch closes at the next end of a source transaction.
    var records = recordsMin
    /// Bytes of records after which it closes.
    var bytes = 64 << 20

    /// For a replay that nobody reads yet: few large epochs, none so long that a stop waits for it.
    static let replay: EpochBudget = {
        var budget = EpochBudget()
        budget.records = 1 << 19
        budget.bytes = 128 << 20
        return budget
    }()

    init() {}

    /// Epochs of which the rows of all operators fit into a budget of memory.
    init(within memory: MemoryBudget) { bytes = min(bytes, memory.epochByteMax) }

    static func replay(within memory: MemoryBudget) -> EpochBudget {
        var budget = replay
        budget.bytes = min(budget.bytes, memory.epochByteMax)
        return budget
    }

    mutating func adapt(records used: Int, elapsed: Duration) {
        guard used >= records else { return }
        if elapsed < Self.stepTarget {
            records = min(records * 2, Self.recordsMax)
        } else {
            records = max(records / 2, Self.recordsMin)
        }
    }
}
