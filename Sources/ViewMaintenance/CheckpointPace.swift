/// When the next checkpoint is due.
///
/// 1. While the fold follows the log's end: `interval` after the one before began. So one follows at once when a long catch-up is over.
/// 2. While it is behind: no sooner than 20 times what the last one took, counted from where that began, so that writing takes a twentieth
///    of the time at most; ten minutes at the latest. The first counts as what its bytes let expect.
/// 3. An interval below a second holds while the fold is behind, too: whoever writes it wants little to be folded after a crash.
/// 4. In any case no sooner than 20 times what the fold itself stood still for the last one.
/// 5. After a failure it is tried again, with growing pauses.
struct CheckpointPace {
    typealias Instant = ContinuousClock.Instant

    private static let costShare = 20
    private static let behindMax = Duration.seconds(600)
    /// Intervals below this one hold whatever they cost.
    private static let leastPaced = Duration.seconds(1)
    /// How long a fold that was at the log's end still counts as one that follows it.
    private static let grace = Duration.seconds(1)
    /// The longest pause after a failure, unless the interval is longer.
    private static let retryMax = Duration.seconds(10)
    /// Bytes of state in memory that are sorted and written in a second; assumed low.
    private static let bytesPerSecond = 24 << 20

    let interval: Duration
    /// When the newest one began; before there is any, the fold.
    private var begun: Instant
    /// What the fold stood still for the newest one.
    private var stall = Duration.zero
    /// How long the newest one was being written; nil before any was.
    private var taken: Duration?
    private var endSeen: Instant?
    private var retry: Instant?

    init(interval: Duration, begun: Instant) {
        self.interval = interval
        self.begun = begun
    }

    /// The fold has come to the log's end, and its stores with it.
    mutating func noteEnd(at now: Instant) { endSeen = now }

    /// One was taken, for which the fold stood still since `begun`.
    mutating func noteTaken(from begun: Instant, to now: Instant) {
        self.begun = begun
        stall = now - begun
        retry = nil
    }

    /// The newest one is written.
    mutating func noteWritten(at now: Instant) { taken = now - begun }

    /// One has failed, the last of so many in a row.
    mutating func noteFailure(_ count: Int, at now: Instant) {
        retry = now + max(interval, min(interval * count, Self.retryMax))
    }

    /// What was written for the sake of memory was written.
    mutating func noteSuccess() { retry = nil }

    /// Whether one that is needed for another reason anyhow may be one that a restart begins with.
    func isWelcome(at now: Instant) -> Bool { isRetryDue(at: now) && now - begun >= interval }

    /// Whether what has failed may be tried again.
    func isRetryDue(at now: Instant) -> Bool { retry.map { now >= $0 } ?? true }

    /// Whether the next one is due, which has so many bytes of memory to write.
    func isDue(at now: Instant, byteCount: @autoclosure () -> Int) -> Bool {
        if let retry { return now >= retry }
        let elapsed = now - begun
        guard elapsed >= max(interval, stall * Self.costShare) else { return false }
        let follows = endSeen.map { now - $0 <= Self.grace } ?? false
        if follows || interval < Self.leastPaced || elapsed >= Self.behindMax { return true }
        let cost = taken ?? .seconds(Double(byteCount()) / Double(Self.bytesPerSecond))
        return elapsed >= cost * Self.costShare
    }
}
