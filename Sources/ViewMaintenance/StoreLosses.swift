/// How often a store has lost what was committed to it, and when its views may be built again: at once after the first loss, then after
/// pauses that double, since a server that goes on evicting takes every generation again.
struct StoreLosses: Sendable {
    /// In a row: one that is alone for long enough begins anew.
    private(set) var count = 0
    /// When the views may be built again.
    private(set) var end: ContinuousClock.Instant?
    private var last: ContinuousClock.Instant?

    /// The store has lost rows.
    mutating func note(at now: ContinuousClock.Instant, _ limits: StoreLimits) {
        if let last, now - last > limits.lossDelayMax * 2 { count = 0 }
        count += 1
        last = now
        end = count == 1 ? nil : now + limits.lossDelay(after: count - 1)
    }

    /// What `status` says of a store that loses rows again and again; nil for one that does not, or has not for an hour.
    func warning(at now: ContinuousClock.Instant) -> String? {
        guard count > 1, let last, now - last < .seconds(3600) || end.map({ $0 > now }) == true else { return nil }
        var text =
            "it has lost committed rows \(count) times, \((now - last).components.seconds) s ago for the last time"
        if let end, end > now {
            text += "; its views are built again in \((end - now).components.seconds + 1) s"
        }
        return text + ". See what evicts or removes its keys with: leftfold doctor"
    }
}
