/// Keeps a replay of the log to a speed, so that it leaves disk and cores to others. Owned by one thread.
struct ReplayPace {
    private let bytesPerSecond: Int
    private let now: () -> ContinuousClock.Instant
    private let sleep: (Duration) -> Void
    /// When the bytes read so far are through at that speed; nil before the first.
    private var due: ContinuousClock.Instant?

    /// How long a stop may have to wait.
    private static let napMax = Duration.milliseconds(100)

    init(
        bytesPerSecond: Int,
        now: @escaping () -> ContinuousClock.Instant = { ContinuousClock.now },
        sleep: @escaping (Duration) -> Void = { OwnThread.sleep($0) }
    ) {
        self.bytesPerSecond = max(bytesPerSecond, 1)
        self.now = now
        self.sleep = sleep
    }

    /// Epochs of about a tenth of a second.
    var budget: EpochBudget {
        var budget = EpochBudget.replay
        budget.bytes = min(budget.bytes, max(bytesPerSecond / 10, 16 << 10))
        return budget
    }

    /// Waits until `bytes` more may have been read; ends early when `goesOn` says so.
    mutating func pause(after bytes: Int, while goesOn: () -> Bool) {
        let end = max(due ?? now(), now() - Self.napMax) + .seconds(Double(bytes) / Double(bytesPerSecond))
        due = end
        while goesOn() {
            let left = end - now()
            if left <= .zero { return }
            sleep(min(left, Self.napMax))
        }
    }
}
