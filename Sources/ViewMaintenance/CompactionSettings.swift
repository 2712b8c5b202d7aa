public import EventLog

/// How a daemon compacts its log.
public struct CompactionSettings: Sendable {
    /// What runs keep, and how fast they go; what is one run's own (`only`, `isForced`, `now`) is set by it.
    public var options: CompactionOptions
    /// How often it is looked at whether a run is due.
    public var checkInterval = Duration.seconds(30)
    /// The pause after a run that failed, doubled by each further one up to `pauseMax`.
    public var pauseMin = Duration.seconds(1)
    public var pauseMax = Duration.seconds(300)
    /// How long a run waits for the fold to say how far the stores are.
    public var patience = Duration.seconds(10)
    /// The time, in microseconds since 2000-01-01 00:00 UTC.
    public var now: @Sendable () -> Int64 = { PostgresTime.now }

    /// What a daemon reads and writes in a second when it is not told otherwise: the source and the views go first.
    public static let bytesPerSecond = 64 << 20

    public init(_ options: CompactionOptions = CompactionOptions(now: 0)) { self.options = options }
}
